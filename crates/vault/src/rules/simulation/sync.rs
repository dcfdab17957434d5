//! A sync: [`Exchange`] says what comes next, and each answer is done in one local transaction.

use std::collections::BTreeMap;

use keymoor_protocol::api::{Placed, Push};
use keymoor_protocol::state::StateHash;
use keymoor_protocol::{Commit, Cursor, DeviceId, Kind, RecordId};
use keymoor_sealing::commit::sign;

use super::Without;
use super::device::{Cache, Device};
use super::keychain::{meet_mark, mirror, read_first};
use super::server::{Answer, Pulled, state_of};
use super::world::{Fate, Stop, World};
use crate::error::{Alarm, ServerProblem};
use crate::rules::chain::{Known, Proved, Proving};
use crate::rules::exchange::{Exchange, Next};
use crate::rules::forgetting::{self, Held};
use crate::rules::gone::{Erasure, erasure};
use crate::rules::page::{self, Step};
use crate::rules::push::{self, Ready};
use crate::rules::reconcile::{self, At};

/// Syncs one device. `between` lets another one sync in the middle.
pub(super) fn sync(
    device: &mut Device,
    world: &mut World,
    between: &mut dyn FnMut(&mut World),
) -> Result<(), Stop> {
    read_first(device, world)?;
    meet_mark(device, world)?;
    let mut exchange = Exchange::begin(device.cache.rebuilt);
    let mut known = None;
    loop {
        world.tell(|| format!("  {:?} at {}", exchange.next(), device.cache.cursor.seq));
        match exchange.next().clone() {
            Next::Pull => {
                world.ask()?;
                let (mut at, was_cut_off) =
                    known.take().unwrap_or_else(|| (known_here(device, world), cut_off(&device.cache)));
                match world.server.pull(at.cursor) {
                    Pulled::Page(page) => {
                        let more = page.more;
                        let verified = page::verify(&world.root, &mut at, page).map_err(Stop::Alarm)?;
                        if more {
                            world.tally.add("pulls of several pages");
                        }
                        let before = device.cache.clone();
                        match apply(device, world, verified) {
                            // An earlier pull was cut off between two pages, and the server then lost the later ones.
                            Err(Stop::Alarm(Alarm::StateWrong)) if was_cut_off => {
                                device.cache = before;
                                exchange.does_not_follow();
                            }
                            applied => {
                                applied?;
                                known = more.then_some((at, was_cut_off));
                                world.crash("after a page")?;
                                exchange.applied(more);
                            }
                        }
                    }
                    Pulled::Diverged => {
                        world.tally.add("divergences");
                        exchange.does_not_follow();
                    }
                    Pulled::SnapshotRequired => {
                        world.tally.add("pruned history met");
                        exchange.does_not_follow();
                    }
                }
            }
            Next::Snapshot => {
                world.tally.add("snapshots");
                known = None;
                snapshot(device, world, between)?;
                world.crash("after a snapshot")?;
                exchange.reconciled();
            }
            Next::Look => {
                mirror(device, world)?;
                let cache = &device.cache;
                let waits = cache.frozen.is_some() || !cache.drafts.is_empty() || !cache.erased.is_empty();
                exchange.looked(waits || !due(device, world).is_empty());
            }
            Next::Freeze => {
                let frozen = freeze(device, world);
                world.crash("after freezing")?;
                exchange.froze(frozen);
            }
            Next::Push => {
                let Some(push) = device.cache.frozen.clone() else { return Err(Stop::Crash) };
                between(world);
                let answer = send(world, &push)?;
                world.crash("after the server's answer")?;
                match answer {
                    Answer::Taken(_) => {
                        device.cache.accept(world);
                        adds_up(&device.cache)?;
                        world.crash("after a commit was accepted")?;
                        exchange.accepted();
                    }
                    Answer::HeadMoved => {
                        world.tally.add("heads moved");
                        exchange.head_moved();
                    }
                    Answer::Invalid => {
                        device.cache.frozen = None;
                        exchange.refused(ServerProblem::CommitRefused, &push);
                    }
                }
            }
            Next::Done(None) => return Ok(()),
            Next::Done(Some(_)) => return Err(Stop::Offline),
        }
    }
}

fn send(world: &mut World, push: &Push) -> Result<Answer, Stop> {
    match world.fate() {
        Fate::RequestLost => Err(Stop::Offline),
        Fate::RequestDelayed => {
            world.delayed.push(push.clone());
            Err(Stop::Offline)
        }
        Fate::AnswerLost => {
            if let Answer::Taken(_) = world.server.push(push) {
                world.tally.add("answers lost");
            }
            Err(Stop::Offline)
        }
        Fate::Arrives => Ok(world.server.push(push)),
    }
}

fn known_here(device: &Device, world: &World) -> Known {
    let epoch = u32::from(device.cache.cursor.seq > 0);
    let document_version = u64::from(device.cache.cursor.seq > 0);
    Known { cursor: device.cache.cursor, epoch, document_version, ..Known::start(world.vault) }
}

/// Rule 3: the page and the cursor, in one local transaction.
fn apply(device: &mut Device, world: &mut World, page: page::Verified) -> Result<(), Stop> {
    let (last, moved) = (page.is_last(), !page.is_empty());
    let cache = &mut device.cache;
    let steps = page.steps(cache.frozen.as_ref().map(|push| &push.signed));
    if Without::PageWithCursor.is_on() {
        for step in &steps {
            if let Step::Link(link) = step {
                cache.link(link.cursor, link.signed.clone());
            }
        }
        world.crash("between cursor and page")?;
    }
    for step in steps {
        match step {
            Step::Link(link) => {
                if cache.heads.get(&link.cursor.seq).is_some_and(|head| *head != link.cursor.head) {
                    return Err(Stop::Alarm(Alarm::RolledBack));
                }
                cache.link(link.cursor, link.signed);
            }
            Step::Accepted(_) => {
                world.tally.add("accepted unheard");
                cache.accept(world);
            }
            Step::Forget(id) => cache.forget(world, id),
            Step::Take(record, seq) => cache.take(world, &record, seq),
        }
    }
    if moved {
        cache.frozen = None;
    }
    if last { adds_up(&device.cache) } else { Ok(()) }
}

fn cut_off(cache: &Cache) -> bool {
    matches!(adds_up(cache), Err(Stop::Alarm(Alarm::StateWrong)))
}

fn adds_up(cache: &Cache) -> Result<(), Stop> {
    if cache.heads.last_key_value().is_some_and(|(seq, _)| *seq > cache.cursor.seq) {
        return Err(Stop::Alarm(Alarm::RolledBack));
    }
    match cache.chain.get(&cache.cursor.seq) {
        Some(newest) if newest.commit().unwrap().state != state_here(cache) => {
            Err(Stop::Alarm(Alarm::StateWrong))
        }
        _ => Ok(()),
    }
}

fn state_here(cache: &Cache) -> StateHash {
    state_of(cache.base.values().map(|base| &base.record))
}

/// Takes a snapshot; one that was cut goes on where it was.
fn snapshot(device: &mut Device, world: &mut World, between: &mut dyn FnMut(&mut World)) -> Result<(), Stop> {
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

/// Tombstones that this device has held long enough, by its own clock where the server's date is about the same.
fn due(device: &Device, world: &World) -> Vec<RecordId> {
    const DAY: u64 = 24 * 60 * 60 * 1000;
    let (here, there) = (world.day.saturating_add_signed(device.skew) * DAY, world.day * DAY);
    let Some(now) = forgetting::agreed(here, Some(there)) else { return Vec::new() };
    let held = device.cache.held.iter().filter(|(id, _)| !device.cache.drafts.contains_key(id));
    let held: Vec<Held> = held.map(|(id, since)| Held { id: *id, since: since * DAY }).collect();
    forgetting::due(&held, now)
}

/// Rule 2: the exact bytes of the next commit, kept before they are sent.
fn freeze(device: &mut Device, world: &mut World) -> bool {
    if device.cache.frozen.is_some() {
        return true;
    }
    for id in device.cache.erased.clone() {
        match erasure(device.cache.base.contains_key(&id), device.cache.elsewhere.contains(&id)) {
            Erasure::Forget => {}
            Erasure::DeleteOnly => drop(device.cache.erased.remove(&id)),
            Erasure::Drop => {
                // Nobody to tell, as far as can be known here: a server that was put back had it for a while.
                world.book.tombstone_forgotten(id);
                device.cache.forget_all(id);
            }
        }
    }
    let mut records = Vec::new();
    for id in device.cache.drafts.keys().copied().collect::<Vec<_>>() {
        if device.cache.erased.contains(&id) {
            continue;
        }
        let draft = world.sealer.open(&device.cache.drafts[&id]);
        let base = device.cache.base.get(&id).map(|base| world.sealer.open(&base.record));
        match push::ready(&draft, base.as_deref()) {
            Ready::Yes => {}
            Ready::Merged(merged) => device.cache.put_draft(world, id, &merged),
            Ready::Goes => drop(device.cache.drafts.remove(&id)),
            Ready::Waits | Ready::Carried => continue,
        }
        records.extend(device.cache.drafts.get(&id).cloned());
    }
    let mut gone = device.cache.erased.clone();
    for id in due(device, world) {
        world.tally.add("tombstones forgotten");
        gone.insert(id);
    }
    gone.iter().for_each(|id| world.book.tombstone_forgotten(*id));
    let cache = &device.cache;
    let gone: Vec<_> = gone.into_iter().map(|id| (id, cache.base[&id].record.version)).collect();
    let changes = push::changes(&records, &gone);
    if changes.is_empty() {
        return false;
    }
    let mut after: BTreeMap<RecordId, _> =
        cache.base.iter().map(|(id, base)| (*id, base.record.clone())).collect();
    after.extend(records.iter().map(|record| (record.id, record.clone())));
    gone.iter().for_each(|(id, _)| drop(after.remove(id)));
    let commit = Commit {
        vault: world.vault,
        seq: cache.cursor.seq + 1,
        parent: cache.cursor.head,
        device: DeviceId([1; 16]),
        epoch: 1,
        document_version: 1,
        written_at: 0,
        changes,
        state: state_of(after.values()),
    };
    device.cache.frozen = Some(Push { signed: sign(&world.root, &commit), records });
    true
}

/// Commit 1, which whoever makes the account pushes.
pub(super) fn first_commit(world: &mut World) -> Cursor {
    let commit = Commit {
        vault: world.vault,
        seq: 1,
        parent: Cursor::START.head,
        device: DeviceId([1; 16]),
        epoch: 1,
        document_version: 1,
        written_at: 0,
        changes: Vec::new(),
        state: state_of([].into_iter()),
    };
    world.server.push(&Push { signed: sign(&world.root, &commit), records: Vec::new() });
    world.server.head()
}
