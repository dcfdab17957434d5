//! The keychain's copies: written after the cache, what a lost cache is rebuilt from, and what one that was put back from an
//! older copy catches up with.

use std::rc::Rc;

use keymoor_protocol::{ActorId, Cursor, Record, RecordId};

use super::Without;
use super::device::{Base, Cache, Copy, Device};
use super::world::{Stop, World};
use crate::content::Content;
use crate::homes::entries::Mark;
use crate::rules::copies::{Draft, Home, Layers, Lives, begins_at, meet};

/// Writes a record's copy, the mark before it. Nothing, where the keychain is still to be read and out of reach.
pub(super) fn keep(device: &mut Device, world: &mut World, id: RecordId) {
    if read_first(device, world).is_err() {
        return;
    }
    mark(device, world);
    let cache = &mut device.cache;
    let (base, draft) = (cache.base.get(&id).cloned(), cache.drafts.get(&id).cloned());
    if base.is_none() && draft.is_none() {
        device.keychain.copies.remove(&id);
    } else {
        let erased = cache.erased.contains(&id);
        device.keychain.copies.insert(id, Copy { base, draft, erased });
    }
    cache.unmirrored.remove(&id);
}

/// Writes the copies that are behind.
pub(super) fn mirror(device: &mut Device, world: &mut World) -> Result<(), Stop> {
    if world.events.keychain_lags && world.rough && world.dice.percent(40) {
        return Ok(()); // it runs in the background
    }
    for id in device.cache.unmirrored.clone() {
        keep(device, world, id);
        world.crash("between two copies in the keychain")?;
    }
    mark(device, world);
    Ok(())
}

fn mark(device: &mut Device, world: &World) {
    let of = |cursor| Mark { vault: world.vault, epoch: 1, document_version: 1, cursor };
    let here = of(device.cache.cursor);
    let next = here.after(device.keychain.mark.map(of), device.cache.mark.map(of)).cursor;
    device.keychain.mark = Some(next);
    if next == here.cursor {
        device.cache.mark = Some(next);
    }
}

/// The keychain's mark against a cache that may be an older copy: it takes over what the keychain has.
pub(super) fn meet_mark(device: &mut Device, world: &mut World) -> Result<(), Stop> {
    let Some(mark) = device.keychain.mark else { return Ok(()) };
    if device.cache.mark != Some(mark) && mark.seq > device.cache.cursor.seq {
        world.tally.add("put back caches noticed by the mark");
        let old = device.cache.new_actor(world);
        device.cache.unread.get_or_insert_default().push(old);
        catch_up(device, world, Some(mark))?;
    }
    Ok(())
}

/// The cache is gone, and made anew from the keychain.
pub(super) fn lose_cache(device: &mut Device, world: &mut World) {
    let mut cache = Cache::new(ActorId(world.dice.id()));
    cache.cursor = begins_at(device.keychain.mark);
    cache.mark = device.keychain.mark;
    cache.heads.insert(cache.cursor.seq, cache.cursor.head);
    cache.rebuilt = true;
    for (id, copy) in &device.keychain.copies {
        put(&mut cache, world, *id, copy, &[]);
    }
    device.cache = cache;
    world.tally.add("caches wiped");
}

/// An older copy of the cache lies where the cache was. Noticed, it is another actor before anything else happens.
pub(super) fn put_back(device: &mut Device, image: Cache, world: &mut World, noticed: bool) {
    device.cache = image;
    if noticed {
        world.tally.add("caches put back and noticed");
        if !Without::ActorFirst.is_on() {
            device.cache.new_actor(world);
        }
        device.cache.unread = Some(Vec::new());
        let _ = read_first(device, world); // where it is out of reach, whoever writes to it tries again
    } else {
        world.tally.add("caches put back");
        // Its copies are as old as the cache then: what they alone had, it would write over one by one (docs/sync.md).
        device.keychain.copies = device.cache.copies();
        device.cache.blind = true;
    }
}

pub(super) fn read_first(device: &mut Device, world: &mut World) -> Result<(), Stop> {
    if device.cache.unread.is_none() { Ok(()) } else { catch_up(device, world, None) }
}

/// Takes over what the keychain has, in one local transaction.
fn catch_up(device: &mut Device, world: &mut World, mark: Option<Cursor>) -> Result<(), Stop> {
    if world.events.keychain_lags && world.rough && world.dice.percent(40) {
        world.tally.add("keychains out of reach of an older cache");
        return Err(Stop::Offline);
    }
    let cache = &mut device.cache;
    let doubted = cache.unread.take().unwrap_or_default();
    for (id, copy) in &device.keychain.copies {
        let unmirrored = cache.unmirrored.contains(id);
        if unmirrored && cache.current(*id).is_none() {
            continue; // forgotten here, and its copy is still to go
        }
        put(cache, world, *id, copy, if unmirrored { &doubted } else { &[] });
    }
    if let Some(mark) = mark {
        (cache.cursor, cache.rebuilt, cache.mark) = (mark, true, Some(mark));
    }
    Ok(())
}

/// What cache and keychain have of a record, put together in the cache.
fn put(cache: &mut Cache, world: &mut World, id: RecordId, copy: &Copy, doubted: &[ActorId]) {
    let opened = |base: Option<&Base>, draft: Option<&Record>| {
        let base = base.map(|base| (world.sealer.open(&base.record), base.seq));
        (base, draft.map(|draft| world.sealer.open(draft)))
    };
    let here = opened(cache.base.get(&id), cache.drafts.get(&id));
    let there = opened(copy.base.as_ref(), copy.draft.as_ref());
    let lives = Lives { former: doubted, now: cache.actor };
    let met = meet(layers(&here, cache.erased.contains(&id)), layers(&there, copy.erased), lives);
    if let (Some(Home::Keychain), Some(base)) = (met.base, &copy.base) {
        if base.record.deleted {
            cache.held.entry(id).or_insert(world.day);
        } else {
            cache.held.remove(&id);
        }
        cache.base.insert(id, base.clone());
        cache.unmirrored.insert(id);
    }
    match met.draft {
        Draft::Nothing => {
            if cache.drafts.remove(&id).is_some() {
                cache.unmirrored.insert(id);
            }
        }
        Draft::Of(Home::Cache) => {}
        Draft::Of(Home::Keychain) => {
            // Without what the copy says was acknowledged, that is the draft.
            let draft = copy.draft.clone().or(copy.base.as_ref().map(|base| base.record.clone()));
            cache.drafts.extend(draft.map(|draft| (id, draft)));
        }
        Draft::Is(content) => {
            if let (Some(mine), false) = (&here.1, doubted.is_empty()) {
                world.book.doubts(id);
                world.book.renamed((id, mine), (id, &content));
            }
            cache.put_draft(world, id, &content);
        }
    }
    if met.erased {
        cache.erased.insert(id);
    } else {
        cache.erased.remove(&id);
    }
}

/// A home's layers, opened.
type Opened = (Option<(Rc<Content>, u64)>, Option<Rc<Content>>);

fn layers((base, draft): &Opened, erased: bool) -> Layers<'_> {
    Layers { base: base.as_ref().map(|(base, seq)| (&**base, *seq)), draft: draft.as_deref(), erased }
}
