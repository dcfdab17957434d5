//! Activity: what happened on this device, sealed entry by entry, on this device alone.
//!
//! Whatever writes anyway puts its entry down in the same transaction. What is only read goes through a file beside the
//! cache ([`keymoor_cache::Cache::add_use`]), so that it waits for no disk. An entry is never a reason for an action to fail.

mod event;

use keymoor_cache::Change;
use keymoor_protocol::{Class, Envelope, RecordId};

use crate::clock::now;
use crate::content::Content;
use crate::devices;
use crate::error::Error;
use crate::keys::Keys;
use crate::notice::Notice;
use crate::vault::Vault;

pub use event::{Event, Subject};

/// The schema of an entry.
const SCHEMA: u16 = 1;

/// Something that happened here.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Activity {
    /// When, milliseconds since 1970, by this device's clock.
    pub at: u64,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// What an edit of the user's was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Added,
    Edited,
    Deleted,
    Restored,
    Reverted,
    Settled,
}

impl Deed {
    pub(crate) fn event(self, subject: Subject) -> Event {
        match self {
            Self::Added => Event::Added(subject),
            Self::Edited => Event::Edited(subject),
            Self::Deleted => Event::Deleted(subject),
            Self::Restored => Event::Restored(subject),
            Self::Reverted => Event::Reverted(subject),
            Self::Settled => Event::Settled(subject),
        }
    }
}

/// Adds an entry in a transaction that is under way.
pub(crate) fn put(change: &mut Change<'_>, keys: &Keys, event: &Event) -> Result<(), Error> {
    let sealed = sealed(keys, event)?;
    Ok(change.add_activity(now(), &sealed).map(drop)?)
}

/// What happened, in an envelope.
fn sealed(keys: &Keys, event: &Event) -> Result<Envelope, Error> {
    // Ids, names and words of ours: nothing in it that could not be written as JSON.
    let text = serde_json::to_vec(event).unwrap_or_default();
    keys.envelope(Class::Activity, RecordId([0; 16]), 1, SCHEMA, &text)
}

/// What an entry says; `None` if it does not open.
pub(crate) fn opened(keys: &Keys, bytes: Vec<u8>) -> Option<Event> {
    let envelope = Envelope::try_from(bytes).ok()?;
    let text = keys.open_envelope(RecordId([0; 16]), 1, Class::Activity, &envelope).ok()?;
    // What it says may be a newer version's.
    Some(serde_json::from_slice(&text).unwrap_or(Event::Unknown))
}

/// Seals every entry anew, for keys that take the place of others. What does not open goes.
pub(crate) fn hand_over(change: &mut Change<'_>, from: &Keys, to: &Keys) -> Result<(), Error> {
    for entry in change.activity(u32::MAX)? {
        match opened(from, entry.bytes) {
            Some(event) => change.replace_activity(entry.id, &sealed(to, &event)?)?,
            None => change.drop_activity(entry.id)?,
        }
    }
    Ok(())
}

impl Vault {
    /// What happened on this device since a time (milliseconds since 1970), newest first: as much of it as is kept, which
    /// is 10,000 entries and 180 days. An entry that does not open is left out.
    pub fn activity(&mut self, since: u64) -> Result<Vec<Activity>, Error> {
        let uses = self.cache.uses()?;
        let entries = self.cache.read(|view| view.activity(u32::MAX))?;
        let keys = &self.keys;
        let all = uses.into_iter().rev().chain(entries).filter(|entry| entry.at >= since);
        let read = |entry: keymoor_cache::ActivityEntry| {
            Some(Activity { at: entry.at, event: opened(keys, entry.bytes)? })
        };
        let mut all: Vec<Activity> = all.filter_map(read).collect();
        all.sort_by_key(|activity| std::cmp::Reverse(activity.at));
        Ok(all)
    }

    /// Adds an entry, if that can be done.
    pub(crate) fn note(&mut self, event: &Event) {
        let keys = &self.keys;
        let _ = self.cache.write(|change| put(change, keys, event));
    }

    /// Has the user told of something, once now and afterwards in the activity.
    pub(crate) fn tell(&mut self, notice: Notice) {
        self.note(&Event::from(&notice));
        self.notices.push(notice);
    }

    /// A secret was opened for somebody.
    pub(crate) fn note_use(&mut self, id: RecordId, content: &Content, field: Option<&str>, copied: bool) {
        let subject = Subject { id, name: content.meta.title() };
        let event = Event::Revealed { subject, field: field.map(str::to_owned), copied };
        let Ok(sealed) = sealed(&self.keys, &event) else { return };
        if matches!(self.cache.add_use(now(), &sealed), Ok(true)) {
            let _ = self.take_uses();
        }
    }

    /// Takes what was only read into the activity, and into this device's record.
    pub(crate) fn take_uses(&mut self) -> Result<(), Error> {
        let keys = &self.keys;
        self.cache.take_uses(|change, uses| {
            for entry in uses {
                if let Ok(envelope) = Envelope::try_from(entry.bytes.clone()) {
                    change.add_activity(entry.at, &envelope)?;
                }
            }
            devices::note_uses(change, keys, uses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::add::{Field, NewCredential, Value};
    use crate::config::{Backend, Config};
    use crate::error::Alarm;
    use crate::vault::Patience;

    fn vault(home: &std::path::Path) -> Vault {
        let config =
            Config { home: home.to_owned(), keychain: Backend::None, keychain_service: "unused".to_owned() };
        Vault::open(config, Patience::default(), &mut |_| Some("correct horse".into())).unwrap()
    }

    fn add(vault: &mut Vault) -> RecordId {
        let fields = vec![Field { name: "secret".to_owned(), value: Value::Secret("a secret".into()) }];
        let (provider, name) = ("openai".to_owned(), "a telling name".to_owned());
        let new = NewCredential { provider, name, fields, ..NewCredential::default() };
        vault.add(new).unwrap().id
    }

    #[test]
    fn every_alarm_is_in_the_status_and_in_the_activity_and_once_while_it_stands() {
        let home = tempfile::tempdir().unwrap();
        let mut vault = vault(home.path());
        for alarm in Alarm::ALL {
            vault.raise(alarm).unwrap();
            let raised = vault.status().unwrap().alarms;
            assert!(raised.iter().any(|raised| raised.code == alarm.code()), "{alarm:?}");
            assert_eq!(vault.activity(0).unwrap()[0].event, Event::Alarm { alarm });
        }
        let told = vault.activity(0).unwrap().len();
        for alarm in Alarm::ALL.into_iter().filter(|alarm| !alarm.informs()) {
            vault.raise(alarm).unwrap();
        }
        let shown = |vault: &mut Vault| vault.status().unwrap().alarms;
        let first = shown(&mut vault);
        std::thread::sleep(std::time::Duration::from_millis(5));
        for alarm in Alarm::ALL {
            vault.raise(alarm).unwrap();
        }
        for again in shown(&mut vault) {
            let before = first.iter().find(|raised| raised.code == again.code).unwrap();
            let informs = Alarm::from_code(&again.code).is_some_and(Alarm::informs);
            assert_eq!(again.at > before.at, informs, "{again:?}: what happens anew is shown from now on");
        }
        let told = told + Alarm::ALL.into_iter().filter(|alarm| alarm.informs()).count();
        assert_eq!(vault.activity(0).unwrap().len(), told, "a sync a minute must not fill it");
    }

    #[test]
    fn every_notice_is_kept_after_it_was_told() {
        let home = tempfile::tempdir().unwrap();
        let mut vault = vault(home.path());
        let id = RecordId::generate();
        let notices = [
            Notice::CacheRebuilt { records: 3 },
            Notice::CacheSetAside { path: "/somewhere".into(), taken: 1, whole: false },
            Notice::CacheWasOlder { taken: 2 },
            Notice::Healed { id, from: crate::error::HomeName::Keychain },
            Notice::Quarantined { id },
            Notice::Back { name: "openai/work".to_owned(), erased: true, here: false },
            Notice::OnlyTrashed { name: "openai/work".to_owned() },
            Notice::PasswordWaits,
            Notice::PasswordChanged,
            Notice::Alarm(Alarm::PutBack),
        ];
        for notice in notices {
            let event = Event::from(&notice);
            vault.tell(notice.clone());
            assert_eq!((vault.notices(), vault.notices()), (vec![notice], vec![]));
            assert_eq!(vault.activity(0).unwrap()[0].event, event);
        }
    }

    #[test]
    fn what_is_written_is_sealed_and_what_does_not_open_is_left_out() {
        let home = tempfile::tempdir().unwrap();
        let mut vault = vault(home.path());
        let id = add(&mut vault);
        vault.reveal(id, None).unwrap();
        vault.reveal_to_copy(id, Some("secret")).unwrap();
        let told = vault.activity(0).unwrap();
        let is_copy = |told: &Activity| matches!(&told.event, Event::Revealed { copied: true, .. });
        assert_eq!((told.len(), is_copy(&told[0]), is_copy(&told[1])), (3, true, false));
        for file in ["keymoor.db", "keymoor.db-wal", "keymoor.db.uses"] {
            let bytes = std::fs::read(home.path().join(file)).unwrap();
            assert!(!bytes.windows(7).any(|part| part == b"telling"), "{file}");
        }
        // Taken over from the file, the same is told.
        vault.take_uses().unwrap();
        assert_eq!(vault.activity(0).unwrap(), told);
        assert_eq!(vault.cache.uses().unwrap(), []);
        assert_eq!(vault.activity(told[0].at + 1).unwrap(), []);

        let (newest, torn) = vault
            .cache
            .write(|change| {
                let newest = change.activity(1)?.remove(0);
                let mut torn = newest.bytes.clone();
                torn[120] ^= 1;
                change.replace_activity(newest.id, &Envelope::try_from(torn.clone()).unwrap())?;
                Ok::<_, Error>((newest, torn))
            })
            .unwrap();
        assert_ne!(newest.bytes, torn);
        assert_eq!(vault.activity(0).unwrap(), told[1..]);
    }
}
