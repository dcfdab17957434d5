//! The code of each event: what filters take, and what an entry calls it.

use super::Event;

macro_rules! codes {
    ($($event:pat => $code:literal,)*) => {
        impl Event {
            /// The codes of all events, which stay what they are.
            pub const CODES: [&'static str; [$($code),*].len()] = [$($code),*];

            /// Its code.
            pub fn code(&self) -> &'static str {
                match self {
                    $($event => $code,)*
                }
            }
        }
    };
}

codes! {
    Event::Added(_) => "added",
    Event::Edited(_) => "edited",
    Event::Deleted(_) => "deleted",
    Event::Restored(_) => "restored",
    Event::Reverted(_) => "reverted",
    Event::Settled(_) => "settled",
    Event::Rotated(_) => "rotated",
    Event::Revoked { .. } => "revoked",
    Event::ServiceEnabled { .. } => "service_enabled",
    Event::ServiceDisabled { .. } => "service_disabled",
    Event::ServiceSet { .. } => "service_set",
    Event::PolicySet { .. } => "policy_set",
    Event::PolicyRemoved { .. } => "policy_removed",
    Event::Erased(_) => "erased",
    Event::DeletedElsewhere(_) => "deleted_elsewhere",
    Event::ErasedElsewhere(_) => "erased_elsewhere",
    Event::OnlyTrashed { .. } => "only_trashed",
    Event::Revealed { .. } => "revealed",
    Event::Lent { .. } => "lent",
    Event::Verified { .. } => "verified",
    Event::Synced { .. } => "synced",
    Event::Conflict(_) => "conflict",
    Event::ConflictOver(_) => "conflict_over",
    Event::Forgotten { .. } => "forgotten",
    Event::Alarm { .. } => "alarm",
    Event::AlarmOver { .. } => "alarm_over",
    Event::Healed { .. } => "healed",
    Event::Quarantined { .. } => "quarantined",
    Event::Back { .. } => "back",
    Event::CacheRebuilt { .. } => "cache_rebuilt",
    Event::CacheSetAside { .. } => "cache_set_aside",
    Event::CacheWasOlder { .. } => "cache_was_older",
    Event::Granted { .. } => "granted",
    Event::GrantRevoked { .. } => "grant_revoked",
    Event::SignedIn => "signed_in",
    Event::AccountCreated { .. } => "account_created",
    Event::Joined { .. } => "joined",
    Event::PasswordWaits => "password_waits",
    Event::PasswordChanged => "password_changed",
    Event::Linked { .. } => "linked",
    Event::ActivityBroken => "activity_broken",
    Event::Unknown => "unknown",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;

    /// An entry of that code, with whatever the one or the other event has to say.
    fn entry(code: &str) -> Value {
        json!({
            "event": code,
            "id": "01890a5d-ac96-774b-bcce-b302099a8057",
            "name": "openai/work",
            "done": true,
            "program": "curl",
            "verdict": "valid",
            "pulled": 1,
            "pushed": 2,
            "deleted": 3,
            "count": 4,
            "alarm": "put_back",
            "from": "keychain",
            "erased": true,
            "here": false,
            "records": 5,
            "path": "/tmp/keymoor.db.damaged-1",
            "taken": 6,
            "whole": true,
            "scope": "read",
            "service": "openai",
            "credential": "openai/work",
            "settings": ["sheet_name"],
            "policy": "all",
            "days": 7,
            "server": "https://localhost:8790",
        })
    }

    #[test]
    fn an_entry_calls_each_event_by_its_code() {
        assert_eq!(BTreeSet::from(Event::CODES).len(), Event::CODES.len(), "each is of one event");
        for code in Event::CODES {
            let event: Event = serde_json::from_value(entry(code)).unwrap();
            assert_eq!(event.code(), code, "{event:?}");
            let written = serde_json::to_value(&event).unwrap();
            assert_eq!(written["event"], code);
            assert_eq!(serde_json::from_value::<Event>(written).unwrap(), event);
        }
    }
}
