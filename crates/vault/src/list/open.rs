//! Opening many rows for a list: the processors share the work, and what was heard of them is read meanwhile.

use std::panic::resume_unwind;
use std::thread;

use keymoor_cache::{MetaRow, View};
use keymoor_protocol::RecordId;

use super::{Filter, Known, Listing, listing};
use crate::content::glance::Glance;
use crate::content::shown::Shown;
use crate::content::{field, payload};
use crate::error::Error;
use crate::keys::{Keys, Unreadable};
use crate::recent::Beside;

/// A credential that was opened, and what of it is searched besides what the listing has. Boxed, for thousands are sorted.
pub(super) struct Found {
    pub(super) listing: Listing,
    pub(super) text: String,
}

/// The credentials in use, or in the trash, whichever `filter` asks for; and the rows that do not open.
#[expect(clippy::vec_box, reason = "they are sorted: what moves is as small as can be")]
pub(super) fn all(
    view: &View<'_>,
    keys: &Keys,
    filter: &Filter,
    beside: Beside,
) -> Result<(Vec<Box<Found>>, Vec<RecordId>, Known), Error> {
    let (known, rows) = match beside {
        Beside::Known(known) => (known, sealed(view, filter.trashed)),
        Beside::Sealed(devices) => {
            let (devices, rows) = thread::scope(|scope| {
                // What was heard of ten thousand takes as long to read as their rows.
                let devices = scope.spawn(|| devices.open(keys));
                let rows = sealed(view, filter.trashed);
                (devices.join().unwrap_or_else(|panic| resume_unwind(panic)), rows)
            });
            (Known::new(view, keys, devices), rows)
        }
    };
    let (rows, mut broken) = rows?;
    let mut all = Vec::with_capacity(rows.len());
    for (row, opened) in rows.iter().zip(in_parallel(&rows, |row| found(keys, &known, filter, row))) {
        match opened {
            Ok(found) => all.extend(found),
            Err(Unreadable) => broken.push(row.id),
        }
    }
    Ok((all, broken, known))
}

/// The rows of the credentials in use, or in the trash, still sealed; and those that cannot be read.
pub(super) fn sealed(view: &View<'_>, trashed: bool) -> Result<(Vec<MetaRow>, Vec<RecordId>), Error> {
    let erased = view.erasures()?;
    let mut rows = Vec::new();
    let broken = view.for_each_meta(|row| {
        if row.deleted == trashed && erased.binary_search(&row.id).is_err() {
            rows.push(row);
        }
        Ok::<_, Error>(())
    })?;
    Ok((rows, broken))
}

/// A row, opened; `None` for what is no credential.
fn found(
    keys: &Keys,
    known: &Known,
    filter: &Filter,
    row: &MetaRow,
) -> Result<Option<Box<Found>>, Unreadable> {
    let text = keys.open_meta_text(row.id, row.version, &row.meta)?;
    match Glance::of(&text) {
        Some(glance) => Ok(listed(&glance, known, filter, row)),
        None => Ok(listed(&payload::decode_meta(&text).map_err(|_| Unreadable)?, known, filter, row)),
    }
}

fn listed(shown: &impl Shown, known: &Known, filter: &Filter, row: &MetaRow) -> Option<Box<Found>> {
    if !shown.is_credential() {
        return None;
    }
    let mut listing = listing(row.id, shown, row.has_draft);
    listing.read_only = row.meta.header().schema > payload::schema();
    listing.know(known, shown);
    let text = if filter.query.is_some() { searched(shown) } else { String::new() };
    Some(Box::new(Found { listing, text }))
}

/// What `act` makes of each, in their order, by as many threads as there are processors where that pays.
fn in_parallel<T: Sync, R: Send>(all: &[T], act: impl Fn(&T) -> R + Sync) -> Vec<R> {
    const WORTH_A_THREAD: usize = 256;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = all.len().div_ceil(threads).max(WORTH_A_THREAD);
    thread::scope(|scope| {
        let mut shares = all.chunks(share);
        let first = shares.next().unwrap_or_default();
        let act = &act;
        let others: Vec<_> =
            shares.map(|share| scope.spawn(move || share.iter().map(act).collect::<Vec<R>>())).collect();
        let mut done: Vec<R> = first.iter().map(act).collect();
        for other in others {
            match other.join() {
                Ok(part) => done.extend(part),
                Err(panic) => resume_unwind(panic),
            }
        }
        done
    })
}

/// Note and open fields.
fn searched(shown: &impl Shown) -> String {
    let mut text = shown.text(field::NOTE).to_owned();
    for part in shown.open_fields().flat_map(|(name, value)| [name, value]) {
        text.push(' ');
        text.push_str(part);
    }
    text
}
