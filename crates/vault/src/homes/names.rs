//! The cache's index of names, held against the sealed records. Whoever can write the file can have a credential found under
//! another name, or not at all; what counts is what is sealed.

use std::collections::BTreeSet;

use keymoor_cache::{NameRow, View};
use keymoor_protocol::RecordId;

use crate::drafts;
use crate::error::Error;
use crate::keys::Keys;
use crate::notice::Notice;
use crate::vault::Vault;

impl Vault {
    /// The records that are found under another name than their own, or in the wrong place. Only looks.
    pub(crate) fn misnamed(&mut self) -> Result<BTreeSet<RecordId>, Error> {
        let keys = &self.keys;
        let wrong = self.cache.read(|view| put_right(view, keys))?;
        Ok(wrong.into_iter().map(|row| row.id).collect())
    }

    /// Puts that right; says so if there was any, and returns how many records it was.
    pub(crate) fn name_anew(&mut self) -> Result<usize, Error> {
        if self.misnamed()?.is_empty() {
            return Ok(0);
        }
        let keys = &self.keys;
        let named = self.cache.write(|change| {
            // Looked at again: another process may have done it.
            let rows = put_right(change, keys)?;
            rows.iter().try_for_each(|row| change.name_anew(row))?;
            Ok::<_, Error>(rows.into_iter().map(|row| row.id).collect::<BTreeSet<_>>())
        })?;
        if !named.is_empty() {
            self.tell(Notice::Misnamed { records: named.len() as u64 });
        }
        Ok(named.len())
    }
}

/// The rows of which the cache says another thing than the seal, as they should be.
fn put_right(view: &View<'_>, keys: &Keys) -> Result<Vec<NameRow>, Error> {
    let mut wrong = Vec::new();
    view.for_each_name(|row| {
        // One that does not open says no name; it is found by its id, and healed.
        if let Ok(meta) = keys.open_sealed_meta(row.id, row.version, &row.meta) {
            let (tags, deleted) = (keys.tags(&meta), meta.deleted());
            if tags != row.tags || deleted != row.deleted {
                wrong.push((row.deleted, NameRow { tags, deleted, ..row }));
            }
        }
        Ok::<_, Error>(())
    })?;
    let mut rows = Vec::with_capacity(wrong.len());
    for (said, row) in wrong {
        // A record that came with another word about the trash than is sealed in it is broken, and no matter of the index.
        if said == row.deleted || was_written_so(view, &row)? {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Whether the record has the digest that was written down with it, once it is as `row` says.
fn was_written_so(view: &View<'_>, row: &NameRow) -> Result<bool, Error> {
    let kept = view.kept(row.id)?;
    let (kept, record) = match row.is_draft {
        true => (kept.draft, drafts::legible(view.draft(row.id))?.map(|draft| draft.record)),
        false => (kept.base, drafts::legible(view.base(row.id))?.map(|base| base.record)),
    };
    let Some((kept, mut record)) = kept.zip(record) else { return Ok(false) };
    record.deleted = row.deleted;
    Ok(record.digest() == kept.digest)
}
