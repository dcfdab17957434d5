//! The keychain's copies: written after the cache, and what a lost cache is rebuilt from.

use std::collections::BTreeSet;

use keymoor_protocol::{ActorId, RecordId};

use super::device::{Base, Cache, Copy, Device};
use super::world::{Stop, World};
use crate::content::merge;
use crate::homes::entries::Mark;
use crate::rules::copies::{begins_at, layers};
use crate::rules::take::{Left, left};

/// Writes a record's copy, the mark before it.
pub(super) fn keep(device: &mut Device, world: &World, id: RecordId) {
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
pub(super) fn meet_mark(device: &mut Device, world: &mut World) {
    let Some(mark) = device.keychain.mark else { return };
    if device.cache.mark != Some(mark) && mark.seq > device.cache.cursor.seq {
        world.tally.add("put back caches noticed by the mark");
        let image = device.cache.clone();
        rebuild(device, Some(image), world);
    }
}

/// The cache is gone, and made anew from the keychain.
pub(super) fn lose_cache(device: &mut Device, world: &mut World) {
    rebuild(device, None, world);
    world.tally.add("caches wiped");
}

/// An older copy of the cache lies where the cache was, and this is noticed: it is made anew from the keychain and from that.
pub(super) fn put_back_noticed(device: &mut Device, image: Cache, world: &mut World) {
    rebuild(device, Some(image), world);
    world.tally.add("caches put back and noticed");
}

fn rebuild(device: &mut Device, image: Option<Cache>, world: &mut World) {
    let actor = ActorId(world.dice.id());
    let mut cache = Cache::new(actor);
    cache.cursor = begins_at(device.keychain.mark);
    cache.mark = device.keychain.mark;
    cache.heads.insert(cache.cursor.seq, cache.cursor.head);
    cache.rebuilt = true;
    if let Some(image) = &image {
        cache.former.extend(image.former.iter().chain([&image.actor]));
    }
    let image = image.unwrap_or(Cache::new(actor));
    let ids: BTreeSet<RecordId> = device.keychain.copies.keys().copied().chain(image.ids()).collect();
    for id in ids {
        let copy = device.keychain.copies.get(&id);
        if image.ids().contains(&id) {
            cache.unmirrored.insert(id); // the keychain may have less of it
        }
        let (base, draft) = copy.map_or((None, None), |copy| {
            let base = copy.base.as_ref().map(|base| (&base.record, base.seq));
            layers(base, copy.draft.as_ref())
        });
        let older = image.base.get(&id).map(|base| (&base.record, base.seq));
        let base = base.into_iter().chain(older).max_by_key(|(_, seq)| *seq);
        if let Some((record, seq)) = base {
            cache.base.insert(id, Base { record: record.clone(), seq });
            if record.deleted {
                cache.held.insert(id, world.day);
            }
        }
        let drafts = draft.into_iter().chain(image.drafts.get(&id));
        let drafts: Vec<_> = drafts.map(|draft| world.sealer.open(draft)).collect();
        let merged = drafts.iter().map(|draft| (**draft).clone()).reduce(|all, one| merge(&all, &one));
        let base = base.map(|(record, _)| world.sealer.open(record));
        match (merged, base) {
            (Some(merged), Some(base)) => {
                if let Left::Draft(draft) = left(Some(&merged), &base) {
                    cache.put_draft(world, id, &draft);
                }
            }
            (Some(merged), None) => cache.put_draft(world, id, &merged),
            (None, _) => {}
        }
        let erased = copy.is_some_and(|copy| copy.erased) || image.erased.contains(&id);
        if erased && cache.current(id).is_some_and(|record| record.deleted) {
            cache.erased.insert(id);
        }
    }
    device.cache = cache;
}
