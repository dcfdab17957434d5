//! What is said while a key is rotated.

use keymoor_providers::{
    Provider,
    rotate::{self, NotMade},
    verify::{Reason, Report},
};
use keymoor_vault::{Detail, StillUsed};

use super::verification;
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
            let field = |field: &&keymoor_vault::ShownField| format!("\"{}\": \"…\"", plain(&field.name));
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
        "Somebody changed one of the two keys meanwhile, another keymoor rotate perhaps. Nothing more was done here: nothing was \
         switched, and no key was revoked. A key that was stored is there: keymoor list shows it, or keymoor history {name}, \
         if another came in its place. To go on with what is there now: keymoor rotate {name}"
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
            "The provider could not be asked, so no key was made: there is no network, or a field is missing \
             (keymoor verify {next} says more). {name} is as it was."
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

/// Before something that cannot be taken back.
pub(crate) fn question(old: &str) -> String {
    format!(
        "Revoke {} at its provider? What still uses it stops working, and this cannot be taken back.",
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

/// The key that is to stay is not known to be good.
pub(crate) fn unverified(old: &str, said: &str, name: &str) -> String {
    format!(
        "{} was not revoked: no old key goes before the new one is accepted, and it is not ({said}).\n\
         To try again later: keymoor rotate {} --yes",
        plain(old),
        argument(name)
    )
}

/// Others have it, too.
pub(crate) fn shared(old: &str, others: &[String], name: &str) -> String {
    let name = argument(name);
    format!(
        "{} was not revoked: {} has the same secret and would stop working. Give it a key of its own (keymoor edit), or put \
         it in the trash (keymoor rm). Then: keymoor rotate {name} --yes. To leave the old key: keymoor rotate {name} --keep-old",
        plain(old),
        plain(&others.join(", "))
    )
}

/// A home has not got the new key.
pub(crate) fn not_safe(old: &str, home: &str, first: &str, name: &str) -> String {
    let name = argument(name);
    format!(
        "The new key is in use, but {home} has not got it yet, so {} was not revoked.\n\
         To go on: {first}, then keymoor rotate {name} --yes. To revoke it all the same: keymoor rotate {name} --yes --unsynced",
        plain(old)
    )
}

/// Nobody agreed to it.
pub(crate) fn left(old: &str, name: &str) -> String {
    format!("{} was not revoked. To revoke it: keymoor rotate {} --yes", plain(old), argument(name))
}

/// As it was asked for.
pub(crate) fn kept(old: &str) -> String {
    format!("{} is left as it is, also at its provider.", plain(old))
}

/// The way leads over a console. `asked` is what the provider says of the old key.
pub(crate) fn by_hand(old: &str, name: &str, console: Option<&str>, asked: Option<&Report>) -> String {
    let at = console.map_or("at its provider".to_owned(), |console| format!("at {console}"));
    let (old, name) = (plain(old), argument(name));
    let said =
        |report: &Report| verification::verdict(report.verdict, Some(&report.reason), report.say.as_deref());
    let looks = format!("Then keymoor rotate {name} looks, and moves it to the trash.");
    let told = format!("Then say so: keymoor rotate {name} --revoked moves it to the trash.");
    let (state, then) = match asked {
        Some(report) if report.verdict.is_good() => (format!("{old} still works"), looks),
        Some(report) if report.verdict.is_bad() => {
            (format!("{old} is not gone for good ({})", said(report)), looks)
        }
        Some(Report { reason: Reason::NoCheck | Reason::SideEffect, .. }) | None => {
            (format!("Whether {old} still works cannot be asked"), told)
        }
        Some(report) => {
            let both = format!(
                "Then keymoor rotate {name} looks, and moves it to the trash; or say so: keymoor rotate {name} --revoked."
            );
            (format!("Whether {old} still works is not known ({})", said(report)), both)
        }
    };
    format!(
        "{state}. Its provider revokes no keys on request: delete it {at}, once nothing else uses it. {then} To leave it: \
         keymoor rotate {name} --keep-old"
    )
}

/// The old key is used again.
pub(crate) fn used(old: &str, why: &StillUsed, name: &str) -> String {
    let (title, argument_of_old, name) = (plain(old), argument(old), argument(name));
    let list = |names: &[String]| names.iter().map(|name| plain(name)).collect::<Vec<_>>().join(", ");
    let (why, way) = match why {
        StillUsed::On => (
            "it was switched on again".to_owned(),
            format!("If nothing uses it: keymoor edit {argument_of_old} --off"),
        ),
        StillUsed::Edited => (
            "it has other values than the key that was replaced".to_owned(),
            format!(
                "If those are not wanted: keymoor history {argument_of_old}, and keymoor revert {argument_of_old} --to VERSION"
            ),
        ),
        StillUsed::Services(services) => (
            format!("it was chosen for {}", list(services)),
            match &services[..] {
                [one] => format!(
                    "To give that the new one: keymoor service enable {} --credential {name}",
                    plain(one)
                ),
                _ => format!("To give each the new one: keymoor service enable SERVICE --credential {name}"),
            },
        ),
        StillUsed::Programs(programs) => (
            format!("{} was let in for it", list(programs)),
            match &programs[..] {
                [one] => format!(
                    "To let it in for the new one: keymoor grant revoke {one}, and keymoor grant add {one} --only {name}",
                    one = plain(one)
                ),
                _ => format!(
                    "For each: keymoor grant revoke PROGRAM, and keymoor grant add PROGRAM --only {name}"
                ),
            },
        ),
    };
    format!(
        "{title} was not revoked: {why} since it was replaced. {way}. Then: keymoor rotate {name}. To leave the old key: \
         keymoor rotate {name} --keep-old"
    )
}

/// The user says that it is gone, and its provider that it is not.
pub(crate) fn still_accepted(old: &str, name: &str, console: Option<&str>) -> String {
    let at = console.map(|console| format!(" at {console}")).unwrap_or_default();
    let name = argument(name);
    format!(
        "{} still works: its provider accepts it. Delete it{at}. Then keymoor rotate {name} looks again. To leave it: \
         keymoor rotate {name} --keep-old",
        plain(old)
    )
}

/// On the user's word.
pub(crate) fn in_the_trash(old: &str) -> String {
    format!("{} is in the trash.", plain(old))
}

/// It is no more.
pub(crate) fn revoked(old: &str) -> String {
    format!("{} is revoked, and in the trash.", plain(old))
}

/// Half of it was done.
pub(crate) fn disabled(old: &str, why: &str, name: &str) -> String {
    format!(
        "{} is switched off at its provider, but not deleted: {why}. To try again: keymoor rotate {} --yes",
        plain(old),
        argument(name)
    )
}

/// Nothing of it was done, as far as is known.
pub(crate) fn not_revoked(old: &str, why: &str, name: &str, console: Option<&str>) -> String {
    let at = console.map(|console| format!(", or delete it at {console}")).unwrap_or_default();
    format!(
        "{} may still work, it could not be revoked: {why}. To try again: keymoor rotate {} --yes{at}",
        plain(old),
        argument(name)
    )
}
