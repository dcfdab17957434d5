//! What the vault put right by itself.

use keymoor_vault::{HomeName, Notice, RecordId};

use super::{alarm, unreadable::home_name};
use crate::output::{argument, counted, plain};

const USE_NOT_NOTED: &str = "This use could not be noted in the activity: the disk did not take it (full, or not writable?). What was asked for is done.";

const NOT_IN_BACKGROUND: &str = "The cache is new, and whether this device was to verify keys by itself is not known any more. In the background it does not from now on, after a save it does. To change that: keymoor verify --in-background on, or --on-save off";

/// The notice in one or two sentences.
pub(crate) fn notice(notice: &Notice) -> String {
    match notice {
        Notice::CacheRebuilt { records } => cache_rebuilt(*records),
        Notice::CacheSetAside { path, taken, whole } => {
            set_aside(&path.display().to_string(), *taken, *whole)
        }
        Notice::CacheWasOlder { taken } => cache_was_older(*taken),
        Notice::Healed { id, from } => healed(*id, *from),
        Notice::Misnamed { records } => misnamed(*records),
        Notice::Quarantined { id } => quarantined(*id),
        Notice::Back { name, erased, here } => back(name, *erased, *here),
        Notice::OnlyTrashed { name } => only_trashed(name),
        Notice::PasswordWaits => {
            "The new password holds on this device. The server could not be reached; keymoor sync takes it there."
                .to_owned()
        }
        Notice::PasswordChanged => {
            "The password of the account was changed on another device. The new one opens this vault from now on."
                .to_owned()
        }
        Notice::ActivityBroken => activity_broken(),
        Notice::UseNotNoted => USE_NOT_NOTED.to_owned(),
        Notice::NotInBackground => NOT_IN_BACKGROUND.to_owned(),
        Notice::Alarm(raised) => alarm(*raised).to_owned(),
    }
}

pub(super) fn activity_broken() -> String {
    "Entries are missing or were changed in what this device remembers (keymoor activity), and not by Keymoor: something \
     wrote to its files. Your keys are not affected; if that was not you, look for what it was, and change the keys that it \
     could have used."
        .to_owned()
}

pub(super) fn cache_rebuilt(records: u64) -> String {
    let what = counted(records, "credential", "credentials");
    format!("The cache on this disk was gone and is back from the keychain, with {what}.")
}

pub(super) fn cache_was_older(taken: u64) -> String {
    let what = counted(taken, "credential was", "credentials were");
    format!(
        "The cache on this disk was an older copy. It has caught up with the keychain: {what} newer there."
    )
}

pub(super) fn healed(id: RecordId, from: HomeName) -> String {
    format!("A damaged copy of credential {id} was replaced by the good one of the {}.", home_name(from))
}

/// Of what only something else can have done.
pub(super) const WRITTEN_BY_ANOTHER: &str = "Something that is not Keymoor wrote to the cache file.";

fn misnamed(records: u64) -> String {
    format!(
        "{WRITTEN_BY_ANOTHER} Under which name {} found was changed, and is right again. The keys themselves are sealed.",
        counted(records, "credential is", "credentials are")
    )
}

pub(super) fn quarantined(id: RecordId) -> String {
    format!("Credential {id} does not open and is kept aside. keymoor doctor says more.")
}

pub(super) fn back(name: &str, erased: bool, here: bool) -> String {
    let deleted = if erased { "erased" } else { "moved to the trash" };
    let name = plain(name);
    match here {
        true => format!("{name} was {deleted} here, and edited elsewhere meanwhile: it is back."),
        false => format!("{name} was {deleted} elsewhere, and edited here meanwhile: it stays."),
    }
}

pub(super) fn only_trashed(name: &str) -> String {
    format!(
        "{} was erased here, but the server had lost it and other devices may have it: it is in the trash now, on all of them. \
         To erase it for good: keymoor erase {}",
        plain(name),
        argument(name)
    )
}

/// Only what the file alone had is counted: the rest is in the next sentence, with what the keychain had.
pub(super) fn set_aside(path: &str, taken: u64, whole: bool) -> String {
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
