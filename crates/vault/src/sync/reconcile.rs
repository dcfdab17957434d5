//! From the live set: after a server that is behind or changed, after pruned history, and for a rebuilt cache (rules 8 to 10).
//!
//! What this device knew to be acknowledged after the last common commit and the server lacks was lost there and is put
//! back; what it knew to be acknowledged before it and is absent was deleted and forgotten; what others wrote is merged.

use std::collections::BTreeSet;

use keymoor_cache::{Base, Change};
use keymoor_protocol::api::Placed;
use keymoor_protocol::{ActorId, Kind, RecordId};

use crate::clock::now;
use crate::content::merge;
use crate::drafts;
use crate::error::{Alarm, Error};
use crate::keys::{Keys, is_newer};
use crate::notice::Notice;
use crate::sync::plan;
use crate::sync::snapshot::Proved;
use crate::sync::take::{Outcome, draft_of, forget, take};

/// Makes the staged set the base, as far as the chain proves it.
pub(crate) fn reconcile(
    change: &mut Change<'_>,
    keys: &Keys,
    proved: &Proved,
    accept_deletes: bool,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let ancestor = proved.ancestor;
    let device = drafts::device(change, keys)?;
    let mut actor = device.actor;
    let was_behind = ancestor < device.cursor.seq;
    let live_before = change.live_count()?;
    let mut staged = Vec::new();
    change.for_each_staged(|placed| {
        staged.push(placed_by(proved, placed)?);
        Ok::<_, Error>(())
    })?;
    let present: BTreeSet<RecordId> = staged.iter().map(|placed| placed.record.id).collect();
    for placed in &staged {
        take_placed(change, keys, placed, &mut actor, outcome)?;
    }
    let mut absent = Vec::new();
    change.for_each_base(|base| {
        if !present.contains(&base.record.id) {
            absent.push(base);
        }
        Ok::<_, Error>(())
    })?;
    for Base { record, seq } in absent {
        if seq > ancestor {
            // The server lost it. Its draft goes on without a base, or becomes one again.
            let kept = match draft_of(change, keys, record.id, &mut actor, outcome)? {
                Some((draft, _)) => draft,
                None => record,
            };
            change.remove_base(kept.id)?;
            if is_newer(&kept) {
                drafts::carry(change, keys, kept.id, &kept)?;
            } else if let Ok(content) = keys.open(&kept) {
                drafts::write(change, keys, kept.id, &content)?;
            }
        } else {
            forget(change, keys, record.id, outcome)?;
        }
    }
    // Erased by somebody who had not seen what was lost, or never heard of an edit here: it comes back under a new id.
    for id in change.draft_ids()? {
        if proved.forgotten.contains(&id) && !present.contains(&id) {
            forget(change, keys, id, outcome)?;
        }
    }
    if !accept_deletes && outcome.deleted > plan::deletes_allowed(live_before) {
        return Err(Error::MassDelete { count: outcome.deleted, of: live_before });
    }

    change.truncate_chain_above(ancestor)?;
    for (cursor, commit) in &proved.chain {
        change.append_chain(cursor.seq, commit)?;
    }
    if change.state()? != proved.state {
        return Err(Error::Alarm(Alarm::StateWrong));
    }
    // `take` may have made a new actor.
    let mut device = change.device()?.ok_or(Error::Locked)?;
    device.cursor = proved.known.cursor;
    // What this device commits next may not fall below what the log has reached.
    device.epoch = device.epoch.max(proved.known.epoch);
    device.document_version = device.document_version.max(proved.known.document_version);
    device.rebuilt = false;
    change.set_device(&device)?;
    change.thaw()?;
    change.clear_staged()?;
    if was_behind {
        outcome.notices.push(Notice::Alarm(Alarm::PutBack));
    }
    Ok(())
}

/// The record with the number of the commit that wrote it, by the chain and not by the server's word.
fn placed_by(proved: &Proved, placed: Placed) -> Result<Placed, Error> {
    let record = placed.record;
    let kind = if record.deleted { Kind::Deleted } else { Kind::Live };
    let (seq, change) = proved.written.get(&record.id).ok_or(Error::Alarm(Alarm::StateWrong))?;
    let fits = record.is_consistent()
        && change.version == record.version
        && change.digest == record.digest()
        && change.kind == kind;
    if fits { Ok(Placed { seq: *seq, record }) } else { Err(Error::Alarm(Alarm::StateWrong)) }
}

/// Takes a record of the live set.
fn take_placed(
    change: &mut Change<'_>,
    keys: &Keys,
    placed: &Placed,
    actor: &mut ActorId,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let Placed { seq, record } = placed;
    let mine = drafts::legible(change.base(record.id))?;
    if mine.as_ref().is_some_and(|base| base.record.digest() == record.digest()) {
        // The same bytes: only the commit that wrote them may have another number now.
        if mine.as_ref().is_some_and(|base| base.seq != *seq) {
            let tags = keys.open_meta(record).map(|meta| keys.tags(&meta));
            if let Ok(tags) = tags {
                change.put_base(record, *seq, tags)?;
            }
        }
        return Ok(());
    }
    // What this device had seen acknowledged goes into its draft, so that nothing of it is lost.
    let opened = mine.and_then(|base| Some((keys.open(&base.record).ok()?, base.record)));
    let draft = draft_of(change, keys, record.id, actor, outcome)?;
    if let Some((known, mine)) = opened.as_ref().filter(|(known, _)| known.is_newer()) {
        // Not merged here. If the server's says less, it stays as a draft that waits for an update.
        let says_all = keys.open_meta(record).is_ok_and(|meta| {
            known.meta.seen.iter().all(|(actor, counter)| meta.seen.get(actor) >= Some(counter))
        });
        if draft.is_none() && !says_all {
            change.put_draft(mine, keys.tags(&known.meta), now())?;
        }
    } else if let (Some((known, _)), false) =
        (opened, draft.as_ref().is_some_and(|(draft, _)| is_newer(draft)))
    {
        let content = match draft {
            Some((_, draft)) => merge(&draft, &known),
            None => known,
        };
        drafts::write(change, keys, record.id, &content)?;
    }
    take(change, keys, record, *seq, actor, outcome)
}
