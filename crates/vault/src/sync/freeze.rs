//! Freezing the next commit: its exact bytes go into the outbox before anything is sent (rule 2).

use std::collections::BTreeSet;

use keymoor_cache::Change;
use keymoor_protocol::api::Push;
use keymoor_protocol::limits::BYTES_A_RECORD;
use keymoor_protocol::{Commit, Digest, Kind, Record, RecordId};
use keymoor_sealing::commit::sign;

use crate::clock::now;
use crate::drafts;
use crate::error::Error;
use crate::keys::Keys;
use crate::sync::plan::{self, Left};
use crate::sync::refused::Room;

/// The frozen commit: the one in the outbox, or a new one of the drafts that fit and have room. `None` if there is nothing
/// to push.
///
/// `even_empty` makes commit 1 of an account that has no records yet.
pub(crate) fn freeze(
    change: &mut Change<'_>,
    keys: &Keys,
    even_empty: bool,
    room: &Room,
) -> Result<Option<Push>, Error> {
    if let Some(frozen) = change.frozen()? {
        return Ok(Some(frozen));
    }
    let device = change.device()?.ok_or(Error::Locked)?;
    let mut erased: BTreeSet<RecordId> = change.erasures()?.into_iter().collect();
    for id in erased.clone() {
        if change.kept(id)?.base.is_none() {
            // Sent in vain before it was erased, or lost by the server since: there is nobody to tell.
            change.drop_draft(id)?;
            change.forget(id)?;
            erased.remove(&id);
        }
    }
    let mut records = Vec::new();
    for id in change.draft_ids()? {
        if erased.contains(&id) || room.aside.contains(&id) {
            continue;
        }
        let Some(draft) = drafts::legible(change.draft(id))? else { continue };
        let Some(record) = ready(change, keys, draft.record)? else { continue };
        if record.size() > BYTES_A_RECORD || (room.full && grows(change, &record)?) {
            continue; // what is too large waits to be settled, and the other for room
        }
        records.push(record);
    }
    let forgets = erased.into_iter().filter(|id| !room.aside.contains(id));
    let forgets: Vec<RecordId> = forgets.take(room.changes).collect();
    let sizes: Vec<(RecordId, usize)> = records.iter().map(|record| (record.id, record.size())).collect();
    let room = room.changes - forgets.len();
    records.truncate(if room == 0 { 0 } else { plan::cut(&sizes, room) });
    let mut changes: Vec<keymoor_protocol::Change> = records.iter().map(change_of).collect();
    for id in forgets {
        let Some(base) = drafts::legible(change.base(id))? else { continue };
        changes.push(keymoor_protocol::Change {
            record: id,
            version: base.record.version + 1,
            digest: Digest([0; 32]),
            kind: Kind::Forgotten,
        });
    }
    changes.sort_unstable_by_key(|change| change.record);
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
    let push = Push { signed: sign(&keys.root, &commit), records };
    change.freeze(&push)?;
    Ok(Some(push))
}

/// The draft as it may be pushed. What does not open is never pushed, nor pushed over; nor is anything over a record that a
/// newer version of Keymoor wrote. What waited for that reason is merged with its base once this version understands both.
fn ready(change: &mut Change<'_>, keys: &Keys, draft: Record) -> Result<Option<Record>, Error> {
    let id = draft.id;
    let Ok(content) = keys.open(&draft) else { return Ok(None) };
    let base = match change.base(id) {
        Err(keymoor_cache::Error::Record(_)) => return Ok(None),
        base => base?,
    };
    let Some(base) = base else { return Ok(Some(draft)) };
    let Ok(base) = keys.open(&base.record) else { return Ok(None) };
    if base.is_newer() || content.is_newer() {
        return Ok(None);
    }
    match plan::take(Some(&content), &base) {
        Left::Draft(merged) if merged.meta == content.meta => Ok(Some(draft)),
        Left::Draft(merged) => {
            drafts::write(change, keys, id, &merged)?;
            Ok(change.draft(id)?.map(|draft| draft.record))
        }
        Left::Nothing => {
            change.drop_draft(id)?;
            Ok(None)
        }
    }
}

/// Whether the account holds more once the server has this: what is deleted counts nothing there.
fn grows(change: &Change<'_>, record: &Record) -> Result<bool, Error> {
    if record.deleted {
        return Ok(false);
    }
    let base = change.base(record.id)?.filter(|base| !base.record.deleted);
    Ok(base.is_none_or(|base| record.size() > base.record.size()))
}

fn change_of(record: &Record) -> keymoor_protocol::Change {
    keymoor_protocol::Change {
        record: record.id,
        version: record.version,
        digest: record.digest(),
        kind: if record.deleted { Kind::Deleted } else { Kind::Live },
    }
}
