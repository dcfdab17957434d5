//! What is said while a key is rotated: of the new key here, of the old one in a file of its own.

mod old_key;

use keymoor_providers::{
    Provider,
    rotate::{self, NotMade},
};
use keymoor_vault::{Detail, RecordId, ShownField};

pub(crate) use self::old_key::*;
use crate::output::{argument, minute, plain};

/// There is no new key yet.
pub(crate) fn where_to_make(detail: &Detail, provider: Option<&Provider>) -> String {
    let title = detail.listing.title();
    let mut text = match provider.and_then(|provider| provider.console.as_deref()) {
        Some(console) => format!("Make a new key at {console}"),
        None => format!("Make a new key where {} came from", plain(&title)),
    };
    text.push_str(&format!(
        " and leave the old one as it is. Then: {}\n\
         It is stored beside the old one and verified; the old one is in use until then.",
        with_key(detail, provider)
    ));
    if let Some(how) = provider.and_then(|provider| provider.rotation.how.as_deref()) {
        text.push_str(&format!("\n{}", plain(how)));
    }
    if provider.is_some_and(|provider| provider.rotation.makes()) {
        text.push_str(&format!("\nOr let the provider make it: keymoor rotate {} --make", argument(&title)));
    }
    text
}

/// The command that brings the new key.
fn with_key(detail: &Detail, provider: Option<&Provider>) -> String {
    let title = detail.listing.title();
    let secrets: Vec<_> = detail.fields.iter().filter(|field| field.secret).collect();
    let is_open = |id: &&str| secrets.iter().all(|field| field.name != *id);
    let id = provider.and_then(rotate::named_by).filter(is_open);
    let id = id.map(|id| format!(" --set {id}=ID")).unwrap_or_default();
    let begin = format!("keymoor rotate {}{id}", argument(&title));
    match secrets[..] {
        [] | [_] => format!("{begin} --stdin < new-key"),
        _ => {
            let field = |field: &&ShownField| format!("\"{}\": \"…\"", plain(&field.name));
            let fields: Vec<_> = secrets.iter().map(field).collect();
            format!("{begin} --fields-stdin < new-key.json, with {{{}}} in it.", fields.join(", "))
        }
    }
}

/// A key was asked for, and nobody knows what came of it.
pub(crate) fn asked_before(title: &str, at: u64, provider: Option<&Provider>) -> String {
    let at_console = provider.and_then(|provider| provider.console.as_deref());
    let at_console = at_console.map(|console| format!(" at {console}")).unwrap_or_default();
    format!(
        "A key was asked for on {}, and what came of it is not known: there may be one that nobody has. Look{at_console}, and \
         delete any that is not yours. {} is as it was. Once that is done: keymoor rotate {} --looked, also with --make",
        minute(at),
        plain(title),
        argument(title)
    )
}

/// Somebody else was at the same.
pub(crate) fn changed(name: &str) -> String {
    let name = argument(name);
    format!(
        "Somebody changed one of the two keys meanwhile, another keymoor rotate perhaps. Nothing more was done here; what was \
         said before stands. A key that was stored is there: keymoor list shows it, or keymoor history {name}, if another came \
         in its place. To go on with what is there now: keymoor rotate {name}"
    )
}

/// Another credential is in the way.
pub(crate) fn one_cannot_be_read(id: RecordId) -> String {
    format!(
        "Credential {id} cannot be read. It may have the same key, or be part of this rotation: nothing more is done until it \
         can be."
    )
}

/// It made none.
pub(crate) fn not_made(title: &str, why: NotMade, provider: Option<&Provider>) -> String {
    let name = plain(title);
    let console = provider.and_then(|provider| provider.console.as_deref());
    let at = console.map(|console| format!(" ({console})")).unwrap_or_default();
    let next = argument(title);
    match why {
        NotMade::TooMany => format!(
            "The provider has as many keys as may be, so it made none. Delete one that is not in use{at}, and try again. \
             {name} is as it was."
        ),
        NotMade::NotAllowed => format!(
            "{name} may not make keys. Make one yourself{at}, then: keymoor rotate {next} --stdin < new-key"
        ),
        NotMade::ByHand => format!(
            "This provider makes no keys on request. Make one yourself{at}, then: keymoor rotate {next} --stdin < new-key"
        ),
        NotMade::Refused => {
            format!(
                "The provider refused to make a key. Try again later, or make one yourself{at}. {name} is as it was."
            )
        }
        NotMade::NotAsked => format!(
            "No key was made: the provider could not be asked, or does not accept {name}; keymoor verify {next} says more. \
             It is as it was."
        ),
        NotMade::Unknown => format!(
            "No usable answer came, so it is not known whether a key was made. Look{at}, and delete what is too many. Then: \
             keymoor rotate {next} --make --looked. {name} is as it was."
        ),
    }
}

/// It is there, beside the old one.
pub(crate) fn stored(new: &str) -> String {
    format!("The new key is stored as {}. Nothing uses it yet.", plain(new))
}

/// The provider does not accept it.
pub(crate) fn refused(new: &str, said: &str, name: &str) -> String {
    format!(
        "The new key is {said}. The old one stays in use; nothing was switched.\n\
         To try again, with another key or the same: keymoor rotate {} [--stdin]. To give it up: keymoor rm {}",
        argument(name),
        argument(new)
    )
}

/// It could not be asked.
pub(crate) fn not_known(new: &str, said: &str, name: &str) -> String {
    let name = argument(name);
    format!(
        "{} could not be verified: {said}. The old key stays in use; nothing was switched.\n\
         To go on later: keymoor rotate {name}. To switch all the same: keymoor rotate {name} --unverified",
        plain(new)
    )
}

/// The two changed places.
pub(crate) fn switched(name: &str, aside: &str) -> String {
    format!(
        "{} has the new key now, and so has every service that used the old one. The old one is kept as {}, switched off.",
        plain(name),
        plain(aside)
    )
}

/// An earlier rotation waits.
pub(crate) fn not_over(name: &str, old: &str) -> String {
    let argument = argument(name);
    format!(
        "{} was rotated before, and its old key ({}) is not revoked yet. Finish that first: keymoor rotate {argument} revokes \
         it, keymoor rotate {argument} --keep-old leaves it. Nothing was stored.",
        plain(name),
        plain(old)
    )
}

/// The new key could not be stored.
pub(crate) fn taken_back() -> String {
    "The provider made a key that could not be stored, and has deleted it again.".to_owned()
}

/// The new key could not be stored, and nobody has it.
pub(crate) fn left_there(called: &str, provider: Option<&Provider>) -> String {
    let at = provider.and_then(|provider| provider.console.as_deref());
    let at = at.map(|console| format!(" at {console}")).unwrap_or_default();
    format!(
        "The provider made the key {}, which could not be stored, and did not delete it. Nobody has it: delete it{at}.",
        plain(called)
    )
}
