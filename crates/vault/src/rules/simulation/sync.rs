//! A sync: [`Exchange`] says what comes next, and each answer is done in one local transaction.

use std::collections::BTreeMap;

use keymoor_protocol::api::Push;
use keymoor_protocol::state::StateHash;
use keymoor_protocol::{Commit, Cursor, DeviceId, RecordId};
use keymoor_sealing::commit::sign;

use super::Without;
use super::device::{Cache, Device};
use super::keychain::{meet_mark, mirror, read_first};
use super::server::{Answer, Pulled, state_of};
use super::snapshot::snapshot;
use super::world::{Fate, Stop, World};
use crate::error::{Alarm, ServerProblem};
use crate::rules::chain::Known;
use crate::rules::exchange::{Exchange, Next};
use crate::rules::forgetting::{self, Held};
use crate::rules::gone::{Erasure, erasure};
use crate::rules::page::{self, Step};
use crate::rules::push::{self, Ready};

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

pub(super) fn adds_up(cache: &Cache) -> Result<(), Stop> {
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
