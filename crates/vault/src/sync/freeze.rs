//! Freezing the next commit: its exact bytes go into the outbox before anything is sent (rule 2).

use std::collections::BTreeSet;

use keymoor_cache::Change;
use keymoor_protocol::api::Push;
use keymoor_protocol::limits::ENVELOPE_BYTES_A_COMMIT;
use keymoor_protocol::{Commit, Record, RecordId};
use keymoor_sealing::commit::sign;

use crate::clock::now;
use crate::drafts;
use crate::error::Error;
use crate::keys::Keys;
use crate::notice::Notice;
use crate::rules::gone::{Erasure, erasure};
use crate::rules::push::{self, Ready};
use crate::rules::refused::Room;
use crate::sync::elsewhere;
use crate::sync::take::Outcome;

/// The frozen commit: the one in the outbox, or a new one of the drafts that fit and have room. `None` if there is nothing
/// to push.
///
/// `even_empty` makes commit 1 of an account that has no records yet.
pub(crate) fn freeze(
    change: &mut Change<'_>,
    keys: &Keys,
    even_empty: bool,
    room: &Room,
    outcome: &mut Outcome,
) -> Result<Option<Push>, Error> {
    if let Some(frozen) = change.frozen()? {
        return Ok(Some(frozen));
    }
    let device = change.device()?.ok_or(Error::Locked)?;
    let mut erased: BTreeSet<RecordId> = change.erasures()?.into_iter().collect();
    for id in erased.clone() {
        let (based, elsewhere) = (change.kept(id)?.base.is_some(), elsewhere::is_noted(change, id)?);
        match erasure(based, elsewhere) {
            Erasure::Forget => continue,
            Erasure::DeleteOnly => {
                change.unmark_erased(id)?;
                let name = drafts::current(change, keys, id).map(|content| content.meta.title());
                outcome.notices.push(Notice::OnlyTrashed { name: name.unwrap_or_default() });
            }
            Erasure::Drop => {
                change.drop_draft(id)?;
                change.forget(id)?;
            }
        }
        erased.remove(&id);
    }
    let (mut records, mut bytes) = (Vec::new(), 0);
    for id in change.draft_ids()? {
        if records.len() >= room.changes || bytes > ENVELOPE_BYTES_A_COMMIT {
            break; // enough for one commit
        }
        if erased.contains(&id) || room.aside.contains(&id) {
            continue;
        }
        let Some(draft) = drafts::legible(change.draft(id))? else { continue };
        let Some(record) = ready(change, keys, draft.record)? else { continue };
        let base = change.base(record.id)?.map(|base| base.record);
        if !push::fits(&record, base.as_ref(), room.full) {
            continue; // what is too large waits to be settled, and the other for room
        }
        bytes += record.size();
        records.push(record);
    }
    if !room.due.is_empty() {
        // Looked at again: another process may have taken one out of the trash.
        let held = change.tombstones()?.into_iter().map(|held| held.id);
        erased.extend(held.filter(|id| room.due.contains(id)));
    }
    let forgets = erased.into_iter().filter(|id| !room.aside.contains(id));
    let forgets: Vec<RecordId> = forgets.take(room.changes).collect();
    let sizes: Vec<(RecordId, usize)> = records.iter().map(|record| (record.id, record.size())).collect();
    let room = room.changes - forgets.len();
    records.truncate(if room == 0 { 0 } else { push::cut(&sizes, room) });
    let mut gone = Vec::new();
    for id in forgets {
        gone.extend(drafts::legible(change.base(id))?.map(|base| (id, base.record.version)));
    }
    let changes = push::changes(&records, &gone);
    if changes.is_empty() && !even_empty {
        return Ok(None);
    }
    let state = change.state_after(&changes)?;
    let commit = Commit {
        vault: keys.vault,
        seq: device.cursor.seq + 1,
        parent: device.cursor.head,
        device: device.device,
        epoch: keys.root.epoch(),
        document_version: device.document_version,
        written_at: now(),
        changes,
        state,
    };
    let frozen = Push { signed: sign(&keys.root, &commit), records };
    change.freeze(&frozen)?;
    Ok(Some(frozen))
}

/// The draft as it may be pushed. What does not open is never pushed, nor pushed over; nor is an edit over a record that a
/// newer version of Keymoor wrote. What waited for that reason is merged with its base once this version understands both.
fn ready(change: &mut Change<'_>, keys: &Keys, draft: Record) -> Result<Option<Record>, Error> {
    let id = draft.id;
    let Ok(content) = keys.open(&draft) else { return Ok(None) };
    let base = match change.base(id) {
        Err(keymoor_cache::Error::Record(_)) => return Ok(None),
        base => base?,
    };
    let base = match base.map(|base| keys.open(&base.record)) {
        Some(Err(_)) => return Ok(None),
        base => base.and_then(Result::ok),
    };
    match push::ready(&content, base.as_ref()) {
        Ready::Yes => Ok(Some(draft)),
        Ready::Waits => Ok(None),
        Ready::Carried => {
            drafts::carry(change, keys, id, &draft)?;
            Ok(change.draft(id)?.map(|draft| draft.record))
        }
        Ready::Merged(merged) => {
            drafts::write(change, keys, id, &merged)?;
            Ok(change.draft(id)?.map(|draft| draft.record))
        }
        Ready::Goes => {
            change.drop_draft(id)?;
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use keymoor_protocol::{Cursor, Kind};

    use super::*;
    use crate::add::{Field, NewCredential, Value};
    use crate::config::{Backend, Config};
    use crate::find::Place;
    use crate::sync::accept::accept;
    use crate::vault::{Patience, Vault};

    /// A vault whose one record the server has as deleted, held for long.
    fn held(home: &std::path::Path) -> (Vault, RecordId, Room) {
        let config =
            Config { home: home.to_owned(), keychain: Backend::None, keychain_service: "unused".to_owned() };
        let mut vault =
            Vault::open(config, Patience::default(), &mut |_| Some("correct horse".into())).unwrap();
        let fields = vec![Field { name: "secret".to_owned(), value: Value::Secret("a secret".into()) }];
        let (provider, name) = ("openai".to_owned(), "work".to_owned());
        let new = NewCredential { provider, name, fields, ..NewCredential::default() };
        let id = vault.add(new).unwrap().id;
        vault.trash(id).unwrap();
        push(&mut vault, &Room::default()).unwrap();
        vault.cache.write(|change| change.hold_tombstones(1)).unwrap();
        (vault, id, Room { due: [id].into(), ..Room::default() })
    }

    /// Freezes the next commit, and has the server take it.
    fn push(vault: &mut Vault, room: &Room) -> Option<Push> {
        let frozen = freeze_it(vault, room)?;
        taken(vault, &frozen);
        Some(frozen)
    }

    fn freeze_it(vault: &mut Vault, room: &Room) -> Option<Push> {
        let keys = &vault.keys;
        vault.cache.write(|change| freeze(change, keys, false, room, &mut Outcome::default())).unwrap()
    }

    fn taken(vault: &mut Vault, frozen: &Push) -> Vec<Notice> {
        let mut outcome = Outcome::default();
        let (keys, commit) = (&vault.keys, frozen.signed.commit().unwrap());
        let cursor = Cursor { seq: commit.seq, head: frozen.signed.head() };
        let write = vault.cache.write(|change| {
            accept(change, keys, &commit, frozen, &mut outcome)?;
            change.append_chain(commit.seq, &frozen.signed)?;
            assert_eq!(change.state()?, commit.state);
            Ok::<_, Error>(change.set_cursor(cursor)?)
        });
        write.unwrap();
        outcome.notices
    }

    fn kinds(push: Option<Push>) -> Vec<(RecordId, Kind)> {
        let changes = push.map(|push| push.signed.commit().unwrap().changes).unwrap_or_default();
        changes.iter().map(|change| (change.record, change.kind)).collect()
    }

    #[test]
    fn what_was_held_for_long_enough_is_forgotten() {
        let home = tempfile::tempdir().unwrap();
        let (mut vault, id, room) = held(home.path());
        assert_eq!(kinds(freeze_it(&mut vault, &Room::default())), []);
        assert_eq!(kinds(push(&mut vault, &room)), [(id, Kind::Forgotten)]);
        assert!(matches!(vault.find("work", Place::Trash), Err(Error::NotFound)));
        assert!(matches!(vault.history(id), Err(Error::NotFound)));
        assert_eq!(kinds(freeze_it(&mut vault, &room)), []);
    }

    #[test]
    fn what_can_only_be_moved_to_the_trash_is_told_by_name() {
        let home = tempfile::tempdir().unwrap();
        let (mut vault, id, _) = held(home.path());
        vault.restore(id).unwrap();
        // The server lost it.
        let lose = |change: &mut Change<'_>| {
            change.remove_base(id)?;
            elsewhere::note(change, id)
        };
        vault.cache.write(lose).unwrap();
        vault.erase(id).unwrap();
        let (keys, mut outcome) = (&vault.keys, Outcome::default());
        let frozen = vault.cache.write(|change| freeze(change, keys, false, &Room::default(), &mut outcome));
        assert_eq!(kinds(frozen.unwrap()), [(id, Kind::Deleted)]);
        assert_eq!(outcome.notices, [Notice::OnlyTrashed { name: "openai/work".to_owned() }]);
    }

    #[test]
    fn what_left_the_trash_meanwhile_is_not_forgotten() {
        let home = tempfile::tempdir().unwrap();
        let (mut vault, id, room) = held(home.path());
        vault.restore(id).unwrap();
        assert_eq!(kinds(push(&mut vault, &room)), [(id, Kind::Live)]);
        assert_eq!(vault.find("work", Place::Active).unwrap(), id);
    }

    /// The server took the commit, its answer was lost, the user took it out of the trash.
    #[test]
    fn what_leaves_the_trash_while_it_is_forgotten_comes_back_as_a_new_record() {
        let home = tempfile::tempdir().unwrap();
        let (mut vault, id, room) = held(home.path());
        let frozen = freeze_it(&mut vault, &room).unwrap();
        vault.restore(id).unwrap();
        assert_eq!(freeze_it(&mut vault, &Room::default()).as_ref(), Some(&frozen), "the same bytes again");
        let told = taken(&mut vault, &frozen);
        assert_eq!(told, [Notice::Back { name: "openai/work".to_owned(), erased: true, here: false }]);
        let anew = vault.find("work", Place::Active).unwrap();
        assert_ne!(anew, id);
        assert_eq!(secrecy::ExposeSecret::expose_secret(&*vault.reveal(anew, None).unwrap()), "a secret");
        assert_eq!(kinds(push(&mut vault, &room)), [(anew, Kind::Live)]);
    }
}
