//! Erasing: gone for good, with its history, here at once and on the server with the next sync.

use keymoor_fail_points::reached;
use keymoor_protocol::RecordId;

use crate::activity::{self, Event, Subject};
use crate::clock::now;
use crate::drafts::{self, Kept};
use crate::error::{Error, KeychainProblem};
use crate::homes::{catch_up, lost};
use crate::rules::gone::erasure_waits;
use crate::sync::{elsewhere, erased_here};
use crate::vault::Vault;

/// What became of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Whether the account's server still has it, until the next sync.
    pub on_server: bool,
    /// Whether the keychain knows: its copy is gone, or says that it was erased.
    pub keychain: Kept,
}

impl Vault {
    /// Erases a credential, in use or in the trash. An edit that another device made unseen brings it back whole.
    pub fn erase(&mut self, id: RecordId) -> Result<Erased, Error> {
        self.note_file()?;
        let (keys, by) = (&self.keys, self.by.as_ref());
        let on_server = self.cache.write(|change| {
            lost::give_up(change, id)?;
            let kept = change.kept(id)?;
            if kept.base.is_none() && kept.draft.is_none() {
                return Err(Error::NotFound);
            }
            let content = drafts::current(change, keys, id);
            let name = content.as_ref().map(|content| content.meta.title()).unwrap_or_default();
            activity::put_by(change, keys, by, &Event::Erased(Subject { id, name }))?;
            // A frozen commit may have reached the server although its answer did not come back.
            let sent =
                change.frozen()?.is_some_and(|frozen| frozen.records.iter().any(|record| record.id == id));
            // So may the record of a rebuilt cache: what it knows of the server lags behind until the next sync.
            let device = drafts::device(change, keys)?;
            // And an older copy of a cache does not know what its other life sent, before it has read the keychain.
            let rebuilt = device.rebuilt || device.server.is_some() && catch_up::is_behind(change)?;
            let elsewhere = elsewhere::is_noted(change, id)?;
            if !erasure_waits(kept.base.is_some(), sent, rebuilt, elsewhere) {
                change.drop_draft(id)?;
                change.forget(id)?;
                return Ok::<_, Error>(false);
            }
            if let Ok(content) = &content {
                erased_here::note(change, id, content)?;
            }
            // The server still has it: it stays until the commit that forgets it was accepted, as a deleted draft that
            // nothing lists. The keychain's copy says the same, so that a cache lost before then does not bring it back.
            match content {
                Ok(content) if !content.meta.deleted() => {
                    let content = content.delete(drafts::actor(change, keys)?, now());
                    drafts::write(change, keys, id, &content)?;
                }
                Ok(_) => {}
                // What cannot be read cannot be sealed as deleted. It is marked as it is, and nothing lists it either.
                Err(Error::Unreadable { .. } | Error::Cache(keymoor_cache::Error::Record(_))) => {}
                Err(error) => return Err(error),
            }
            change.mark_erased(id, now())?;
            reached("erase.inside");
            Ok(true)
        })?;
        reached("erase.marked");
        // Where the keychain cannot be written now, the cache's mark has the next save or sync do it.
        let keychain = match self.mirror_record(id) {
            Ok(()) if self.keychain.is_none() => Kept::Off,
            Ok(()) => Kept::Yes,
            Err(Error::Keychain(problem)) => Kept::Failed(problem),
            // Nothing was written over it: its mark stays.
            Err(Error::Unreadable { .. }) => Kept::Failed(KeychainProblem::Other),
            Err(error) => return Err(error),
        };
        Ok(Erased { on_server, keychain })
    }
}

#[cfg(test)]
mod tests {
    use keymoor_protocol::{Cursor, Kind};

    use crate::add::{Field, NewCredential, Value};
    use crate::config::{Backend, Config};
    use crate::error::Error;
    use crate::find::Place;
    use crate::rules::refused::Room;
    use crate::sync::accept::accept;
    use crate::sync::freeze::freeze;
    use crate::sync::take::{Outcome, take};
    use crate::vault::{Patience, Vault};

    fn vault_with(name: &str, home: &std::path::Path) -> (Vault, keymoor_protocol::RecordId) {
        let config =
            Config { home: home.to_owned(), keychain: Backend::None, keychain_service: "unused".to_owned() };
        let mut vault =
            Vault::open(config, Patience::default(), &mut |_| Some("correct horse".into())).unwrap();
        let fields = vec![Field { name: "secret".to_owned(), value: Value::Secret("a secret".into()) }];
        let (provider, name) = ("openai".to_owned(), name.to_owned());
        let new = NewCredential { provider, name, fields, ..NewCredential::default() };
        let id = vault.add(new).unwrap().id;
        (vault, id)
    }

    /// The server took the frozen commit, its answer was lost, the user erased: it must not come back.
    #[test]
    fn what_was_on_its_way_to_the_server_is_erased_there_too() {
        let home = tempfile::tempdir().unwrap();
        let (mut vault, id) = vault_with("work", home.path());
        let keys = &vault.keys;
        let push = vault
            .cache
            .write(|change| freeze(change, keys, false, &Room::default(), &mut Outcome::default()))
            .unwrap()
            .unwrap();
        vault.erase(id).unwrap();
        assert!(vault.list(&Default::default()).unwrap().is_empty());
        assert!(matches!(vault.find("work", Place::Trash), Err(Error::NotFound)));
        let keys = &vault.keys;
        let next = vault
            .cache
            .write(|change| {
                assert_eq!(
                    freeze(change, keys, false, &Room::default(), &mut Outcome::default())?,
                    Some(push.clone()),
                    "the same bytes again"
                );
                let commit = push.signed.commit().unwrap();
                accept(change, keys, &commit, &push, &mut Outcome::default())?;
                change.append_chain(1, &push.signed)?;
                change.set_cursor(Cursor { seq: 1, head: push.signed.head() })?;
                freeze(change, keys, false, &Room::default(), &mut Outcome::default())
            })
            .unwrap()
            .unwrap();
        let changes = next.signed.commit().unwrap().changes;
        assert_eq!(changes.iter().map(|c| (c.record, c.kind)).collect::<Vec<_>>(), [(id, Kind::Forgotten)]);
        assert!(vault.list(&Default::default()).unwrap().is_empty());
        let keys = &vault.keys;
        vault
            .cache
            .write(|change| {
                accept(change, keys, &next.signed.commit().unwrap(), &next, &mut Outcome::default())
            })
            .unwrap();
        assert!(matches!(vault.history(id), Err(Error::NotFound)));
        assert_eq!(vault.cache.read(|view| view.erasures()).unwrap(), []);
    }

    #[test]
    fn what_never_arrived_at_the_server_is_forgotten_without_it() {
        let home = tempfile::tempdir().unwrap();
        let (mut vault, id) = vault_with("work", home.path());
        let keys = &vault.keys;
        vault
            .cache
            .write(|change| freeze(change, keys, false, &Room::default(), &mut Outcome::default()))
            .unwrap();
        vault.erase(id).unwrap();
        // Another device's commit came first, so the frozen one can never be accepted.
        let keys = &vault.keys;
        let next = vault.cache.write(|change| {
            change.thaw()?;
            freeze(change, keys, false, &Room::default(), &mut Outcome::default())
        });
        assert_eq!(next.unwrap(), None);
        assert!(matches!(vault.reveal(id, None), Err(Error::NotFound)));
        assert_eq!(vault.cache.read(|view| view.draft_count()).unwrap(), 0);
    }

    /// What was erased before the first sync of a rebuilt cache is told to the server, if that has it: also what could not
    /// be read.
    #[test]
    fn what_a_rebuilt_cache_erases_is_erased_at_the_server_too() {
        for lost in [false, true] {
            let home = tempfile::tempdir().unwrap();
            let (mut vault, id) = vault_with("work", home.path());
            let keys = &vault.keys;
            let on_server = vault
                .cache
                .write(|change| {
                    let mut device = change.device()?.unwrap();
                    device.rebuilt = true;
                    change.set_device(&device)?;
                    let draft = change.draft(id)?.unwrap().record;
                    if lost {
                        change.drop_draft(id)?;
                        crate::homes::placeholder::put(change, keys, id, Vec::new(), false)?;
                    }
                    Ok::<_, Error>(draft)
                })
                .unwrap();
            assert!(vault.erase(id).unwrap().on_server);
            assert!(vault.list(&Default::default()).unwrap().is_empty());
            let keys = &vault.keys;
            let next = vault
                .cache
                .write(|change| {
                    let mut actor = crate::drafts::actor(change, keys)?;
                    take(change, keys, &on_server, 1, &mut actor, &mut Default::default())?;
                    freeze(change, keys, false, &Room::default(), &mut Outcome::default())
                })
                .unwrap()
                .unwrap();
            let changes = next.signed.commit().unwrap().changes;
            assert_eq!(
                changes.iter().map(|c| (c.record, c.kind)).collect::<Vec<_>>(),
                [(id, Kind::Forgotten)]
            );
        }
    }
}
