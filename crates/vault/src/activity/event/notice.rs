//! A notice, as the activity keeps it after it was told.

use super::Event;
use crate::notice::Notice;

impl Event {
    /// What a notice is in the activity. Three are none: that nothing can be added to it, what `verify` and Settings go on
    /// showing, and where the cache looks for a name.
    pub(crate) fn of(notice: &Notice) -> Option<Self> {
        Some(match notice {
            Notice::CacheRebuilt { records } => Self::CacheRebuilt { records: *records },
            Notice::CacheSetAside { path, taken, whole } => {
                Self::CacheSetAside { path: path.display().to_string(), taken: *taken, whole: *whole }
            }
            Notice::CacheWasOlder { taken } => Self::CacheWasOlder { taken: *taken },
            Notice::Healed { id, from } => Self::Healed { id: *id, from: *from },
            Notice::Quarantined { id } => Self::Quarantined { id: *id },
            Notice::Back { name, erased, here } => {
                Self::Back { name: name.clone(), erased: *erased, here: *here }
            }
            Notice::OnlyTrashed { name } => Self::OnlyTrashed { name: name.clone() },
            Notice::PasswordWaits => Self::PasswordWaits,
            Notice::PasswordChanged => Self::PasswordChanged,
            Notice::ActivityBroken => Self::ActivityBroken,
            Notice::Alarm(alarm) => Self::Alarm { alarm: *alarm },
            Notice::UseNotNoted | Notice::NotInBackground | Notice::Misnamed { .. } => return None,
        })
    }
}
