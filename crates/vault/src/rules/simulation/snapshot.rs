//! A snapshot: the live set in pages, the chain proved, then one local transaction.

use keymoor_protocol::api::Placed;
use keymoor_protocol::{Commit, Kind, RecordId};

use super::device::Device;
use super::server::{Pulled, state_of};
use super::sync::adds_up;
use super::world::{Stop, World};
use crate::error::Alarm;
use crate::rules::chain::{Known, Proved, Proving};
use crate::rules::reconcile::{self, At};

/// Takes a snapshot; one that was cut goes on where it was.
pub(super) fn snapshot(
    device: &mut Device,
    world: &mut World,
    between: &mut dyn FnMut(&mut World),
) -> Result<(), Stop> {
    let goes_on = device.cache.staging.is_some();
    match take_snapshot(device, world, between) {
        Err(Stop::Alarm(alarm)) => {
            device.cache.staged.clear();
            device.cache.staging = None;
            if goes_on { take_snapshot(device, world, between) } else { Err(Stop::Alarm(alarm)) }
        }
        done => {
            if goes_on && done.is_ok() {
                world.tally.add("snapshots that went on");
            }
            done
        }
    }
}

/// The live set, staged; the chain, proved; then one local transaction.
fn take_snapshot(
    device: &mut Device,
    world: &mut World,
    between: &mut dyn FnMut(&mut World),
) -> Result<(), Stop> {
    let goes_on = device.cache.staging;
    let (head, mut next) = goes_on.unwrap_or((world.server.head(), None));
    while device.cache.staging.is_none_or(|(_, next)| next.is_some()) {
        world.ask()?;
        let (page, after) = world.server.snapshot(next);
        device.cache.staged.extend(page.into_iter().map(|placed| (placed.record.id, placed)));
        device.cache.staging = Some((head, after));
        world.crash("after a staged page")?;
        next = after;
        if next.is_some() {
            between(world);
        }
    }
    let mut known = Known { cursor: head, ..Known::start(world.vault) };
    loop {
        let Pulled::Page(page) = world.server.pull(known.cursor) else {
            // Put back or pruned since the first page.
            return Err(if goes_on.is_some() { Stop::Alarm(Alarm::ChainBroken) } else { Stop::Offline });
        };
        for push in page.commits {
            let commit = known.follow(&world.root, &push.signed).map_err(Stop::Alarm)?;
            for record in push.records {
                device.cache.staged.insert(record.id, Placed { seq: commit.seq, record });
            }
            for gone in commit.changes.iter().filter(|change| change.kind == Kind::Forgotten) {
                device.cache.staged.remove(&gone.record);
            }
        }
        if !page.more {
            break;
        }
    }
    let mut proving = Proving::begin(world.vault, known.cursor);
    while let Some(from) = proving.next() {
        proving.follow(&world.root, world.server.chain(from)).map_err(Stop::Alarm)?;
    }
    let mut heads = device.cache.heads.clone();
    heads.insert(device.cache.cursor.seq, device.cache.cursor.head);
    let proved = proving.end(&heads, device.cache.cursor.seq).map_err(Stop::Alarm)?;
    if state_of(device.cache.staged.values().map(|placed| &placed.record)) != proved.state {
        world.tell(|| format!("staged {:?}", device.cache.staged.keys()));
        return Err(Stop::Alarm(Alarm::StateWrong));
    }
    reconcile(device, world, &proved)
}

fn reconcile(device: &mut Device, world: &mut World, proved: &Proved) -> Result<(), Stop> {
    let cache = &mut device.cache;
    let mut common = proved.ancestor;
    let (cursor, frozen) = (cache.cursor, cache.frozen.as_ref().map(|push| &push.signed));
    if frozen.is_some_and(|frozen| proved.has(frozen)) {
        world.tally.add("accepted unheard");
        cache.accept(world);
        common = common.max(cache.cursor.seq);
    }
    let mut staged = std::mem::take(&mut cache.staged);
    cache.staging = None;
    let at = |seq, record: &keymoor_protocol::Record| At { seq, digest: record.digest() };
    let live = staged.iter().map(|(id, placed)| (*id, at(placed.seq, &placed.record))).collect();
    let base = cache.base.iter().map(|(id, base)| (*id, at(base.seq, &base.record))).collect();
    let drafts: Vec<RecordId> = cache.drafts.keys().copied().collect();
    let lost = cache.chain.iter().filter(|(seq, _)| **seq > proved.ancestor);
    let lost: Vec<Commit> = lost.map(|(_, signed)| signed.commit().unwrap()).collect();
    let erased: Vec<RecordId> = cache.erased.iter().copied().collect();
    let (drafts, erased, lost) = (&drafts[..], &erased[..], &lost[..]);
    let here = reconcile::Here { base: &base, drafts, erased, seq: cursor.seq, lost };
    for (id, step) in reconcile::steps(&here, &live, common, &proved.forgotten) {
        match step {
            reconcile::Step::Take => {
                let placed = staged.remove(&id).unwrap();
                if let Some(base) = cache.base.get(&id) {
                    let known = world.sealer.open(&base.record);
                    let draft = cache.drafts.get(&id).map(|draft| world.sealer.open(draft));
                    let content = reconcile::with_known(draft.as_deref(), &known);
                    cache.put_draft(world, id, &content);
                }
                cache.take(world, &placed.record, placed.seq);
            }
            reconcile::Step::Renumber(seq) => cache.base.get_mut(&id).unwrap().seq = seq,
            reconcile::Step::PutBack => {
                world.tally.add("records put back");
                let base = cache.base.remove(&id).unwrap();
                let known = world.sealer.open(&base.record);
                let draft = cache.drafts.get(&id).map(|draft| world.sealer.open(draft));
                let content = reconcile::with_known(draft.as_deref(), &known);
                cache.put_draft(world, id, &content);
                cache.elsewhere.insert(id);
            }
            reconcile::Step::MayBeElsewhere => drop(cache.elsewhere.insert(id)),
            reconcile::Step::Forget => cache.forget(world, id),
            reconcile::Step::EraseAgain => {
                world.tally.add("erasures done again");
                let placed = staged.remove(&id).unwrap();
                cache.take(world, &placed.record, placed.seq);
                let content = world.sealer.open(cache.current(id).unwrap());
                if !content.meta.deleted() {
                    let gone = (*content).clone().delete(cache.actor, 0);
                    world.book.acted(id, Some(&content), &gone);
                    cache.put_draft(world, id, &gone);
                }
                cache.erased.insert(id);
            }
        }
    }
    cache.heads.retain(|seq, _| *seq <= proved.ancestor);
    cache.chain.retain(|seq, _| *seq <= proved.ancestor);
    for (cursor, commit) in &proved.chain {
        cache.link(*cursor, commit.clone());
    }
    (cache.cursor, cache.rebuilt, cache.frozen) = (proved.known.cursor, false, None);
    adds_up(cache)
}
