//! Staging: a snapshot while it is being taken. It survives a kill, and touches nothing until it is whole.

use keymoor_protocol::api::Placed;
use keymoor_protocol::state::{Buckets, StateHash};
use keymoor_protocol::{Cursor, Head, RecordId};

use crate::buckets::read_entry;
use crate::error::Error;
use crate::rows::{id, int, number, record};
use crate::transaction::{Change, View};

impl View<'_> {
    /// How far a snapshot is: the head that the staged set has reached, and the record after which the next page begins;
    /// no record when all pages were taken. `None` when none is being taken.
    pub fn staged_cursor(&self) -> Result<Option<(Cursor, Option<RecordId>)>, Error> {
        self.one("SELECT * FROM staging", (), |row| {
            let cursor = Cursor { seq: number(row, "cursor_seq")?, head: Head(row.get("cursor_head")?) };
            Ok((cursor, row.get::<_, Option<_>>("next")?.map(RecordId)))
        })
    }

    /// How many records are staged.
    pub fn staged_count(&self) -> Result<u64, Error> {
        let count = self.one("SELECT count(*) AS count FROM staged", (), |row| number(row, "count"))?;
        Ok(count.unwrap_or(0))
    }

    /// Every staged record, sorted by id. One that cannot be read is [`Error::Record`]: take the snapshot again.
    pub fn for_each_staged<E: From<Error>>(
        &self,
        mut visit: impl FnMut(Placed) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement =
            self.connection().prepare_cached("SELECT * FROM staged ORDER BY id").map_err(Error::from)?;
        let mut rows = statement.query(()).map_err(Error::from)?;
        while let Some(row) = rows.next().map_err(Error::from)? {
            let record = record(row, id(row, "id")?)?;
            visit(Placed { seq: number(row, "seq")?, record })?;
        }
        Ok(())
    }

    /// One staged record.
    pub fn staged(&self, id: RecordId) -> Result<Option<Placed>, Error> {
        self.one("SELECT * FROM staged WHERE id = ?1", [id.0], |row| {
            Ok(Placed { seq: number(row, "seq")?, record: record(row, id)? })
        })
    }

    /// The state hash of the staged set.
    pub fn staged_state(&self) -> Result<StateHash, Error> {
        let entries = self.all("SELECT id, version, digest, deleted FROM staged", (), read_entry)?;
        Ok(Buckets::of(entries).state())
    }
}

impl Change<'_> {
    /// Stages records, over what is staged of them.
    pub fn stage(&mut self, records: &[Placed]) -> Result<(), Error> {
        for Placed { seq, record } in records {
            self.execute(
                "REPLACE INTO staged (id, seq, version, deleted, digest, meta, secret) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                (
                    &record.id.0,
                    int(*seq),
                    int(record.version),
                    record.deleted,
                    &record.digest().0,
                    record.meta.as_bytes(),
                    record.secret.as_bytes(),
                ),
            )?;
        }
        Ok(())
    }

    /// Takes a record out of the staged set: a later commit forgot it.
    pub fn unstage(&mut self, id: RecordId) -> Result<(), Error> {
        self.execute("DELETE FROM staged WHERE id = ?1", [id.0]).map(drop)
    }

    /// Notes how far the snapshot is.
    pub fn set_staged_cursor(&mut self, cursor: Cursor, next: Option<RecordId>) -> Result<(), Error> {
        self.execute(
            "REPLACE INTO staging (one, cursor_seq, cursor_head, next) VALUES (1, ?1, ?2, ?3)",
            (int(cursor.seq), &cursor.head.0, next.map(|id| id.0)),
        )
        .map(drop)
    }

    /// Drops everything staged.
    pub fn clear_staged(&mut self) -> Result<(), Error> {
        self.execute("DELETE FROM staged", ())?;
        self.execute("DELETE FROM staging", ()).map(drop)
    }
}
