//! A frozen commit was accepted: its records are the base now, and drafts that say no more vanish (rule 4).

use keymoor_cache::Change;
use keymoor_protocol::api::Push;
use keymoor_protocol::{Commit, Kind};

use crate::drafts;
use crate::error::Error;
use crate::keys::Keys;

/// Makes the frozen records the base. The caller moves the cursor in the same transaction.
pub(crate) fn accept(
    change: &mut Change<'_>,
    keys: &Keys,
    commit: &Commit,
    frozen: &Push,
) -> Result<(), Error> {
    for record in &frozen.records {
        let id = record.id;
        let content = keys.open(record).map_err(|_| Error::Unreadable { id, homes: Vec::new() })?;
        change.put_base(record, commit.seq, keys.tags(&content.meta))?;
        let Some(draft) = drafts::legible(change.draft(id))? else { continue };
        if draft.record.digest() == record.digest() {
            change.drop_draft(id)?;
            continue;
        }
        // Edited since it was frozen: the draft goes on from the new base.
        let Ok(newer) = keys.open(&draft.record) else { continue }; // it waits to be healed
        if newer.meta == content.meta {
            change.drop_draft(id)?;
        } else if newer.is_newer() {
            drafts::carry(change, keys, id, &draft.record)?;
        } else {
            drafts::write(change, keys, id, &newer)?;
        }
    }
    for forgotten in commit.changes.iter().filter(|change| change.kind == Kind::Forgotten) {
        change.drop_draft(forgotten.record)?;
        change.forget(forgotten.record)?;
    }
    Ok(change.thaw()?)
}
