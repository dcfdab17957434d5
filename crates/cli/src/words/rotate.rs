//! What is said while a key is rotated.

use keymoor_providers::{Provider, rotate::NotMade};

use crate::output::{argument, plain};

/// There is no new key yet.
pub(crate) fn where_to_make(title: &str, provider: Option<&Provider>) -> String {
    let name = argument(title);
    let mut text = match provider.and_then(|provider| provider.console.as_deref()) {
        Some(console) => format!("Make a new key at {console}"),
        None => format!("Make a new key where {} came from", plain(title)),
    };
    text.push_str(&format!(
        " and leave the old one as it is. Then: keymoor rotate {name} --stdin < new-key\n\
         It is stored beside the old one and verified; the old one is in use until then."
    ));
    if let Some(how) = provider.and_then(|provider| provider.rotation.how.as_deref()) {
        text.push_str(&format!("\n{}", plain(how)));
    }
    if provider.is_some_and(|provider| provider.rotation.makes()) {
        text.push_str(&format!("\nOr let the provider make it: keymoor rotate {name} --make"));
    }
    text
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
        NotMade::Unknown => format!(
            "No usable answer came, so it is not known whether a key was made. Look{at}, delete what is too many, and try \
             again. {name} is as it was."
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
        "{} was not revoked, and still works: no old key goes before the new one is accepted, and it is not ({said}).\n\
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
        "The new key is in use, but {home} has not got it yet, so {} was not revoked, and still works.\n\
         To go on: {first}, then keymoor rotate {name} --yes. To revoke it all the same: keymoor rotate {name} --yes --unsynced",
        plain(old)
    )
}

/// Nobody agreed to it.
pub(crate) fn left(old: &str, name: &str) -> String {
    format!(
        "{} was not revoked, and still works at its provider. To revoke it: keymoor rotate {} --yes",
        plain(old),
        argument(name)
    )
}

/// As it was asked for.
pub(crate) fn kept(old: &str) -> String {
    format!("{} is left as it is, and still works at its provider.", plain(old))
}

/// The way leads over a console.
pub(crate) fn by_hand(old: &str, name: &str, console: Option<&str>) -> String {
    let at = console.map_or("at its provider".to_owned(), |console| format!("at {console}"));
    let name = argument(name);
    format!(
        "{} still works: its provider revokes no keys on request. Delete it {at}, once nothing else uses it. Then \
         keymoor rotate {name} looks, and moves it to the trash. To leave it: keymoor rotate {name} --keep-old",
        plain(old)
    )
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
