//! The mirror in the keychain: which records' copies are behind, and what lies there under which key.

use keymoor_protocol::RecordId;

use crate::error::Error;
use crate::records::Current;
use crate::rows::{id, int, number};
use crate::transaction::{Change, View};

impl View<'_> {
    /// Records whose keychain copy is behind, at most `limit`, sorted by id. One that does not stand any more has a copy
    /// to be deleted.
    pub fn unmirrored(&self, limit: u32) -> Result<Vec<RecordId>, Error> {
        self.all("SELECT id FROM unmirrored ORDER BY id LIMIT ?1", [limit], |row| id(row, "id"))
    }

    /// Whether the keychain's copy of this one is behind.
    pub fn is_unmirrored(&self, record: RecordId) -> Result<bool, Error> {
        let found = self.one("SELECT 1 FROM unmirrored WHERE id = ?1", [record.0], |_| Ok(()))?;
        Ok(found.is_some())
    }

    /// How many are behind.
    pub fn unmirrored_count(&self) -> Result<u64, Error> {
        let count = self.one("SELECT count(*) AS n FROM unmirrored", (), |row| number(row, "n"))?;
        Ok(count.unwrap_or_default())
    }

    /// The newest whole generation of a key in the keychain, and its number of parts.
    pub fn slot(&self, key: &str) -> Result<Option<(u64, u16)>, Error> {
        self.one("SELECT generation, parts FROM slot WHERE key = ?1", [key], |row| {
            Ok((number(row, "generation")?, row.get("parts")?))
        })
    }
}

impl Change<'_> {
    /// A record's keychain copy is behind.
    pub fn mark_unmirrored(&mut self, id: RecordId) -> Result<(), Error> {
        self.execute("INSERT OR IGNORE INTO unmirrored (id) VALUES (?1)", [id.0]).map(drop)
    }

    /// `seen`, as [`View::current`] gave it, lies in the keychain now (`None`: nothing of the record does). Clears the
    /// mark if the record still stands like that, and says whether.
    ///
    /// The whole of it is compared and not a digest: a draft that was acknowledged meanwhile has the same bytes and is
    /// another copy, one that says what the server knows.
    pub fn mirrored(&mut self, id: RecordId, seen: Option<&Current>) -> Result<bool, Error> {
        let stands = self.current(id)?;
        if stands.as_ref() != seen {
            return Ok(false);
        }
        self.execute("DELETE FROM unmirrored WHERE id = ?1", [id.0])?;
        Ok(true)
    }

    /// Notes what lies in the keychain under a key.
    pub fn set_slot(&mut self, key: &str, (generation, parts): (u64, u16)) -> Result<(), Error> {
        // The greater generation wins: of two processes that wrote the same entry, the later to get here may hold the older.
        let sql = "INSERT INTO slot (key, generation, parts) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET \
                   generation = excluded.generation, parts = excluded.parts WHERE excluded.generation > generation";
        self.execute(sql, (key, int(generation), parts)).map(drop)
    }

    /// Nothing lies there any more.
    pub fn clear_slot(&mut self, key: &str) -> Result<(), Error> {
        self.execute("DELETE FROM slot WHERE key = ?1", [key]).map(drop)
    }
}
