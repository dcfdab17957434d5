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
use crate::rules::gone::{Erasure, erasure};
use crate::rules::push::{self, Ready};
use crate::rules::refused::Room;
use crate::sync::elsewhere;

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
        let (based, elsewhere) = (change.kept(id)?.base.is_some(), elsewhere::is_noted(change, id)?);
        match erasure(based, elsewhere) {
            Erasure::Forget => continue,
            Erasure::DeleteOnly => change.unmark_erased(id)?,
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

/// The draft as it may be pushed. What does not open is never pushed, nor pushed over; nor is anything over a record that a
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
