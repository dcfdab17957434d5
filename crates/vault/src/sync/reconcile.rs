//! The staged live set becomes the base, in one local transaction, as [`crate::rules::reconcile`] decides.

use std::collections::BTreeMap;

use keymoor_cache::{Base, Change};
use keymoor_protocol::api::Placed;
use keymoor_protocol::{ActorId, Commit, Kind, Record, RecordId};

use crate::clock::now;
use crate::content::Content;
use crate::drafts;
use crate::error::{Alarm, Error};
use crate::keys::{Keys, NAMELESS, is_newer};
use crate::notice::Notice;
use crate::rules;
use crate::rules::chain::Proved;
use crate::rules::gone::reborn;
use crate::rules::guard::{GUARD, Guard};
use crate::rules::reconcile::{At, Here, Step, Waits, waits};
use crate::sync::accept::accept;
use crate::sync::elsewhere;
use crate::sync::take::{Outcome, draft_of, forgotten_elsewhere, take};

/// Makes the staged set the base, as far as the chain proves it.
pub(crate) fn reconcile(
    change: &mut Change<'_>,
    keys: &Keys,
    proved: &Proved,
    accept_deletes: bool,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let ancestor = proved.ancestor;
    let mut common = ancestor;
    let device = drafts::device(change, keys)?;
    let mut actor = device.actor;
    let was_behind = ancestor < device.cursor.seq;
    // A pull that could not be ended has deleted, too. One that a first sync left counts of nothing.
    let live_before = change.live_count()?;
    let begun = change.setting(GUARD)?.and_then(|bytes| Guard::decode(&bytes));
    let mut guard = begun.map_or(Guard::of(live_before), |guard| guard.met(live_before));
    if let Some(frozen) = change.frozen()?.filter(|frozen| proved.has(&frozen.signed)) {
        let commit = frozen.signed.commit().map_err(|_| Error::Alarm(Alarm::ChainBroken))?;
        accept(change, keys, &commit, &frozen, outcome)?;
        common = common.max(commit.seq); // known here, too, from now on
    }
    let mut staged = Vec::new();
    change.for_each_staged(|placed| {
        staged.push(placed_by(proved, placed)?);
        Ok::<_, Error>(())
    })?;
    let live: BTreeMap<RecordId, At> = staged.iter().map(|placed| (placed.record.id, at(placed))).collect();
    let mut base = BTreeMap::new();
    change.for_each_base(|Base { record, seq }| {
        base.insert(record.id, At { seq, digest: record.digest() });
        Ok::<_, Error>(())
    })?;
    let lost = change.chain_range(ancestor + 1, u32::MAX)?;
    let lost: Vec<Commit> = lost.iter().filter_map(|(_, signed)| signed.commit().ok()).collect();
    let (drafts, erased, seq) = (&change.draft_ids()?, &change.erasures()?, device.cursor.seq);
    let here = Here { base: &base, drafts, erased, seq, lost: &lost };
    let steps = rules::reconcile::steps(&here, &live, common, &proved.forgotten);
    let mut staged: BTreeMap<RecordId, Placed> =
        staged.into_iter().map(|placed| (placed.record.id, placed)).collect();
    for (id, step) in steps {
        match (step, staged.remove(&id)) {
            (Step::Take, Some(placed)) => take_placed(change, keys, &placed, &mut actor, outcome)?,
            (Step::Renumber(seq), Some(Placed { record, .. })) => {
                let tags = keys.open_meta(&record).map_or(NAMELESS, |meta| keys.tags(&meta));
                change.put_base(&record, seq, tags)?;
            }
            (Step::PutBack, _) => put_back(change, keys, id, &mut actor, outcome)?,
            (Step::MayBeElsewhere, _) => elsewhere::note(change, id)?,
            (Step::Forget, _) => forgotten_elsewhere(change, keys, id, outcome)?,
            (Step::EraseAgain, Some(placed)) => {
                take_placed(change, keys, &placed, &mut actor, outcome)?;
                erase_again(change, keys, id, actor)?;
            }
            (Step::Take | Step::Renumber(_) | Step::EraseAgain, None) => {} // they name what is staged
        }
    }
    guard.deleted += outcome.deleted;
    if !accept_deletes && guard.stops() {
        return Err(Error::MassDelete { count: guard.deleted, of: guard.live });
    }
    change.remove_setting(GUARD)?;

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

fn at(placed: &Placed) -> At {
    At { seq: placed.seq, digest: placed.record.digest() }
}

/// The server lost it: its draft goes on without a base, or the base becomes one.
fn put_back(
    change: &mut Change<'_>,
    keys: &Keys,
    id: RecordId,
    actor: &mut ActorId,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let Some(base) = drafts::legible(change.base(id))? else { return Ok(()) };
    let draft = draft_of(change, keys, id, actor, outcome)?;
    change.remove_base(id)?;
    elsewhere::note(change, id)?;
    let Ok(known) = keys.open(&base.record) else {
        // Kept aside since it came. What the user did since is all that can go back.
        return match draft {
            Some((draft, _)) if is_newer(&draft) => drafts::carry(change, keys, id, &draft),
            Some((_, content)) => drafts::write(change, keys, id, &content),
            None => Ok(()),
        };
    };
    match (waits(draft.as_ref().map(|(_, draft)| draft), &known), draft) {
        (Waits::Merged(content), _) => drafts::write(change, keys, id, &content),
        (Waits::Draft, Some((draft, _))) => drafts::carry(change, keys, id, &draft),
        // Erased here: that is what goes on.
        (Waits::Apart, Some((_, draft))) if change.is_erased(id)? => drafts::write(change, keys, id, &draft),
        (Waits::Apart, Some((_, draft))) => apart(change, keys, &base.record, &draft, *actor),
        (Waits::Known | Waits::Draft | Waits::Apart, _) if known.is_newer() => {
            drafts::carry(change, keys, id, &base.record)
        }
        _ => drafts::write(change, keys, id, &known),
    }
}

/// What a newer version wrote goes on as the draft of its record, and what was edited here as a new one: neither is lost, and
/// the user sees both. What only moved the older content to the trash is no edit of the newer.
fn apart(
    change: &mut Change<'_>,
    keys: &Keys,
    known: &Record,
    draft: &Content,
    actor: ActorId,
) -> Result<(), Error> {
    drafts::carry(change, keys, known.id, known)?;
    if draft.meta.deleted() {
        return Ok(());
    }
    drafts::write(change, keys, RecordId::generate(), &reborn(draft, actor))
}

/// As [`Vault::erase`](crate::Vault::erase): until the commit that forgets it, it is a deleted draft that nothing lists.
fn erase_again(change: &mut Change<'_>, keys: &Keys, id: RecordId, actor: ActorId) -> Result<(), Error> {
    let Ok(content) = drafts::current(change, keys, id) else { return Ok(()) };
    if !content.meta.deleted() {
        drafts::write(change, keys, id, &content.delete(actor, now()))?;
    }
    Ok(change.mark_erased(id, now())?)
}

/// Takes a record of the live set that others wrote. What this device had seen acknowledged goes into its draft first, so
/// that nothing of it is lost.
fn take_placed(
    change: &mut Change<'_>,
    keys: &Keys,
    placed: &Placed,
    actor: &mut ActorId,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let Placed { seq, record } = placed;
    let mine = drafts::legible(change.base(record.id))?;
    let opened = mine.and_then(|base| Some((keys.open(&base.record).ok()?, base.record)));
    let draft = draft_of(change, keys, record.id, actor, outcome)?;
    if let Some((known, mine)) = &opened {
        match (waits(draft.as_ref().map(|(_, draft)| draft), known), &draft) {
            // Not merged here. If the server's says less, it stays as a draft that waits for an update.
            (Waits::Known | Waits::Apart, draft) if known.is_newer() => {
                if !keys.open_meta(record).is_ok_and(|meta| rules::reconcile::says_all(known, &meta)) {
                    match draft {
                        Some(_) if change.is_erased(record.id)? => {}
                        Some((_, draft)) => apart(change, keys, mine, draft, *actor)?,
                        None => change.put_draft(mine, keys.tags(&known.meta), now())?,
                    }
                }
            }
            (Waits::Merged(content), _) => drafts::write(change, keys, record.id, &content)?,
            (Waits::Known, _) => drafts::write(change, keys, record.id, known)?,
            (Waits::Draft | Waits::Apart, _) => {}
        }
    }
    let told = outcome.notices.len();
    take(change, keys, record, *seq, actor, outcome)?;
    if draft.is_none() {
        // What was acknowledged here was nobody's delete of this device's, so that nothing of its own is back.
        let mut at = 0;
        outcome.notices.retain(|notice| {
            at += 1;
            at <= told || !matches!(notice, Notice::Back { erased: false, .. })
        });
    }
    Ok(())
}
