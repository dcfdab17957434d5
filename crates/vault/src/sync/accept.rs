//! What becomes of the frozen commit: accepted, its records are the base now, and drafts that say no more vanish (rule 4);
//! refused, it is let go.

use keymoor_cache::Change;
use keymoor_protocol::api::Push;
use keymoor_protocol::{Commit, Cursor, Kind};

use crate::drafts;
use crate::error::{Alarm, Error};
use crate::keys::Keys;
use crate::rules::accepted::{After, after};
use crate::sync::elsewhere;
use crate::sync::take::{self, Outcome};

/// The server took a commit: base, drafts, chain and cursor move in one transaction.
pub(crate) fn accepted(
    change: &mut Change<'_>,
    keys: &Keys,
    push: &Push,
    cursor: Cursor,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    if change.frozen()?.as_ref().is_none_or(|frozen| frozen.signed != push.signed) {
        return Ok(()); // another process heard the answer first
    }
    let commit = push.signed.commit().map_err(|_| Error::Alarm(Alarm::ChainBroken))?;
    if cursor != (Cursor { seq: commit.seq, head: push.signed.head() }) {
        return Err(Error::Alarm(Alarm::ChainBroken));
    }
    accept(change, keys, &commit, push, outcome)?;
    change.append_chain(commit.seq, &push.signed)?;
    change.set_cursor(cursor)?;
    if change.state()? != commit.state {
        return Err(Error::Alarm(Alarm::StateWrong));
    }
    Ok(())
}

/// A definite refusal: the commit need not stay frozen. Why that is safe even where it was accepted stands in
/// [`crate::rules::refused`].
pub(crate) fn let_go(change: &mut Change<'_>, push: &Push) -> Result<(), Error> {
    if change.frozen()?.is_some_and(|frozen| frozen.signed == push.signed) {
        change.thaw()?;
    }
    Ok(())
}

/// Makes the frozen records the base. The caller moves the cursor in the same transaction.
pub(crate) fn accept(
    change: &mut Change<'_>,
    keys: &Keys,
    commit: &Commit,
    frozen: &Push,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    for record in &frozen.records {
        let id = record.id;
        let content = keys.open(record).map_err(|_| Error::Unreadable { id, homes: Vec::new() })?;
        if record.version == 1 {
            elsewhere::is_settled(change, id)?;
        }
        // An older copy of a cache may have a later base from the keychain, and hear only now that this was accepted.
        if drafts::legible(change.base(id))?.is_none_or(|base| base.seq <= commit.seq) {
            change.put_base(record, commit.seq, keys.tags(&content.meta))?;
        }
        let Some(draft) = drafts::legible(change.draft(id))? else { continue };
        if draft.record.digest() == record.digest() {
            change.drop_draft(id)?;
            continue;
        }
        // Edited since it was frozen: the draft goes on from the new base.
        let Ok(newer) = keys.open(&draft.record) else { continue }; // it waits to be healed
        match after(&newer, &content) {
            After::Goes => change.drop_draft(id)?,
            After::GoesOn if newer.is_newer() => drafts::carry(change, keys, id, &draft.record)?,
            After::GoesOn => drafts::write(change, keys, id, &newer)?,
        }
    }
    for forgotten in commit.changes.iter().filter(|change| change.kind == Kind::Forgotten) {
        let id = forgotten.record;
        if change.is_erased(id)? {
            change.drop_draft(id)?;
            elsewhere::is_settled(change, id)?;
            change.forget(id)?;
        } else {
            // Forgotten by age. What was taken out of the trash since it was frozen comes whole, as a new record.
            take::forget(change, keys, id, outcome)?;
        }
    }
    Ok(change.thaw()?)
}
