//! The state hash of the base set, kept in buckets.

use keymoor_protocol::state::{Buckets, Entry, StateHash, bucket_hash, bucket_of};
use keymoor_protocol::{Change as CommitChange, Digest, Kind, RecordId};
use rusqlite::Row;

use crate::error::Error;
use crate::rows::{id, number, record};
use crate::transaction::View;

impl View<'_> {
    /// The bucket hashes of the base set. In a write they follow what was written so far.
    pub fn buckets(&self) -> Result<Buckets, Error> {
        self.settle()?;
        let mut buckets = Buckets::default();
        for (number, hash) in self.all("SELECT number, hash FROM bucket", (), |row| {
            Ok((row.get::<_, u8>("number")?, row.get::<_, [u8; 32]>("hash")?))
        })? {
            buckets.0[usize::from(number)] = hash;
        }
        Ok(buckets)
    }

    /// The state hash of the base set.
    pub fn state(&self) -> Result<StateHash, Error> {
        Ok(self.buckets()?.state())
    }

    /// The state hash that the base set would have after `changes`: what a commit states. Nothing is written.
    pub fn state_after(&self, changes: &[CommitChange]) -> Result<StateHash, Error> {
        let mut buckets = self.buckets()?;
        let mut numbers: Vec<u8> = changes.iter().map(|change| bucket_of(change.record)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers {
            let mut entries = self.entries(number)?;
            for change in changes.iter().filter(|change| bucket_of(change.record) == number) {
                entries.retain(|entry| entry.record != change.record);
                if change.kind != Kind::Forgotten {
                    entries.push(Entry {
                        record: change.record,
                        version: change.version,
                        digest: change.digest,
                        deleted: change.kind == Kind::Deleted,
                    });
                }
            }
            entries.sort_unstable_by_key(|entry| entry.record);
            buckets.0[usize::from(number)] = bucket_hash(entries);
        }
        Ok(buckets.state())
    }

    /// The base set's entries in one bucket, sorted by id.
    pub fn entries(&self, bucket: u8) -> Result<Vec<Entry>, Error> {
        let sql = "SELECT id, version, digest, deleted FROM base WHERE bucket = ?1 ORDER BY id";
        self.all(sql, [bucket], read_entry)
    }

    /// Hashes anew the buckets that this write touched: each once, however many of its records changed.
    pub(crate) fn settle(&self) -> Result<(), Error> {
        for number in self.take_touched() {
            let entries = self.entries(number)?;
            if entries.is_empty() {
                self.execute("DELETE FROM bucket WHERE number = ?1", [number])?;
            } else {
                let sql = "REPLACE INTO bucket (number, hash) VALUES (?1, ?2)";
                self.execute(sql, (number, bucket_hash(entries)))?;
            }
        }
        Ok(())
    }
}

/// Records whose bytes are not those of their digest, and buckets that are not those of their entries.
pub(crate) fn faults(view: &View<'_>) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for (what, sql) in [
        ("base", "SELECT * FROM base"),
        ("draft", "SELECT * FROM draft"),
        ("history", "SELECT *, record AS id FROM history"),
        ("staged", "SELECT * FROM staged"),
    ] {
        let bad = view.all(sql, (), |row| {
            let id = id(row, "id")?;
            let digest = Digest(row.get("digest")?);
            let fits = record(row, id).is_ok_and(|record| record.digest() == digest);
            Ok((!fits).then(|| format!("{what}: record {id} is not what its digest says")))
        })?;
        found.extend(bad.into_iter().flatten());
    }
    found.extend(view.frozen().is_err().then(|| "the frozen commit cannot be read".to_owned()));
    let kept = view.buckets()?;
    let made = Buckets::of(view.all("SELECT id, version, digest, deleted FROM base", (), read_entry)?);
    found.extend((kept != made).then(|| "the bucket hashes are not those of the records".to_owned()));
    Ok(found)
}

pub(crate) fn read_entry(row: &Row<'_>) -> Result<Entry, Error> {
    Ok(Entry {
        record: RecordId(row.get(0)?),
        version: number(row, "version")?,
        digest: Digest(row.get(2)?),
        deleted: row.get(3)?,
    })
}
