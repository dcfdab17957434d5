//! The chain: each entry has a link that names it and all before it, and a head, authenticated like them, says where the
//! chain begins and ends. Whoever can write the files and has no keys cannot drop, change, add or move an entry unnoticed.
//!
//! Entries are only ever added at the end and go at the front, each with the head in one transaction, so that no death in
//! between leaves a chain that does not fit. What was found is put down in the chain that is made anew.

mod head;

use std::collections::HashSet;

use keymoor_cache::{ActivityEntry, Change, View};
use keymoor_protocol::Envelope;
use keymoor_sealing::activity::{ActivityKey, LINK, Link};

use self::head::{Head, Known};
use super::event::Event;
use super::sealed::{SCHEMA, opened, sealed};
use crate::clock::now;
use crate::devices;
use crate::drafts;
use crate::error::Error;
use crate::keys::Keys;

/// How the chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Every entry is there and what it was.
    Whole,
    /// There were no links yet when these entries were made.
    Unlinked,
    /// Entries are missing, were changed, added or moved.
    Broken,
}

/// Begins the chain of a new vault, without an entry and with nothing in the file of uses.
pub(crate) fn begin(change: &mut Change<'_>, keys: &Keys) -> Result<(), Error> {
    start(change, keys, Head { taken: Some([0; LINK]), ..Head::new(keys) })
}

/// Begins that of a new cache of a vault that there was: what waits in the file of uses may follow the chain of before.
pub(crate) fn begin_again(change: &mut Change<'_>, keys: &Keys) -> Result<(), Error> {
    start(change, keys, Head::new(keys))
}

fn start(change: &mut Change<'_>, keys: &Keys, head: Head) -> Result<(), Error> {
    head.write(change, keys)?;
    devices::note_linked(change, keys)
}

/// Lets the chain go, with all its entries, for keys that are not there yet.
pub(crate) fn clear(change: &mut Change<'_>) -> Result<(), keymoor_cache::Error> {
    for entry in change.activity(u32::MAX)? {
        change.drop_activity(entry.id)?;
    }
    Head::clear(change)
}

/// Begins it once they are.
pub(crate) fn begin_cleared(change: &mut Change<'_>, keys: &Keys) -> Result<(), Error> {
    match Head::of(change, keys)? {
        Known::Unlinked if change.activity(1)?.is_empty() => begin_again(change, keys),
        _ => Ok(()),
    }
}

/// Adds an entry at the end, with its link.
pub(crate) fn append(change: &mut Change<'_>, keys: &Keys, at: u64, entry: &Envelope) -> Result<(), Error> {
    let mut head = match Head::of(change, keys)? {
        Known::Head(head) => head,
        Known::Unlinked => {
            let taken = relink(change, keys, Head { young: true, ..Head::new(keys) })?;
            devices::note_linked(change, keys)?;
            append(change, keys, now(), &sealed(keys, None, &Event::Linked { taken })?)?;
            return append(change, keys, at, entry);
        }
        // What there is is linked, so that it is known how much that is; whoever looks tells of it.
        Known::Broken => {
            drafts::device(change, keys)?; // and not where these are the keys of before a join
            relink(change, keys, Head { broken: true, ..Head::new(keys) })?;
            return append(change, keys, at, entry);
        }
    };
    let key = key(keys, &head)?;
    head.last += 1;
    head.last_link = key.link(&head.last_link, head.last, at, entry.as_bytes());
    change.add_activity(at, entry, Some(&head.last_link))?;
    prune(change, &key, &mut head, at.min(now()))?; // a line of the file may say any time
    head.write(change, keys)
}

/// Lets the oldest go, as many as the head says are too many, and what is too old. Each is looked at before: what somebody
/// changed so that it should go is told like any other change.
fn prune(change: &mut Change<'_>, key: &ActivityKey, head: &mut Head, now: u64) -> Result<(), Error> {
    for entry in change.old_activity(head.last.saturating_sub(head.before), now)? {
        head.before += 1;
        head.before_link = key.link(&head.before_link, head.before, entry.at, &entry.bytes);
        head.broken |= entry.link != Some(head.before_link);
        change.drop_activity(entry.id)?;
    }
    Ok(())
}

/// Looks at every entry.
pub(crate) fn look(view: &View<'_>, keys: &Keys) -> Result<State, Error> {
    let head = match Head::of(view, keys)? {
        Known::Head(head) => head,
        Known::Unlinked => return Ok(State::Unlinked),
        Known::Broken => return Ok(State::Broken),
    };
    let key = key(keys, &head)?;
    let (mut number, mut link) = (head.before, head.before_link);
    for entry in view.activity(u32::MAX)?.iter().rev() {
        number += 1;
        link = key.link(&link, number, entry.at, &entry.bytes);
        if entry.link != Some(link) {
            return Ok(State::Broken);
        }
    }
    let fits = (number, link) == (head.last, head.last_link) && !head.broken;
    Ok(if fits { State::Whole } else { State::Broken })
}

/// Whether it was broken and nobody has settled that: one short read, which finds what a look found before, or that the head
/// is gone.
pub(crate) fn is_unsettled(view: &View<'_>, keys: &Keys) -> Result<bool, Error> {
    Ok(match Head::of(view, keys)? {
        Known::Head(head) => head.broken || head.unsettled,
        Known::Unlinked => false,
        Known::Broken => true,
    })
}

/// The user knows that it was broken; what is left counts.
pub(crate) fn settle(change: &mut Change<'_>, keys: &Keys) -> Result<(), Error> {
    match Head::genuine(change, keys)?.filter(|head| head.unsettled) {
        Some(head) => Head { unsettled: false, ..head }.write(change, keys),
        None => Ok(()),
    }
}

/// Looks again, in a change that has emptied the file of uses; if the chain is broken, links what is there anew and puts
/// down that it was. Returns whether it was.
pub(crate) fn mend(change: &mut Change<'_>, keys: &Keys) -> Result<bool, Error> {
    if look(change, keys)? != State::Broken {
        return Ok(false);
    }
    let was = Head::genuine(change, keys)?.unwrap_or_else(|| Head::new(keys));
    // Where there is no other the next line follows zeros.
    let taken = was.taken.or(Some([0; LINK]));
    relink(change, keys, Head { taken, young: was.young, unsettled: true, ..Head::new(keys) })?;
    append(change, keys, now(), &sealed(keys, None, &Event::ActivityBroken)?)?;
    Ok(true)
}

/// What the server has of this device says whether its activity was linked `before`. If so, then a chain that has only now
/// taken over what is there has lost another one.
pub(crate) fn meet(change: &mut Change<'_>, keys: &Keys, before: bool) -> Result<(), Error> {
    match Head::genuine(change, keys)?.filter(|head| head.young) {
        Some(head) => Head { young: false, broken: head.broken | before, ..head }.write(change, keys),
        None => Ok(()),
    }
}

/// Links everything that is there, and returns how much that is.
fn relink(change: &mut Change<'_>, keys: &Keys, mut head: Head) -> Result<u64, Error> {
    let key = key(keys, &head)?;
    let entries = change.activity(u32::MAX)?;
    for entry in entries.iter().rev() {
        head.last += 1;
        head.last_link = key.link(&head.last_link, head.last, entry.at, &entry.bytes);
        change.link_activity(entry.id, &head.last_link)?;
    }
    head.write(change, keys)?;
    Ok(entries.len() as u64)
}

/// After every entry was sealed for other keys: links them under those. That the chain was broken is not forgotten by that.
pub(super) fn hand_over(
    change: &mut Change<'_>,
    to: &Keys,
    was: State,
    unsettled: bool,
) -> Result<(), Error> {
    relink(change, to, Head { broken: was == State::Broken, unsettled, ..Head::new(to) }).map(drop)
}

/// The link of a line that is added to the file of uses, after the `last` that waits there.
pub(super) fn waiting(
    view: &View<'_>,
    keys: &Keys,
    last: Option<Link>,
    at: u64,
    entry: &Envelope,
) -> Result<Link, Error> {
    let head = Head::genuine(view, keys)?.unwrap_or_else(|| Head::new(keys));
    let before = last.or(head.taken).unwrap_or_default();
    Ok(key(keys, &head)?.waiting_link(&before, at, entry.as_bytes()))
}

/// Takes lines of the file of uses into the chain, and looks whether they follow those that were taken before.
pub(super) fn take(change: &mut Change<'_>, keys: &Keys, uses: &[ActivityEntry]) -> Result<(), Error> {
    let before = Head::genuine(change, keys)?.unwrap_or_else(|| Head::new(keys));
    let (key, mut taken, mut fits) = (key(keys, &before)?, before.taken, true);
    // What the next line will follow, whether or not a crash leaves these in the file.
    let follow = uses.iter().rev().find_map(|entry| entry.link).or(before.taken).unwrap_or_default();
    for entry in &uses[known(change, &key, taken, uses)?..] {
        let Ok(envelope) = Envelope::try_from(entry.bytes.clone()) else {
            fits = false;
            continue;
        };
        let opens = opened(keys, entry.bytes.clone()).is_some();
        match (taken, entry.link) {
            // From before there were links, or under the keys of before a join.
            (None, None) => fits &= !opens || envelope.header().schema < SCHEMA,
            (None, Some(_)) if !opens => {}
            // The first one is taken at its word.
            (None, Some(link)) => taken = Some(link),
            (Some(last), link) => {
                fits &= link == Some(key.waiting_link(&last, entry.at, &entry.bytes));
                taken = link.or(taken);
            }
        }
        append(change, keys, entry.at, &envelope)?;
    }
    if let Some(mut head) = Head::genuine(change, keys)? {
        head.taken = Some(follow);
        head.broken |= !fits;
        head.write(change, keys)?;
    }
    Ok(())
}

/// How many lines at the beginning are in the activity already: a disk that lost power may bring them back, without the one
/// by which they would be known. They are not taken twice, which makes them harmless whoever put them there.
fn known(
    view: &View<'_>,
    key: &ActivityKey,
    taken: Option<Link>,
    uses: &[ActivityEntry],
) -> Result<usize, Error> {
    let follows = |last: Link, entry: &ActivityEntry| {
        entry.link == Some(key.waiting_link(&last, entry.at, &entry.bytes))
    };
    match (uses.first(), taken) {
        (None, _) => return Ok(0),
        (Some(first), Some(last)) if follows(last, first) => return Ok(0), // nearly always
        _ => {}
    }
    let there = view.activity(u32::MAX)?;
    let there: HashSet<(u64, &[u8])> = there.iter().map(|entry| (entry.at, entry.bytes.as_slice())).collect();
    Ok(uses.iter().take_while(|entry| there.contains(&(entry.at, entry.bytes.as_slice()))).count())
}

fn key(keys: &Keys, head: &Head) -> Result<ActivityKey, Error> {
    keys.activity_key(head.epoch).ok_or(Error::Locked)
}

#[cfg(test)]
mod tests;
