//! Walks over all records, one at a time, sorted by id.

use keymoor_protocol::{Envelope, Record, RecordId};
use rusqlite::{Row, Rows, fallible_streaming_iterator::FallibleStreamingIterator as _};

use crate::error::Error;
use crate::records::{Base, read_base};
use crate::rows::{envelope, id, number, record};
use crate::transaction::View;

/// A record as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentRow {
    /// The draft's content, or else the base's.
    pub record: Record,
    /// Whether the server knows the record.
    pub has_base: bool,
    /// Whether it waits for the server.
    pub has_draft: bool,
    /// Whether it is in the trash.
    pub deleted: bool,
    /// When this content was saved here, milliseconds since 1970.
    pub saved_at: u64,
}

/// A record as it stands, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaRow {
    /// Which.
    pub id: RecordId,
    /// The version of this content.
    pub version: u64,
    /// What a list shows, sealed.
    pub meta: Envelope,
    /// Whether the server knows the record.
    pub has_base: bool,
    /// Whether it waits for the server.
    pub has_draft: bool,
    /// Whether it is in the trash.
    pub deleted: bool,
    /// When this content was saved here, milliseconds since 1970.
    pub saved_at: u64,
}

/// Which of the two has the record.
#[derive(Clone, Copy)]
struct Of {
    base: bool,
    draft: bool,
}

impl View<'_> {
    /// Every record as it stands. Returns the ids of those that cannot be read, for healing.
    pub fn for_each_current<E: From<Error>>(
        &self,
        visit: impl FnMut(CurrentRow) -> Result<(), E>,
    ) -> Result<Vec<RecordId>, E> {
        let read = |id, row: &Row<'_>, of: Of| {
            let record = record(row, id)?;
            let (deleted, saved_at) = (record.deleted, number(row, "saved_at")?);
            Ok(CurrentRow { record, has_base: of.base, has_draft: of.draft, deleted, saved_at })
        };
        self.merged("SELECT * FROM base ORDER BY id", "SELECT * FROM draft ORDER BY id", read, visit)
    }

    /// Every record as it stands, without its secret: for lists. Returns the ids of those that cannot be read.
    pub fn for_each_meta<E: From<Error>>(
        &self,
        visit: impl FnMut(MetaRow) -> Result<(), E>,
    ) -> Result<Vec<RecordId>, E> {
        let read = |id, row: &Row<'_>, of: Of| {
            Ok(MetaRow {
                id,
                version: number(row, "version")?,
                meta: envelope(row, id, "meta")?,
                has_base: of.base,
                has_draft: of.draft,
                deleted: row.get("deleted")?,
                saved_at: number(row, "saved_at")?,
            })
        };
        let bases = "SELECT id, version, deleted, saved_at, meta FROM base ORDER BY id";
        let drafts = "SELECT id, version, deleted, saved_at, meta FROM draft ORDER BY id";
        self.merged(bases, drafts, read, visit)
    }

    /// Every base. Returns the ids of those that cannot be read.
    pub fn for_each_base<E: From<Error>>(
        &self,
        visit: impl FnMut(Base) -> Result<(), E>,
    ) -> Result<Vec<RecordId>, E> {
        let nothing = "SELECT id FROM draft WHERE 0";
        self.merged("SELECT * FROM base ORDER BY id", nothing, |id, row, _| read_base(row, id), visit)
    }

    /// Whether there is no record at all, neither in use nor in the trash.
    pub fn is_empty(&self) -> Result<bool, Error> {
        let sql = "SELECT 1 AS one FROM draft UNION ALL SELECT 1 FROM base LIMIT 1";
        Ok(self.one(sql, (), |_| Ok(()))?.is_none())
    }

    /// How many records stand, those in the trash left out.
    pub fn live_count(&self) -> Result<u64, Error> {
        let sql = "SELECT (SELECT count(*) FROM draft WHERE deleted = 0) + (SELECT count(*) FROM base \
                   WHERE deleted = 0 AND id NOT IN (SELECT id FROM draft)) AS n";
        Ok(self.one(sql, (), |row| number(row, "n"))?.unwrap_or_default())
    }

    /// Two statements sorted by id, walked side by side; where both have an id, the drafts' row counts.
    fn merged<T, E: From<Error>>(
        &self,
        bases: &str,
        drafts: &str,
        read: impl Fn(RecordId, &Row<'_>, Of) -> Result<T, Error>,
        mut visit: impl FnMut(T) -> Result<(), E>,
    ) -> Result<Vec<RecordId>, E> {
        let prepare = |sql| self.connection().prepare_cached(sql).map_err(Error::from);
        let (mut bases, mut drafts) = (prepare(bases)?, prepare(drafts)?);
        let mut bases = bases.query(()).map_err(Error::from)?;
        let mut drafts = drafts.query(()).map_err(Error::from)?;
        let next = |rows: &mut Rows<'_>| -> Result<Option<RecordId>, Error> {
            rows.next()?.map(|row| id(row, "id")).transpose()
        };
        let (mut base, mut draft) = (next(&mut bases)?, next(&mut drafts)?);
        let mut unreadable = Vec::new();
        while let Some(id) = base.into_iter().chain(draft).min() {
            let of = Of { base: base == Some(id), draft: draft == Some(id) };
            let rows = if of.draft { &drafts } else { &bases };
            match rows.get().ok_or(Error::Damaged).and_then(|row| read(id, row, of)) {
                Ok(row) => visit(row)?,
                Err(Error::Record(id)) => unreadable.push(id),
                Err(error) => return Err(error.into()),
            }
            if of.base {
                base = next(&mut bases)?;
            }
            if of.draft {
                draft = next(&mut drafts)?;
            }
        }
        Ok(unreadable)
    }
}
