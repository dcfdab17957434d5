//! What a user does on a device: each action is one local transaction, then the copy in the keychain.

use std::collections::BTreeSet;
use std::rc::Rc;

use keymoor_protocol::RecordId;

use super::device::{Cache, Device};
use super::keychain::keep;
use super::world::{Stop, World};
use crate::content::{Content, field};
use crate::rules::gone::erasure_waits;
use crate::rules::names::is_taken;

const PROVIDER: &str = "openai";
/// Few, so that two devices often give the same.
const NAMES: [&str; 4] = ["work", "home", "test", "old"];
/// About so many records at a time.
const RECORDS: usize = 5;

/// The records in use, or those in the trash, by id.
fn shown(cache: &Cache, world: &World, trashed: bool) -> Vec<(RecordId, Rc<Content>)> {
    let ids = cache.ids().into_iter().filter(|id| !cache.erased.contains(id));
    let contents = ids.filter_map(|id| Some((id, world.sealer.open(cache.current(id)?))));
    contents.filter(|(_, content)| content.meta.deleted() == trashed).collect()
}

/// The records in use with a provider and name.
pub(super) fn holders(cache: &Cache, world: &World, name: &str) -> Vec<RecordId> {
    let shown = shown(cache, world, false).into_iter();
    shown.filter(|(_, content)| content.meta.text(field::NAME) == name).map(|(id, _)| id).collect()
}

/// Days by this device's clock, in milliseconds.
fn now(device: &Device, world: &World) -> u64 {
    world.day.saturating_add_signed(device.skew) * 24 * 60 * 60 * 1000
}

/// One action on a record in use, or a new one.
pub(super) fn edit(device: &mut Device, world: &mut World) -> Result<(), Stop> {
    let there = shown(&device.cache, world, false);
    if there.len() < 1 + world.dice.below(RECORDS) {
        return add(device, world);
    }
    let Some((id, before)) = world.dice.pick(&there).cloned() else { return Ok(()) };
    let (now, value, free) = (now(device, world), world.value(), free_name(device, world, Some(id)));
    let mut action = (*before).clone().act(device.cache.actor, now);
    match (world.dice.below(6), before.meta.alternates().next()) {
        (0..4, Some((field, entries))) => {
            let entries: Vec<_> = entries.iter().collect();
            action.choose(field, entries[world.dice.below(entries.len())].value.clone());
            world.tally.add("conflicts settled");
        }
        (0, None) => action.set_text("field:url", &value),
        (1 | 2, None) => action.set_secrets(vec![("secret".to_owned(), value.into())], &BTreeSet::new()),
        (3, None) => action.add_labels(&[value].into()),
        (4, _) => action.set_text(field::NAME, &free),
        _ => action.set_text(field::NOTE, &value),
    }
    let after = action.finish();
    save(device, world, id, Some(&before), &after)
}

fn add(device: &mut Device, world: &mut World) -> Result<(), Stop> {
    let (now, value, name) = (now(device, world), world.value(), free_name(device, world, None));
    let id = RecordId(world.dice.id());
    let mut action = Content::empty(world.dice.id(), now).act(device.cache.actor, now);
    action.set_text(field::PROVIDER, PROVIDER);
    action.set_text(field::NAME, &name);
    action.set_secrets(vec![("secret".to_owned(), value.into())], &BTreeSet::new());
    let content = action.finish();
    save(device, world, id, None, &content)
}

/// A name that nobody here has: one of the few, or one more.
fn free_name(device: &Device, world: &mut World, except: Option<RecordId>) -> String {
    let name = NAMES[world.dice.below(NAMES.len())];
    let taken = is_taken(&holders(&device.cache, world, name), except);
    if taken { world.value() } else { name.to_owned() }
}

pub(super) fn delete(device: &mut Device, world: &mut World) -> Result<(), Stop> {
    let there = shown(&device.cache, world, false);
    let Some((id, before)) = world.dice.pick(&there).cloned() else { return Ok(()) };
    let after = (*before).clone().delete(device.cache.actor, now(device, world));
    world.tally.add("deletes");
    save(device, world, id, Some(&before), &after)
}

/// Out of the trash, under its name if that is free.
pub(super) fn restore(device: &mut Device, world: &mut World) -> Result<(), Stop> {
    let there = shown(&device.cache, world, true);
    let Some((id, before)) = world.dice.pick(&there).cloned() else { return Ok(()) };
    if is_taken(&holders(&device.cache, world, before.meta.text(field::NAME)), Some(id)) {
        return Ok(());
    }
    let mut action = (*before).clone().act(device.cache.actor, now(device, world));
    action.write_again();
    let after = action.finish();
    world.tally.add("restores");
    save(device, world, id, Some(&before), &after)
}

/// To an earlier content, under the present name.
pub(super) fn revert(device: &mut Device, world: &mut World) -> Result<(), Stop> {
    let there = shown(&device.cache, world, false);
    let Some((id, before)) = world.dice.pick(&there).cloned() else { return Ok(()) };
    let past = device.cache.past.get(&id).cloned().unwrap_or_default();
    let Some(old) = world.dice.pick(&past).cloned() else { return Ok(()) };
    let mut action = (*before).clone().act(device.cache.actor, now(device, world));
    action.revert_to(&old);
    action.set_text(field::NAME, before.meta.text(field::NAME));
    let after = action.finish();
    world.tally.add("reverts");
    save(device, world, id, Some(&before), &after)
}

pub(super) fn erase(device: &mut Device, world: &mut World) -> Result<(), Stop> {
    let mut there = shown(&device.cache, world, false);
    there.extend(shown(&device.cache, world, true));
    let Some((id, before)) = world.dice.pick(&there).cloned() else { return Ok(()) };
    world.tally.add("erasures");
    world.book.erased(id, &before);
    let now = now(device, world);
    let cache = &mut device.cache;
    let sent = cache.frozen.as_ref().is_some_and(|push| push.records.iter().any(|record| record.id == id));
    let behind = cache.rebuilt || cache.unread.is_some();
    if erasure_waits(cache.base.contains_key(&id), sent, behind, cache.elsewhere.contains(&id)) {
        if !before.meta.deleted() {
            let gone = (*before).clone().delete(cache.actor, now);
            world.book.acted(id, Some(&before), &gone);
            cache.put_draft(world, id, &gone);
        }
        cache.erased.insert(id);
    } else {
        cache.forget_all(id);
    }
    world.crash("after an erasure in the cache")?;
    keep(device, world, id);
    Ok(())
}

fn save(
    device: &mut Device,
    world: &mut World,
    id: RecordId,
    before: Option<&Content>,
    after: &Content,
) -> Result<(), Stop> {
    world.book.acted(id, before, after);
    let blind = device.cache.blind && !device.cache.base.contains_key(&id);
    world.book.stamped(id, before, after, blind);
    device.cache.put_draft(world, id, after);
    world.crash("after an edit in the cache")?;
    // The keychain may be locked at the moment: the copy is then written later.
    if !(world.events.keychain_lags && world.rough && world.dice.percent(40)) {
        keep(device, world, id);
    }
    Ok(())
}
