//! What the doctor found, and what would mend it.

use keymoor_vault::Finding;

use super::cache::place;
use super::notice::activity_broken;
use super::unreadable::home_name;
use crate::output::{counted, grouped};

/// The finding in one or two sentences.
pub(crate) fn finding(finding: &Finding) -> String {
    match finding {
        Finding::CacheDamaged => "The cache file is damaged. A repair sets it aside and makes a new one, from what can be \
                                  read of it and from the keychain."
            .to_owned(),
        Finding::CacheMissing => {
            "There is no cache on this disk. With the keychain in reach, any command makes it anew.".to_owned()
        }
        Finding::Newer { id, healed: true } => {
            format!("Record {id}: the keychain knew more of it than the cache, which has it again.")
        }
        Finding::Newer { id, healed: false } => {
            format!("Record {id}: the keychain knows more of it than the cache. A repair takes it over.")
        }
        Finding::Lost { id, older } => format!(
            "Record {id}: its newest value cannot be read in any home within reach. {} kept in its history.",
            match older {
                1 => "One older value is".to_owned(),
                older => format!("{older} older values are"),
            }
        ),
        Finding::DocumentNotMirrored { healed: true } => "The keychain has the keys document now.".to_owned(),
        Finding::DocumentNotMirrored { healed: false } => {
            "The keychain has no copy of the newest keys document yet. A repair, or the next sync, writes it.".to_owned()
        }
        Finding::ActivityBroken { healed: false } => {
            format!("{} keymoor doctor --repair settles it: what is left counts from then on.", activity_broken())
        }
        Finding::ActivityBroken { healed: true } => format!("{} What is left counts from now on.", activity_broken()),
        Finding::NoRoom { free } => no_room(*free),
        Finding::Locked => "The vault does not open, so its records could not be looked at.".to_owned(),
        Finding::Broken { home, id, healed: true } => {
            format!("Record {id}: the copy of the {} was damaged and is good again.", home_name(*home))
        }
        Finding::Broken { home, id, healed: false } => {
            format!("Record {id}: the copy of the {} is damaged. Another home may have a good one.", home_name(*home))
        }
        Finding::Misnamed { id, healed: true } => {
            format!("Record {id}: the cache had it under another name or in another place; it is right again. {}", super::notice::WRITTEN_BY_ANOTHER)
        }
        Finding::Misnamed { id, healed: false } => {
            format!("Record {id}: the cache has it under another name or in another place than the record says. A repair puts it right. {}", super::notice::WRITTEN_BY_ANOTHER)
        }
        Finding::NotMirrored { id, healed: true } => format!("Record {id}: the keychain has its copy now."),
        Finding::NotMirrored { id, healed: false } => {
            format!("Record {id}: the keychain has no copy of the latest value yet.")
        }
        Finding::Unknown { id } => {
            format!("Record {id}: the keychain has a copy of it, the cache does not know it. It is left as it is. \
                 With keymoor.db moved away, the next command makes the cache anew from the keychain, with it.")
        }
        Finding::Quarantined { id } => format!("Record {id}: a copy that does not open is kept aside."),
        Finding::StateWrong { healed: true } => {
            "The records did not add up to what the server acknowledged; the next sync fetches them whole.".to_owned()
        }
        Finding::StateWrong { healed: false } => {
            "The records do not add up to what the server acknowledged. A repair lets the next sync fetch them whole."
                .to_owned()
        }
        Finding::KeychainOutOfReach => {
            "The system's keychain could not be looked at. Unlock it and look again.".to_owned()
        }
    }
}

fn no_room(free: Option<u64>) -> String {
    let how_much = match free {
        Some(bytes) if bytes < 1024 => format!(": {} free", counted(bytes, "byte is", "bytes are")),
        Some(bytes) => format!(": {} KiB are free", grouped(bytes / 1024)),
        None => String::new(),
    };
    format!(
        "There is no room on the disk{}{how_much}. Keys can be read; what is saved, and what was read, cannot be put down. Make room.",
        place()
    )
}
