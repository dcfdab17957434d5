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
    /// What names it and all before it, if it has that; whoever has the keys finds out whether it is right.
    pub link: Option<[u8; 32]>,
}

impl View<'_> {
    /// The newest entries, newest first, at most `limit`.
    pub fn activity(&self, limit: u32) -> Result<Vec<Entry>, Error> {
        self.all("SELECT * FROM activity ORDER BY id DESC LIMIT ?1", [limit], read_entry)
    }

    /// Of the oldest, oldest first, those that are too many of `there`, or too old. How many there are is for whoever asks
    /// to know: ids can be changed by anybody who writes the file. One whose clock was ahead holds back those after it,
    /// which costs nothing; and each call finds a few, so that a clock that was set ahead for a moment cannot take all.
    pub fn old_activity(&self, there: u64, now: u64) -> Result<Vec<Entry>, Error> {
        let too_many = there.saturating_sub(KEEP_ENTRIES);
        let sql = "SELECT * FROM activity ORDER BY id LIMIT ?1";
        let oldest = self.all(sql, [int(too_many.saturating_add(4))], read_entry)?;
        let goes = |(place, entry): &(u64, Entry)| {
            *place < too_many || entry.at.saturating_add(KEEP_ENTRIES_MS) < now
        };
        Ok((0..).zip(oldest).take_while(goes).map(|(_, entry)| entry).collect())
    }
}

impl Change<'_> {
    /// Adds an entry with its link.
    pub fn add_activity(&mut self, at: u64, entry: &Envelope, link: Option<&[u8; 32]>) -> Result<(), Error> {
        let sql = "INSERT INTO activity (at, bytes, link) VALUES (?1, ?2, ?3)";
        self.execute(sql, (int(at), entry.as_bytes(), link)).map(drop)
    }

    /// Links an entry anew.
    pub fn link_activity(&mut self, id: i64, link: &[u8; 32]) -> Result<(), Error> {
        self.execute("UPDATE activity SET link = ?2 WHERE id = ?1", (id, link)).map(drop)
    }

    /// Writes an entry anew, for whom it was sealed again.
    pub fn replace_activity(&mut self, id: i64, entry: &Envelope) -> Result<(), Error> {
        self.execute("UPDATE activity SET bytes = ?2 WHERE id = ?1", (id, entry.as_bytes())).map(drop)
    }

    /// Drops an entry.
    pub fn drop_activity(&mut self, id: i64) -> Result<(), Error> {
        self.execute("DELETE FROM activity WHERE id = ?1", [id]).map(drop)
    }
}

pub(crate) fn read_entry(row: &Row<'_>) -> Result<Entry, Error> {
    // A file of before has no such column; one of another length is none.
    let link: Option<Vec<u8>> = row.get("link").unwrap_or_default();
    let link = link.and_then(|link| link.try_into().ok());
    Ok(Entry { id: row.get("id")?, at: number(row, "at")?, bytes: row.get("bytes")?, link })
}
