//! What the vault put right by itself.

use keymoor_vault::Notice;

use super::{alarm, unreadable::home_name};
use crate::output::{counted, plain};

/// The notice in one or two sentences.
pub(crate) fn notice(notice: &Notice) -> String {
    match notice {
        Notice::CacheRebuilt { records } => format!(
            "The cache on this disk was gone and is back from the keychain, with {}.",
            counted(*records, "credential", "credentials")
        ),
        Notice::CacheSetAside { path, taken, whole } => {
            set_aside(&path.display().to_string(), *taken, *whole)
        }
        Notice::CacheWasOlder { taken } => format!(
            "The cache on this disk was an older copy. It has caught up with the keychain: {} newer there.",
            counted(*taken, "credential was", "credentials were")
        ),
        Notice::Healed { id, from } => {
            format!(
                "A damaged copy of credential {id} was replaced by the good one of the {}.",
                home_name(*from)
            )
        }
        Notice::Quarantined { id } => {
            format!("Credential {id} does not open and is kept aside. keymoor doctor says more.")
        }
        Notice::Back { name, erased, here } => {
            let deleted = if *erased { "erased" } else { "moved to the trash" };
            let name = plain(name);
            match here {
                true => format!("{name} was {deleted} here, and edited elsewhere meanwhile: it is back."),
                false => format!("{name} was {deleted} elsewhere, and edited here meanwhile: it stays."),
            }
        }
        Notice::PasswordWaits => {
            "The new password holds on this device. The server could not be reached; keymoor sync takes it there."
                .to_owned()
        }
        Notice::PasswordChanged => {
            "The password of the account was changed on another device. The new one opens this vault from now on."
                .to_owned()
        }
        Notice::Alarm(raised) => alarm(*raised).to_owned(),
    }
}

/// Only what the file alone had is counted: the rest is in the next sentence, with what the keychain had.
fn set_aside(path: &str, taken: u64, whole: bool) -> String {
    let mut text =
        format!("The cache file was damaged; it lies at {} now and a new one was made.", plain(path));
    if taken > 0 {
        let what = counted(taken, "credential", "credentials");
        text.push_str(&format!(" It alone had the latest of {what}, which was taken from it."));
    }
    if !whole {
        text.push_str(" Not all of it could be read; it is kept.");
    }
    text
}
