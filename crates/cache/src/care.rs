//! What needs somebody's care: copies in quarantine, and alarms.

use keymoor_protocol::RecordId;

use crate::error::Error;
use crate::rows::{id, int, number};
use crate::transaction::{Change, View};

/// A copy that did not open, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Which record it should be.
    pub id: RecordId,
    /// Where it lay: `cache`, `keychain`, `server`.
    pub home: String,
    /// Why it is kept aside, as a stable word.
    pub reason: String,
    /// Since when, milliseconds since 1970.
    pub at: u64,
    /// The copy.
    pub record_bytes: Vec<u8>,
}

/// Something that the user is to know of until it is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// What, as a stable word. Each code is raised once.
    pub code: String,
    /// Since when, milliseconds since 1970.
    pub at: u64,
    /// Sealed or opaque; nothing secret.
    pub details: Vec<u8>,
}

impl View<'_> {
    /// Every copy in quarantine, oldest first.
    pub fn quarantined(&self) -> Result<Vec<Quarantined>, Error> {
        self.all("SELECT * FROM quarantine ORDER BY place", (), |row| {
            Ok(Quarantined {
                id: id(row, "id")?,
                home: row.get("home")?,
                reason: row.get("reason")?,
                at: number(row, "at")?,
                record_bytes: row.get("bytes")?,
            })
        })
    }

    /// Whether a copy of this record is in quarantine.
    pub fn is_quarantined(&self, id: RecordId) -> Result<bool, Error> {
        Ok(self.one("SELECT 1 FROM quarantine WHERE id = ?1", [id.0], |_| Ok(()))?.is_some())
    }

    /// Every alarm, oldest first.
    pub fn alarms(&self) -> Result<Vec<Alarm>, Error> {
        self.all("SELECT * FROM alarm ORDER BY at, code", (), |row| {
            Ok(Alarm { code: row.get("code")?, at: number(row, "at")?, details: row.get("details")? })
        })
    }
}

impl Change<'_> {
    /// Keeps a copy aside. The same copy from the same home is kept once; others stay beside it.
    pub fn quarantine(&mut self, copy: &Quarantined) -> Result<(), Error> {
        self.execute(
            "INSERT INTO quarantine (id, home, reason, at, bytes) SELECT ?1, ?2, ?3, ?4, ?5 \
             WHERE NOT EXISTS (SELECT 1 FROM quarantine WHERE id = ?1 AND home = ?2 AND bytes = ?5)",
            (&copy.id.0, &copy.home, &copy.reason, int(copy.at), &copy.record_bytes),
        )
        .map(drop)
    }

    /// Drops every quarantined copy of a record.
    pub fn release_quarantine(&mut self, id: RecordId) -> Result<(), Error> {
        self.execute("DELETE FROM quarantine WHERE id = ?1", [id.0]).map(drop)
    }

    /// Raises an alarm. One that is raised already keeps its time and gets the new details.
    pub fn raise_alarm(&mut self, alarm: &Alarm) -> Result<(), Error> {
        self.execute(
            "INSERT INTO alarm (code, at, details) VALUES (?1, ?2, ?3) \
             ON CONFLICT (code) DO UPDATE SET details = excluded.details WHERE details <> excluded.details",
            (&alarm.code, int(alarm.at), &alarm.details),
        )
        .map(drop)
    }

    /// The alarm is settled.
    pub fn clear_alarm(&mut self, code: &str) -> Result<(), Error> {
        self.execute("DELETE FROM alarm WHERE code = ?1", [code]).map(drop)
    }
}
