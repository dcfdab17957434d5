//! The index of names. It says where to look and no more: it is not sealed, and whoever can write the file can change it. The
//! vault holds it against the sealed records.

use keymoor_protocol::{Envelope, RecordId};

use crate::error::Error;
use crate::records::{Tag, Tags};
use crate::rows::{envelope, id, number};
use crate::transaction::{Change, View};

/// Under which name one layer of a record is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameRow {
    /// Which record.
    pub id: RecordId,
    /// Whether it is the draft, and not the base.
    pub is_draft: bool,
    /// The version of this content.
    pub version: u64,
    /// Whether the row says that it is in the trash.
    pub deleted: bool,
    /// What a list shows, sealed: the name is in it.
    pub meta: Envelope,
    /// What the index says.
    pub tags: Tags,
}

impl View<'_> {
    /// Every row with its place in the index, but for those that are records no more.
    pub fn for_each_name<E: From<Error>>(
        &self,
        mut visit: impl FnMut(NameRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT id, 0 AS is_draft, version, deleted, name, full, meta FROM base UNION ALL \
                   SELECT id, 1, version, deleted, name, full, meta FROM draft";
        let mut statement = self.connection().prepare_cached(sql).map_err(Error::from)?;
        let mut rows = statement.query(()).map_err(Error::from)?;
        while let Some(row) = rows.next().map_err(Error::from)? {
            let read = || {
                let id = id(row, "id")?;
                Ok(NameRow {
                    id,
                    is_draft: row.get("is_draft")?,
                    version: number(row, "version")?,
                    deleted: row.get("deleted")?,
                    meta: envelope(row, id, "meta")?,
                    tags: Tags { name: Tag(row.get("name")?), full: Tag(row.get("full")?) },
                })
            };
            match read() {
                Ok(row) => visit(row)?,
                Err(Error::Record(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

impl Change<'_> {
    /// Says anew under which name a layer of a record is found, and whether it is in the trash: as `row` has it. Nothing else
    /// of it changes.
    pub fn name_anew(&mut self, row: &NameRow) -> Result<(), Error> {
        let sql = match row.is_draft {
            true => "UPDATE draft SET name = ?2, full = ?3, deleted = ?4 WHERE id = ?1",
            false => "UPDATE base SET name = ?2, full = ?3, deleted = ?4 WHERE id = ?1",
        };
        self.execute(sql, (&row.id.0, &row.tags.name.0, &row.tags.full.0, row.deleted)).map(drop)
    }
}
