//! A pulled page, applied together with the cursor, in one local transaction (rule 3).

use keymoor_cache::{Change, View};
use keymoor_protocol::Cursor;

use crate::drafts;
use crate::error::{Alarm, Error};
use crate::keys::Keys;
use crate::rules::page::{Step, Verified};
use crate::sync::accept::accept;
use crate::sync::take::{Outcome, forgotten_elsewhere, take};

/// Applies the page. `false` if another process moved the cursor meanwhile; nothing is done then.
pub(crate) fn apply(
    change: &mut Change<'_>,
    keys: &Keys,
    page: Verified,
    outcome: &mut Outcome,
) -> Result<bool, Error> {
    let mut device = drafts::device(change, keys)?;
    if device.cursor != page.after() {
        return Ok(false);
    }
    let (last, moved) = (page.is_last(), !page.is_empty());
    let mut actor = device.actor;
    let frozen = change.frozen()?;
    for step in page.steps(frozen.as_ref().map(|frozen| &frozen.signed)) {
        match step {
            Step::Link(link) => {
                let seq = link.cursor.seq;
                if change.known(seq)?.is_some_and(|head| head != link.cursor.head) {
                    return Err(Error::Alarm(Alarm::RolledBack)); // not the log that the kit was printed from
                }
                change.append_chain(seq, &link.signed)?;
                (device.cursor, device.epoch) = (link.cursor, device.epoch.max(link.epoch));
                device.document_version = device.document_version.max(link.document_version);
            }
            Step::Accepted(commit) => {
                if let Some(frozen) = &frozen {
                    accept(change, keys, &commit, frozen, outcome)?;
                }
            }
            Step::Forget(id) => forgotten_elsewhere(change, keys, id, outcome)?,
            Step::Take(record, seq) => take(change, keys, &record, seq, &mut actor, outcome)?,
        }
    }
    if moved {
        change.thaw()?; // the head moved: what was frozen can never be accepted any more
    }
    device.actor = actor; // `take` may have made a new one
    change.set_device(&device)?;
    if last && moved {
        adds_up(change, device.cursor)?;
    }
    Ok(true)
}

/// At the end of a pull: the records here are those of the newest commit, and nothing that a kit states is missing.
pub(crate) fn adds_up(view: &View<'_>, cursor: Cursor) -> Result<(), Error> {
    if view.chain_last()?.is_some_and(|last| last.seq > cursor.seq) {
        return Err(Error::Alarm(Alarm::RolledBack));
    }
    let Some(newest) = view.chain_at(cursor.seq)? else { return Ok(()) };
    let stated = newest.commit().map_err(|_| Error::Alarm(Alarm::ChainBroken))?.state;
    if view.state()? == stated { Ok(()) } else { Err(Error::Alarm(Alarm::StateWrong)) }
}
