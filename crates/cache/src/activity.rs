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

/// Entries that went because they were too many or too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// How many.
    pub count: u64,
    /// The link of the newest of them.
    pub last: Option<[u8; 32]>,
}

impl View<'_> {
    /// The newest entries, newest first, at most `limit`.
    pub fn activity(&self, limit: u32) -> Result<Vec<Entry>, Error> {
        self.all("SELECT * FROM activity ORDER BY id DESC LIMIT ?1", [limit], read_entry)
    }
}

impl Change<'_> {
    /// Adds an entry with its link, and says which went because they are older than is kept.
    pub fn add_activity(
        &mut self,
        at: u64,
        entry: &Envelope,
        link: Option<&[u8; 32]>,
    ) -> Result<Pruned, Error> {
        let sql = "INSERT INTO activity (at, bytes, link) VALUES (?1, ?2, ?3)";
        self.execute(sql, (int(at), entry.as_bytes(), link))?;
        self.prune_activity(self.connection().last_insert_rowid(), at)
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

    /// Of the oldest, those that are too many or too old. One whose clock was ahead holds back those after it, which costs
    /// nothing; and each call looks at a few, so that a clock that was set ahead for a moment cannot take all.
    fn prune_activity(&mut self, newest: i64, now: u64) -> Result<Pruned, Error> {
        let too_many = newest.saturating_sub(KEEP_ENTRIES.cast_signed());
        let mut pruned = Pruned::default();
        let mut oldest =
            self.all("SELECT * FROM activity WHERE id <= ?1 ORDER BY id", [too_many], read_entry)?;
        let kept =
            self.all("SELECT * FROM activity WHERE id > ?1 ORDER BY id LIMIT 4", [too_many], read_entry)?;
        oldest.extend(kept.into_iter().take_while(|entry| entry.at.saturating_add(KEEP_ENTRIES_MS) < now));
        for entry in oldest {
            self.drop_activity(entry.id)?;
            pruned = Pruned { count: pruned.count + 1, last: entry.link };
        }
        Ok(pruned)
    }
}

pub(crate) fn read_entry(row: &Row<'_>) -> Result<Entry, Error> {
    // A file of before has no such column; one of another length is none.
    let link: Option<Vec<u8>> = row.get("link").unwrap_or_default();
    let link = link.and_then(|link| link.try_into().ok());
    Ok(Entry { id: row.get("id")?, at: number(row, "at")?, bytes: row.get("bytes")?, link })
}
