//! Listing: opens the meta envelopes, never a secret.

mod filter;
mod known;
mod listing;
mod memory;
mod open;

use std::collections::BTreeMap;

use keymoor_cache::View;
use keymoor_protocol::RecordId;

pub use self::filter::Filter;
pub(crate) use self::known::Known;
pub use self::listing::Listing;
pub(crate) use self::listing::listing;
use self::listing::unreadable;
pub(crate) use self::memory::Memory;
use self::open::{Found, Opened, sealed};
use crate::clock::now;
use crate::content::Meta;
use crate::drafts;
use crate::error::Error;
use crate::keys::{Keys, Unreadable};
use crate::rules::forgetting::KEPT_MS;
use crate::rules::names::display;
use crate::vault::Vault;

/// One opened row.
pub(crate) struct OpenedRow {
    pub(crate) id: RecordId,
    pub(crate) meta: Meta,
}

impl Vault {
    /// The credentials that fit, sorted by provider and name. One whose cache row is broken is healed first.
    pub fn list(&mut self, filter: &Filter) -> Result<Vec<Listing>, Error> {
        let (mut listings, broken) = self.read_list(filter)?;
        if !broken.is_empty() {
            // What no home can give back stays listed as unreadable, so that nobody believes it never was.
            let healed = broken.iter().filter(|id| self.heal(**id).is_ok()).count();
            let still = if healed > 0 {
                let (again, still) = self.read_list(filter)?;
                listings = again;
                still
            } else {
                broken
            };
            if !filter.trashed
                && filter.query.is_none()
                && filter.provider.is_none()
                && filter.label.is_none()
            {
                listings.extend(still.into_iter().map(unreadable));
            }
        }
        Ok(listings)
    }

    fn read_list(&mut self, filter: &Filter) -> Result<(Vec<Listing>, Vec<RecordId>), Error> {
        // The trash is looked at now and then, and would push out what is looked at all the time.
        let mut memory = if filter.trashed { Memory::default() } else { std::mem::take(&mut self.listed) };
        let read = self.read_beside(|view, keys, beside| {
            let synced = drafts::device(view, keys)?.server.is_some();
            let until = kept_until(view, filter.trashed && synced)?;
            let Opened { mut all, broken, known } =
                open::all(view, keys, filter.trashed, beside, &mut memory)?;
            all.sort_unstable_by(|a, b| {
                (order(&a.listing), a.listing.id).cmp(&(order(&b.listing), b.listing.id))
            });
            if !filter.trashed {
                all.chunk_by_mut(|a, b| order(&a.listing) == order(&b.listing)).for_each(tell_apart);
            }
            let fits = |found: Box<Found>| {
                let Found { mut listing, said } = *found;
                listing.waiting &= synced;
                listing.kept_until = until(listing.id);
                filter.fits(&listing, &said.text).then_some(listing)
            };
            Ok(((all.into_iter().filter_map(fits).collect(), broken), known))
        });
        if !filter.trashed {
            self.listed = memory;
        }
        read
    }
}

/// How those are shown that share provider and name.
fn tell_apart(same_name: &mut [Box<Found>]) {
    if same_name.len() > 1 {
        let holders: Vec<RecordId> = same_name.iter().map(|found| found.listing.id).collect();
        for found in same_name {
            let listing = &mut found.listing;
            listing.display = display(&listing.name, listing.id, &holders);
        }
    }
}

/// Until when what is in the trash stays there at least. Where that is not put down yet, it begins now.
fn kept_until(view: &View<'_>, asked: bool) -> Result<impl Fn(RecordId) -> Option<u64>, Error> {
    let held = if asked { view.tombstones()? } else { Vec::new() };
    let since: BTreeMap<RecordId, u64> = held.into_iter().map(|held| (held.id, held.since)).collect();
    Ok(move |id| asked.then(|| since.get(&id).copied().unwrap_or_else(now).saturating_add(KEPT_MS)))
}

/// Opens the meta of every credential in use, or in the trash; returns those that do not open.
pub(crate) fn each_meta(
    view: &View<'_>,
    keys: &Keys,
    trashed: bool,
    mut visit: impl FnMut(OpenedRow),
) -> Result<Vec<RecordId>, Error> {
    let (rows, mut broken) = sealed(view, trashed)?;
    for row in rows {
        match keys.open_sealed_meta(row.id, row.version, &row.meta) {
            Ok(meta) if meta.is_credential() => visit(OpenedRow { id: row.id, meta }),
            Ok(_) => {}
            Err(Unreadable) => broken.push(row.id),
        }
    }
    Ok(broken)
}

/// The same for whoever may miss none of those in use.
///
/// # Errors
/// [`Error::Unreadable`], of no home but this one, if one does not open: [`Vault::healing`] does it again once it is healed.
pub(crate) fn every_meta(view: &View<'_>, keys: &Keys, visit: impl FnMut(OpenedRow)) -> Result<(), Error> {
    match each_meta(view, keys, false, visit)?.first() {
        Some(id) => Err(Error::Unreadable { id: *id, homes: Vec::new() }),
        None => Ok(()),
    }
}

fn order(listing: &Listing) -> (&str, &str) {
    (&listing.provider, &listing.name)
}
