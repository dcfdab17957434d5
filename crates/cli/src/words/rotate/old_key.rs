//! What becomes of an old key.

use keymoor_providers::verify::{Reason, Report};
use keymoor_vault::StillUsed;

use crate::{
    output::{argument, plain},
    words::verification,
};

/// Before something that cannot be taken back.
pub(crate) fn question(old: &str) -> String {
    format!(
        "Revoke {} at its provider? What still uses it stops working, and this cannot be taken back.",
        plain(old)
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
