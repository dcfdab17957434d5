//! Activity: what happened on this device, sealed entry by entry.

use keymoor_protocol::Envelope;

use crate::error::Error;
use crate::rows::{int, number};
use crate::transaction::{Change, View};

/// One sealed entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Grows with each entry and is never given twice.
    pub id: i64,
    /// When, milliseconds since 1970.
    pub at: u64,
    /// What, as the bytes of an envelope; whoever opens it finds out whether it is whole.
    pub bytes: Vec<u8>,
}

impl View<'_> {
    /// The newest entries, newest first, at most `limit`.
    pub fn activity(&self, limit: u32) -> Result<Vec<Entry>, Error> {
        self.all("SELECT * FROM activity ORDER BY id DESC LIMIT ?1", [limit], |row| {
            Ok(Entry { id: row.get("id")?, at: number(row, "at")?, bytes: row.get("bytes")? })
        })
    }
}

impl Change<'_> {
    /// Adds an entry and returns its id.
    pub fn add_activity(&mut self, at: u64, entry: &Envelope) -> Result<i64, Error> {
        self.execute("INSERT INTO activity (at, bytes) VALUES (?1, ?2)", (int(at), entry.as_bytes()))?;
        Ok(self.connection().last_insert_rowid())
    }
}
