//! What rows said when they were listed last: a program that lists again and again, as the window does, opens only those
//! that changed since.
//!
//! The same sealed bytes under the same id and version say the same, so nothing in here can be out of date. No secret is
//! among it: a list opens none.

use std::sync::Arc;

use keymoor_cache::MetaRow;
use keymoor_protocol::{Envelope, RecordId};

use super::{Listing, listing};
use crate::content::field;
use crate::content::payload;
use crate::content::shown::Shown;
use crate::verification::Values;

/// The rows of the last list.
#[derive(Default)]
pub(crate) struct Memory {
    /// Sorted by id.
    rows: Vec<Row>,
}

struct Row {
    id: RecordId,
    version: u64,
    sealed: Envelope,
    /// `None`: it is no credential.
    said: Option<Arc<Said>>,
}

/// What a credential's row says.
pub(super) struct Said {
    /// Without what is known beside the record.
    pub(super) listing: Listing,
    /// The values that a provider's answer is about.
    pub(super) values: Values,
    /// What is searched besides what the listing has.
    pub(super) text: String,
}

impl Memory {
    /// What this row said, if it was listed last time and is the same.
    pub(super) fn of(&self, row: &MetaRow) -> Option<&Option<Arc<Said>>> {
        let known = &self.rows[self.rows.binary_search_by(|known| known.id.cmp(&row.id)).ok()?];
        (known.version == row.version && known.sealed == row.meta).then_some(&known.said)
    }

    /// For the next time.
    pub(super) fn keep(rows: impl Iterator<Item = (MetaRow, Option<Arc<Said>>)>) -> Self {
        let row =
            |(row, said): (MetaRow, _)| Row { id: row.id, version: row.version, sealed: row.meta, said };
        let mut rows: Vec<Row> = rows.map(row).collect();
        rows.sort_unstable_by_key(|row| row.id); // they come sorted: that costs nothing
        Self { rows }
    }
}

impl Said {
    /// `None` for what is no credential.
    pub(super) fn of(row: &MetaRow, shown: &impl Shown) -> Option<Self> {
        if !shown.is_credential() {
            return None;
        }
        let mut listing = listing(row.id, shown, false);
        listing.read_only = row.meta.header().schema > payload::schema();
        Some(Self { listing, values: Values::of(shown), text: searched(shown) })
    }
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
