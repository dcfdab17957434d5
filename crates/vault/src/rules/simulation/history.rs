//! One history: what happens, and its end.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use keymoor_protocol::{ActorId, RecordId};

use super::book::Wrong;
use super::device::{Cache, Device, Keychain};
use super::keychain::{lose_cache, mirror, put_back};
use super::sync::{first_commit, sync};
use super::user;
use super::world::{Events, Stop, Tally, World};
use crate::content::{Content, field};
use crate::rules::names::display;

const DEVICES: usize = 3;
const STEPS: usize = 45;
/// Rounds of syncs after which everything has to be at rest.
const ROUNDS: usize = 8;

/// Plays one history.
pub(super) fn history(seed: u64, events: Events, told: bool) -> (Tally, Result<(), Wrong>) {
    let mut world = World::new(seed, events);
    world.told = told;
    first_commit(&mut world);
    let mut devices: Vec<Option<Device>> = (0..DEVICES).map(|_| Some(device(&mut world))).collect();
    let mut copies = vec![world.server.clone()];
    for _ in 0..STEPS {
        if let Err(wrong) = step(&mut devices, &mut world, &mut copies) {
            return (world.tally, Err(wrong));
        }
    }
    let judged = settle(&mut devices, &mut world).and_then(|end| {
        let all_kept = !(events.server_put_back || events.keychain_lags || events.caches_put_back);
        world.book.judge(&end, all_kept)
    });
    (world.tally, judged)
}

fn device(world: &mut World) -> Device {
    let cache = Cache::new(ActorId(world.dice.id()));
    // Most clocks are right; some are days apart, and decide nothing.
    let skew = if world.dice.percent(60) { 0 } else { world.dice.below(15) as i64 - 7 };
    Device { cache, keychain: Keychain::default(), image: None, skew }
}

fn step(
    devices: &mut [Option<Device>],
    world: &mut World,
    copies: &mut Vec<super::server::Server>,
) -> Result<(), Wrong> {
    if !world.delayed.is_empty() && world.dice.percent(30) {
        let late = world.delayed.remove(0);
        if matches!(world.server.push(&late), super::server::Answer::Taken(_)) {
            world.tally.add("commits that came late");
        }
    }
    let at = world.dice.below(DEVICES);
    let dice = world.dice.below(1000);
    let events = world.events;
    let mut device = devices[at].take().unwrap_or_else(|| device(world));
    let done = match dice {
        0..330 => user::edit(&mut device, world),
        330..390 => user::delete(&mut device, world),
        390..410 => user::restore(&mut device, world),
        410..430 => user::revert(&mut device, world),
        430..455 => user::erase(&mut device, world),
        455..835 => sync_among(&mut device, devices, world),
        835..865 => {
            copies.push(world.server.clone());
            Ok(())
        }
        865..892 if events.server_put_back => {
            let recent = copies.len().saturating_sub(3);
            world.server = copies[recent + world.dice.below(copies.len() - recent)].clone();
            world.tally.add("servers put back");
            reckon(devices.iter().flatten().chain([&device]), world);
            Ok(())
        }
        892..915 if events.caches_wiped => {
            lose_cache(&mut device, world);
            reckon(devices.iter().flatten().chain([&device]), world);
            Ok(())
        }
        915..933 if events.caches_put_back => {
            device.image = Some(device.cache.clone());
            Ok(())
        }
        933..957 if events.caches_put_back => {
            if let Some(image) = device.image.take() {
                let noticed = world.dice.percent(50);
                put_back(&mut device, image, world, noticed);
                reckon(devices.iter().flatten().chain([&device]), world);
            }
            Ok(())
        }
        957..986 if events.time_passes => {
            world.day += 100;
            Ok(())
        }
        986..1000 if events.time_passes => {
            world.server.prune();
            Ok(())
        }
        _ => Ok(()),
    };
    world.tell(|| format!("device {at} {}: {done:?}; server at {}", what(dice), world.server.head().seq));
    tell_records(&device, world);
    devices[at] = Some(device);
    match done {
        Err(Stop::Alarm(alarm)) => Err(Wrong::Alarm(format!("{alarm:?}"))),
        _ => Ok(()),
    }
}

/// What a roll of the dice means.
fn what(dice: usize) -> &'static str {
    match dice {
        0..330 => "edits",
        330..390 => "deletes",
        390..410 => "restores",
        410..430 => "reverts",
        430..455 => "erases",
        455..835 => "syncs",
        835..865 => "(the server is copied)",
        865..892 => "(the server is put back)",
        892..915 => "loses its cache",
        915..933 => "is copied",
        933..957 => "is put back",
        957..986 => "waits for 100 days",
        _ => "(the server prunes)",
    }
}

fn tell_records(device: &Device, world: &World) {
    for id in device.cache.ids() {
        world.tell(|| {
            let of = |record: &keymoor_protocol::Record| short(&world.sealer.open(record));
            let base = device.cache.base.get(&id).map(|base| format!("{} {}", base.seq, of(&base.record)));
            let draft = device.cache.drafts.get(&id).map(of);
            format!("    {:.8} base {base:?} draft {draft:?}", id.to_string())
        });
    }
}

fn short(content: &Content) -> String {
    let seen = content.meta.seen.iter().map(|(actor, n)| format!("{:.4}:{n}", actor.to_string()));
    let fields = content.meta.fields.iter().filter(|(name, _)| *name != field::PROVIDER);
    let entry = |entry: &crate::content::Entry| {
        let text = match entry.value.key() {
            None => entry.value.text().trim_start_matches("value-").to_owned(),
            Some(parts) => parts.values().map(|shadow| shadow.last_four.clone()).collect(),
        };
        format!("{text}@{}{:.4}", entry.stamp.counter, entry.stamp.actor.to_string())
    };
    let fields =
        fields.map(|(name, all)| format!("{name}={}", all.iter().map(entry).collect::<Vec<_>>().join("|")));
    let deleted = if content.meta.deleted() { "DELETED " } else { "" };
    format!("{deleted}{} [{}]", fields.collect::<Vec<_>>().join(" "), seen.collect::<Vec<_>>().join(" "))
}

/// A sync of one device, in whose middle another one may sync.
fn sync_among(device: &mut Device, devices: &mut [Option<Device>], world: &mut World) -> Result<(), Stop> {
    let mut alarm = None;
    let done = sync(device, world, &mut |world| {
        if world.nested || !world.rough || !world.dice.percent(20) {
            return;
        }
        world.nested = true;
        let others: Vec<usize> = (0..devices.len()).filter(|at| devices[*at].is_some()).collect();
        if let Some(at) = world.dice.pick(&others).copied()
            && let Some(mut other) = devices[at].take()
        {
            if let Err(stop @ Stop::Alarm(_)) = sync(&mut other, world, &mut |_| {}) {
                alarm = Some(stop);
            }
            devices[at] = Some(other);
        }
        world.nested = false;
    });
    match (alarm, done) {
        (Some(alarm), _) => Err(alarm),
        (None, done) => done,
    }
}

/// What all homes have, after some of them lost something.
fn reckon<'a>(devices: impl Iterator<Item = &'a Device>, world: &mut World) {
    let mut kept: Vec<(RecordId, Rc<Content>)> = Vec::new();
    for device in devices {
        let cache = &device.cache;
        let copies = device.keychain.copies.iter();
        let copies =
            copies.flat_map(|(_, copy)| copy.draft.iter().chain(copy.base.iter().map(|base| &base.record)));
        let layers = cache.drafts.values().chain(cache.base.values().map(|base| &base.record));
        let frozen = cache.frozen.iter().flat_map(|push| &push.records);
        kept.extend(copies.chain(layers).chain(frozen).map(|record| (record.id, world.sealer.open(record))));
    }
    let there = world.server.live.values().map(|placed| &placed.record);
    kept.extend(there.map(|record| (record.id, world.sealer.open(record))));
    let kept: Vec<(RecordId, &Content)> = kept.iter().map(|(id, content)| (*id, &**content)).collect();
    world.book.reckon(&kept);
}

/// Everything syncs until nothing moves any more; returns what all homes then agree on.
fn settle(devices: &mut [Option<Device>], world: &mut World) -> Result<BTreeMap<RecordId, Content>, Wrong> {
    world.rough = false;
    world.delayed.clear();
    let mut rounds = 0;
    loop {
        let before = world.server.head();
        for device in devices.iter_mut().flatten() {
            if let Err(stop) = sync(device, world, &mut |_| {}) {
                return Err(Wrong::Alarm(format!("at the end: {stop:?}")));
            }
            let _ = mirror(device, world);
        }
        rounds += 1;
        let rest =
            devices.iter().flatten().all(|device| !device.cache.rebuilt && device.cache.frozen.is_none());
        if world.server.head() == before && rest {
            break;
        }
        if rounds > ROUNDS {
            return Err(Wrong::Loops);
        }
    }
    let end: BTreeMap<RecordId, Content> = world
        .server
        .live
        .iter()
        .map(|(id, placed)| (*id, (*world.sealer.open(&placed.record)).clone()))
        .collect();
    let there: BTreeMap<_, _> =
        world.server.live.iter().map(|(id, placed)| (*id, placed.record.digest())).collect();
    for device in devices.iter().flatten() {
        let cache = &device.cache;
        let here: BTreeMap<_, _> = cache.base.iter().map(|(id, base)| (*id, base.record.digest())).collect();
        let copies = device.keychain.copies.iter();
        let mirrored: BTreeMap<_, _> =
            copies.filter_map(|(id, copy)| Some((*id, copy.base.as_ref()?.record.digest()))).collect();
        if here != there || !cache.drafts.is_empty() || !cache.erased.is_empty() {
            return Err(Wrong::Diverged("a cache".to_owned()));
        }
        if mirrored != there {
            return Err(Wrong::Diverged(format!("a keychain: {:?} and {:?}", mirrored.keys(), there.keys())));
        }
    }
    names_differ(devices, world)?;
    Ok(end)
}

/// Every device shows every record by the same name, and no two by one.
fn names_differ(devices: &[Option<Device>], world: &mut World) -> Result<(), Wrong> {
    let mut first: Option<BTreeMap<RecordId, String>> = None;
    for device in devices.iter().flatten() {
        let mut names = BTreeMap::new();
        for id in device.cache.ids() {
            let Some(record) = device.cache.current(id) else { continue };
            let content = world.sealer.open(record);
            if !content.meta.deleted() {
                let name = content.meta.text(field::NAME);
                let holders = user::holders(&device.cache, world, name);
                if holders.len() > 1 {
                    world.tally.add("names shared");
                }
                names.insert(id, display(name, id, &holders));
            }
        }
        let different: BTreeSet<&String> = names.values().collect();
        if different.len() != names.len() || first.get_or_insert_with(|| names.clone()) != &names {
            return Err(Wrong::Diverged(format!("names: {names:?}")));
        }
    }
    Ok(())
}
