//! Activity: what happened on this device, sealed entry by entry, and pruned.

use keymoor_protocol::Envelope;
use rusqlite::Row;

use crate::error::Error;
use crate::rows::{int, number};
use crate::transaction::{Change, View};

/// Entries that are kept.
pub const KEEP_ENTRIES: u64 = 10_000;
/// How long, in milliseconds.
pub const KEEP_ENTRIES_MS: u64 = 180 * 24 * 60 * 60 * 1000;

/// One sealed entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Grows with each entry and is never given twice; 0 for one that is not in the cache yet.
    pub id: i64,
    /// When, milliseconds since 1970.
    pub at: u64,
    /// What, as the bytes of an envelope; whoever opens it finds out whether it is whole.
    pub bytes: Vec<u8>,
}

impl View<'_> {
    /// The newest entries, newest first, at most `limit`.
    pub fn activity(&self, limit: u32) -> Result<Vec<Entry>, Error> {
        self.all("SELECT * FROM activity ORDER BY id DESC LIMIT ?1", [limit], read_entry)
    }
}

impl Change<'_> {
    /// Adds an entry and returns its id. Those that are older than is kept go.
    pub fn add_activity(&mut self, at: u64, entry: &Envelope) -> Result<i64, Error> {
        self.execute("INSERT INTO activity (at, bytes) VALUES (?1, ?2)", (int(at), entry.as_bytes()))?;
        let id = self.connection().last_insert_rowid();
        self.prune_activity(id, at)?;
        Ok(id)
    }

    /// Writes an entry anew, for whom it was sealed again.
    pub fn replace_activity(&mut self, id: i64, entry: &Envelope) -> Result<(), Error> {
        self.execute("UPDATE activity SET bytes = ?2 WHERE id = ?1", (id, entry.as_bytes())).map(drop)
    }

    /// Drops an entry.
    pub fn drop_activity(&mut self, id: i64) -> Result<(), Error> {
        self.execute("DELETE FROM activity WHERE id = ?1", [id]).map(drop)
    }

    /// Of the oldest, those that are too many or too old. One whose clock was ahead holds back those after it, which costs
    /// nothing; and each call looks at a few, so that a clock that was set ahead for a moment cannot take all.
    fn prune_activity(&mut self, newest: i64, now: u64) -> Result<(), Error> {
        let too_many = newest.saturating_sub(KEEP_ENTRIES.cast_signed());
        self.execute("DELETE FROM activity WHERE id <= ?1", [too_many])?;
        let oldest = self.all("SELECT id, at FROM activity ORDER BY id LIMIT 4", (), |row| {
            Ok((row.get::<_, i64>("id")?, number(row, "at")?))
        })?;
        for (id, at) in oldest {
            if at.saturating_add(KEEP_ENTRIES_MS) >= now {
                break;
            }
            self.drop_activity(id)?;
        }
        Ok(())
    }
}

pub(crate) fn read_entry(row: &Row<'_>) -> Result<Entry, Error> {
    Ok(Entry { id: row.get("id")?, at: number(row, "at")?, bytes: row.get("bytes")? })
}
