//! Tombstones: since when this cache holds records of the base as deleted.
//!
//! Nothing is put down when a record is deleted: a clock that is wrong then would count ever after. Whoever syncs puts down
//! the deleted records that are new, at a moment when the server's date agreed.

use keymoor_protocol::RecordId;

use crate::error::Error;
use crate::rows::{id, int, number};
use crate::transaction::{Change, View};

/// A deleted record of the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tombstone {
    /// Which.
    pub id: RecordId,
    /// Since when this cache holds it as deleted, milliseconds since 1970.
    pub since: u64,
}

impl View<'_> {
    /// The deleted records of the base whose time is known and that nothing here waits to change, longest held first.
    pub fn tombstones(&self) -> Result<Vec<Tombstone>, Error> {
        self.all(
            "SELECT t.id, t.since FROM tombstone AS t JOIN base AS b ON b.id = t.id AND b.digest = t.digest \
             WHERE b.deleted = 1 AND t.id NOT IN (SELECT id FROM draft) AND t.id NOT IN (SELECT id FROM erasure) \
             ORDER BY t.since, t.id",
            (),
            |row| Ok(Tombstone { id: id(row, "id")?, since: number(row, "since")? }),
        )
    }

    /// Whether [`Change::hold_tombstones`] would change anything.
    pub fn tombstones_are_behind(&self) -> Result<bool, Error> {
        let sql = format!("SELECT 1 WHERE EXISTS ({NEW}) OR EXISTS ({GONE})");
        Ok(self.one(&sql, (), |_| Ok(()))?.is_some())
    }
}

impl Change<'_> {
    /// Puts down that the deleted records of the base that are new are held since `now`, and drops what is none any more.
    pub fn hold_tombstones(&mut self, now: u64) -> Result<(), Error> {
        self.execute(&format!("DELETE FROM tombstone WHERE id IN ({GONE})"), ())?;
        self.execute(
            &format!("INSERT INTO tombstone (id, digest, since) SELECT id, digest, ?1 FROM ({NEW})"),
            [int(now)],
        )
        .map(drop)
    }
}

/// Deleted, and not put down as such.
const NEW: &str = "SELECT b.id, b.digest FROM base AS b WHERE b.deleted = 1 \
                   AND NOT EXISTS (SELECT 1 FROM tombstone AS t WHERE t.id = b.id AND t.digest = b.digest)";
/// Put down, and not deleted, or deleted anew.
const GONE: &str = "SELECT t.id FROM tombstone AS t WHERE NOT EXISTS \
                    (SELECT 1 FROM base AS b WHERE b.id = t.id AND b.digest = t.digest AND b.deleted = 1)";
