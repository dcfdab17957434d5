//! The chain: each entry has a link that names it and all before it, and a head, authenticated like them, says where the
//! chain begins and ends. Whoever can write the files and has no keys cannot drop, change, add or move an entry unnoticed.
//!
//! Entries are only ever added at the end and go at the front, each with the head in one transaction, so that no death in
//! between leaves a chain that does not fit. What was found is put down in the chain that is made anew.

mod head;

use keymoor_cache::{ActivityEntry, Change, View};
use keymoor_protocol::Envelope;
use keymoor_sealing::activity::{ActivityKey, Link};

use self::head::{Head, Known};
use super::event::Event;
use super::sealed::{SCHEMA, opened, sealed};
use crate::clock::now;
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

/// Begins the chain of a new cache, without an entry.
pub(crate) fn begin(change: &mut Change<'_>, keys: &Keys) -> Result<(), Error> {
    Head::new(keys).write(change, keys)
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
        Known::Unlinked if change.activity(1)?.is_empty() => begin(change, keys),
        _ => Ok(()),
    }
}

/// Adds an entry at the end, with its link.
pub(crate) fn append(change: &mut Change<'_>, keys: &Keys, at: u64, entry: &Envelope) -> Result<(), Error> {
    let mut head = match Head::of(change, keys)? {
        Known::Head(head) => head,
        Known::Unlinked => {
            let taken = relink(change, keys, Head::new(keys))?;
            append(change, keys, now(), &sealed(keys, None, &Event::Linked { taken })?)?;
            return append(change, keys, at, entry);
        }
        // That is left for whoever looks to find and to tell.
        Known::Broken => return Ok(change.add_activity(at, entry, None).map(drop)?),
    };
    head.last += 1;
    head.last_link = key(keys, &head)?.link(&head.last_link, head.last, at, entry.as_bytes());
    let pruned = change.add_activity(at, entry, Some(&head.last_link))?;
    head.before += pruned.count;
    head.before_link = pruned.last.unwrap_or(head.before_link);
    head.write(change, keys)
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

/// Looks again, in a change; if the chain is broken, links what is there anew and puts down that it was. Returns whether it
/// was.
pub(crate) fn mend(change: &mut Change<'_>, keys: &Keys) -> Result<bool, Error> {
    if look(change, keys)? != State::Broken {
        return Ok(false);
    }
    relink(change, keys, Head::new(keys))?;
    append(change, keys, now(), &sealed(keys, None, &Event::ActivityBroken)?)?;
    Ok(true)
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
pub(super) fn hand_over(change: &mut Change<'_>, to: &Keys, was: State) -> Result<(), Error> {
    relink(change, to, Head { broken: was == State::Broken, ..Head::new(to) }).map(drop)
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
    for entry in uses {
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
        // Whoever changed the file may have left a last line that nothing can follow.
        head.taken = if fits { taken } else { None };
        head.broken |= !fits;
        head.write(change, keys)?;
    }
    Ok(())
}

fn key(keys: &Keys, head: &Head) -> Result<ActivityKey, Error> {
    keys.activity_key(head.epoch).ok_or(Error::Locked)
}

#[cfg(test)]
mod tests;
