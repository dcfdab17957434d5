//! Opening many rows for a list: the processors share the work, and what was heard of them is read meanwhile.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use keymoor_cache::{MetaRow, View};
use keymoor_protocol::RecordId;

use super::memory::{Memory, Said};
use super::{Known, Listing};
use crate::content::glance::Glance;
use crate::content::payload;
use crate::error::Error;
use crate::keys::{Keys, Unreadable};
use crate::recent::Beside;

/// A credential that was opened: what is listed of it, and what its row says. Boxed, for thousands are sorted.
pub(super) struct Found {
    pub(super) listing: Listing,
    pub(super) said: Arc<Said>,
}

/// What was opened.
pub(super) struct Opened {
    #[expect(clippy::vec_box, reason = "they are sorted: what moves is as small as can be")]
    pub(super) all: Vec<Box<Found>>,
    /// Rows that do not open.
    pub(super) broken: Vec<RecordId>,
    pub(super) known: Known,
}

/// The credentials in use, or in the trash, whichever is asked for. `memory`: of the last list, and then of this one.
pub(super) fn all(
    view: &View<'_>,
    keys: &Keys,
    trashed: bool,
    beside: Beside,
    memory: &mut Memory,
) -> Result<Opened, Error> {
    let (known, rows) = match beside {
        Beside::Known(known) => (known, sealed(view, trashed)),
        Beside::Sealed(devices) => {
            let (devices, rows) = thread::scope(|scope| {
                // What was heard of ten thousand takes as long to read as their rows.
                let devices = scope.spawn(|| devices.open(keys));
                let rows = sealed(view, trashed);
                (devices.join().unwrap_or_else(|panic| resume_unwind(panic)), rows)
            });
            (Known::new(view, keys, devices), rows)
        }
    };
    let (rows, mut broken) = rows?;
    let before = std::mem::take(memory);
    let opened = in_parallel(&rows, |row| found(keys, &known, &before, row));
    let (mut all, mut open) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for (row, opened) in rows.into_iter().zip(opened) {
        match opened {
            Ok(found) => {
                open.push((row, found.as_ref().map(|found| Arc::clone(&found.said))));
                all.extend(found);
            }
            Err(Unreadable) => broken.push(row.id),
        }
    }
    *memory = Memory::keep(open.into_iter());
    Ok(Opened { all, broken, known })
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

/// A row, opened unless that was done before; `None` for what is no credential.
fn found(
    keys: &Keys,
    known: &Known,
    before: &Memory,
    row: &MetaRow,
) -> Result<Option<Box<Found>>, Unreadable> {
    let said = match before.of(row) {
        Some(said) => said.clone(),
        None => open(keys, row)?.map(Arc::new),
    };
    Ok(said.map(|said| {
        let mut listing = said.listing.clone();
        listing.waiting = row.has_draft;
        listing.know(known, said.values);
        Box::new(Found { listing, said })
    }))
}

fn open(keys: &Keys, row: &MetaRow) -> Result<Option<Said>, Unreadable> {
    let text = keys.open_meta_text(row.id, row.version, &row.meta)?;
    match Glance::of(&text) {
        Some(glance) => Ok(Said::of(row, &glance)),
        None => Ok(Said::of(row, &payload::decode_meta(&text).map_err(|_| Unreadable)?)),
    }
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
