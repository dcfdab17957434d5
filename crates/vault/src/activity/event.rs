//! What can happen on a device, as its activity keeps it. Older versions' entries stay readable, and what a newer version
//! wrote is shown as unknown.

mod about;
mod code;
mod notice;

use keymoor_protocol::RecordId;
use keymoor_providers::Verdict;
use serde::{Deserialize, Serialize};

use crate::error::{Alarm, HomeName};
use crate::grants::GrantScope;
use crate::verification::Cause;

/// Something that happened. `name` is `provider/name` as it was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// A credential was added.
    Added(Subject),
    /// A credential was changed.
    Edited(Subject),
    /// A credential went into the trash.
    Deleted(Subject),
    /// It came back from there.
    Restored(Subject),
    /// It got the values of an earlier version.
    Reverted(Subject),
    /// Of several values of its fields the user chose one.
    Settled(Subject),
    /// A new key took its place, after its provider accepted that.
    Rotated(Subject),
    /// Its provider was asked to revoke it, because another took its place.
    Revoked {
        /// Which credential.
        #[serde(flatten)]
        subject: Subject,
        /// Whether it is no more.
        done: bool,
    },
    /// A service was taken into use.
    ServiceEnabled {
        /// Its id in the catalogue.
        service: String,
        /// The credential that was chosen for it, `provider/name`, if one was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credential: Option<String>,
    },
    /// A service was taken out of use.
    ServiceDisabled {
        /// Its id in the catalogue.
        service: String,
    },
    /// Settings of a service were set. Their values are not kept.
    ServiceSet {
        /// Its id in the catalogue.
        service: String,
        /// Which settings.
        settings: Vec<String>,
    },
    /// It was said how old secrets may become.
    PolicySet {
        /// Which: `all`, `provider:…` or `label:…`.
        policy: String,
        /// In days.
        days: u32,
    },
    /// A policy was taken away.
    PolicyRemoved {
        /// Which: `all`, `provider:…` or `label:…`.
        policy: String,
    },
    /// It was erased for good.
    Erased(Subject),
    /// Another device moved it to the trash.
    DeletedElsewhere(Subject),
    /// Another device erased it for good.
    ErasedElsewhere(Subject),
    /// It was to be erased, and could only be moved to the trash: the server had lost it, and other devices may have it.
    OnlyTrashed {
        /// Provider and name.
        name: String,
    },
    /// A secret was shown or copied.
    Revealed {
        /// Which credential.
        #[serde(flatten)]
        subject: Subject,
        /// Which of its fields; `None` for the only one, or the one named `secret`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        field: Option<String>,
        /// Whether it went to the clipboard.
        #[serde(default)]
        copied: bool,
    },
    /// It was lent to a program, which found it in its environment.
    Lent {
        /// Which credential.
        #[serde(flatten)]
        subject: Subject,
        /// The file name of the program.
        program: String,
    },
    /// Its provider was asked about it, and said something new; or somebody asked about this one.
    Verified {
        /// Which credential.
        #[serde(flatten)]
        subject: Subject,
        /// What was learned.
        verdict: Verdict,
        /// Cause, where it was not the provider that said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<Cause>,
    },
    /// A sync that changed something.
    Synced {
        /// Records that came.
        pulled: u64,
        /// Records that went.
        pushed: u64,
        /// Records that others deleted.
        deleted: u64,
    },
    /// Two devices changed a credential unseen of each other: there are values to settle.
    Conflict(Subject),
    /// A conflict is settled, by what another device did.
    ConflictOver(Subject),
    /// Deleted records were forgotten for good, after the time for which they are held.
    Forgotten {
        /// How many.
        count: u64,
    },
    /// Something about the server.
    Alarm {
        /// What.
        alarm: Alarm,
    },
    /// It adds up again.
    AlarmOver {
        /// What did not.
        alarm: Alarm,
    },
    /// A broken copy was replaced.
    Healed {
        /// Which record.
        id: RecordId,
        /// Whose copy was good.
        from: HomeName,
    },
    /// A record that does not open was kept aside.
    Quarantined {
        /// Which.
        id: RecordId,
    },
    /// Deleted on one device and edited on another: it is there.
    Back {
        /// Provider and name.
        name: String,
        /// Erased, or moved to the trash.
        erased: bool,
        /// Deleted here and edited elsewhere, or the other way round.
        here: bool,
    },
    /// The cache was gone and was rebuilt.
    CacheRebuilt {
        /// With how many credentials.
        records: u64,
    },
    /// The cache file was damaged and was moved aside.
    CacheSetAside {
        /// Where it is now.
        path: String,
        /// Credentials of which it alone had the latest.
        taken: u64,
        /// Whether everything in it could be read.
        whole: bool,
    },
    /// The cache was an older copy of itself, and caught up with the keychain.
    CacheWasOlder {
        /// Credentials that were newer there.
        taken: u64,
    },
    /// A program was let in.
    Granted {
        /// Which.
        program: String,
        /// What it may do.
        scope: GrantScope,
        /// Whether only with some credentials.
        #[serde(default)]
        limited: bool,
    },
    /// A program was shut out.
    GrantRevoked {
        /// Which.
        program: String,
    },
    /// This device signed in at the server with the password.
    SignedIn,
    /// The account was made, or made known to a server that did not know it.
    AccountCreated {
        /// The server's address.
        server: String,
    },
    /// This device joined an account.
    Joined {
        /// The server's address.
        server: String,
    },
    /// The new password holds here and waits for the server.
    PasswordWaits,
    /// The password was changed on another device.
    PasswordChanged,
    /// From here on it is noticed if entries are missing or were changed.
    Linked {
        /// How many there were before, taken as they were.
        taken: u64,
    },
    /// Entries before this one are missing or were changed, by somebody without the keys.
    ActivityBroken,
    /// Something that only a newer version knows.
    #[serde(other)]
    Unknown,
}

/// A credential that something happened to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Its record.
    pub id: RecordId,
    /// Provider and name; empty where it could not be read.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Event {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_the_first_version_wrote_is_read_and_what_a_later_one_adds_is_no_error() {
        let id: RecordId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let healed = format!(r#"{{"event":"healed","id":"{id}","from":"keychain"}}"#);
        assert_eq!(read(&healed), Event::Healed { id, from: HomeName::Keychain });
        let alarm = read(r#"{"event":"alarm","alarm":"put_back"}"#);
        assert_eq!(alarm, Event::Alarm { alarm: Alarm::PutBack });
        assert_eq!(read(r#"{"event":"sung","to":"curl"}"#), Event::Unknown);
        let lent =
            format!(r#"{{"event":"lent","id":"{id}","name":"openai/work","program":"curl","by":"cli"}}"#);
        let subject = Subject { id, name: "openai/work".to_owned() };
        assert_eq!(read(&lent), Event::Lent { subject, program: "curl".to_owned() });
        let more = format!(r#"{{"event":"added","id":"{id}","name":"openai/work","why":"import"}}"#);
        assert_eq!(read(&more), Event::Added(Subject { id, name: "openai/work".to_owned() }));
    }

    #[test]
    fn events_come_back() {
        let subject = Subject { id: RecordId::generate(), name: "openai/work".to_owned() };
        let field = Some("access_key_id".to_owned());
        for event in [
            Event::Revealed { subject: subject.clone(), field, copied: true },
            Event::Verified { subject: subject.clone(), verdict: Verdict::Valid, why: None },
            Event::Verified {
                subject: subject.clone(),
                verdict: Verdict::Indeterminate,
                why: Some(Cause::default()),
            },
            Event::Settled(subject),
            Event::ServiceEnabled {
                service: "openai".to_owned(),
                credential: Some("openai/work".to_owned()),
            },
            Event::ServiceDisabled { service: "openai".to_owned() },
            Event::ServiceSet { service: "twilio".to_owned(), settings: vec!["from".to_owned()] },
            Event::PolicySet { policy: "label:x".to_owned(), days: 30 },
            Event::PolicyRemoved { policy: "all".to_owned() },
            Event::Synced { pulled: 1, pushed: 2, deleted: 3 },
            Event::SignedIn,
            Event::AlarmOver { alarm: Alarm::RolledBack },
        ] {
            let text = serde_json::to_string(&event).unwrap();
            assert_eq!(read(&text), event);
        }
    }
}
