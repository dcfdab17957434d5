//! The vault's log as this device knows it: the chain of commits, and the outbox with the frozen one.

use keymoor_protocol::api::Push;
use keymoor_protocol::bytes::{Malformed, Reader, Writer};
use keymoor_protocol::{Cursor, Head, Record, SignedCommit, Tag};
use rusqlite::Row;

use crate::error::Error;
use crate::rows::{int, number};
use crate::transaction::{Change, View};

const RECORDS: &[u8; 4] = b"KMO1";

impl View<'_> {
    /// The outbox: the commit that was sent, or is about to be, exactly as it was frozen.
    pub fn frozen(&self) -> Result<Option<Push>, Error> {
        self.one("SELECT * FROM frozen", (), |row| {
            let records = decode_records(&row.get::<_, Vec<u8>>("records")?)?;
            Ok(Push { signed: read_signed(row)?, records })
        })
    }

    /// The commit of that number; `None` also where only its head is known.
    pub fn chain_at(&self, seq: u64) -> Result<Option<SignedCommit>, Error> {
        self.one("SELECT * FROM chain WHERE seq = ?1 AND bytes IS NOT NULL", [int(seq)], read_signed)
    }

    /// The hash of that commit. Number 0 is before the first and always known.
    pub fn known(&self, seq: u64) -> Result<Option<Head>, Error> {
        if seq == 0 {
            return Ok(Some(Head::EMPTY));
        }
        self.one("SELECT head FROM chain WHERE seq = ?1", [int(seq)], |row| Ok(Head(row.get(0)?)))
    }

    /// The heads that are known from `from` on, at most `limit`; for finding the last one in common with a server.
    pub fn known_range(&self, from: u64, limit: u32) -> Result<Vec<Cursor>, Error> {
        let sql = "SELECT seq, head FROM chain WHERE seq >= ?1 ORDER BY seq LIMIT ?2";
        self.all(sql, (int(from), limit), read_cursor)
    }

    /// The commits that are kept from `from` on with their numbers, at most `limit`.
    pub fn chain_range(&self, from: u64, limit: u32) -> Result<Vec<(u64, SignedCommit)>, Error> {
        let sql = "SELECT * FROM chain WHERE seq >= ?1 AND bytes IS NOT NULL ORDER BY seq LIMIT ?2";
        self.all(sql, (int(from), limit), |row| Ok((number(row, "seq")?, read_signed(row)?)))
    }

    /// The first head that is known, number 0 left out.
    pub fn chain_first(&self) -> Result<Option<Cursor>, Error> {
        self.one("SELECT seq, head FROM chain ORDER BY seq LIMIT 1", (), read_cursor)
    }

    /// The last head that is known.
    pub fn chain_last(&self) -> Result<Option<Cursor>, Error> {
        self.one("SELECT seq, head FROM chain ORDER BY seq DESC LIMIT 1", (), read_cursor)
    }
}

impl Change<'_> {
    /// Freezes a commit, in place of one that was frozen.
    pub fn freeze(&mut self, push: &Push) -> Result<(), Error> {
        self.execute(
            "REPLACE INTO frozen (one, bytes, tag, records) VALUES (1, ?1, ?2, ?3)",
            (&push.signed.bytes, &push.signed.tag.0, encode_records(&push.records)),
        )
        .map(drop)
    }

    /// Drops the frozen commit: it was accepted, or never can be.
    pub fn thaw(&mut self) -> Result<(), Error> {
        self.execute("DELETE FROM frozen", ()).map(drop)
    }

    /// Keeps a commit of the chain.
    pub fn append_chain(&mut self, seq: u64, commit: &SignedCommit) -> Result<(), Error> {
        self.execute(
            "REPLACE INTO chain (seq, head, bytes, tag) VALUES (?1, ?2, ?3, ?4)",
            (int(seq), &commit.head().0, &commit.bytes, &commit.tag.0),
        )
        .map(drop)
    }

    /// Keeps a head without its commit: the high-water mark of a rebuilt cache, or what a kit states. A commit that is
    /// kept with that number and head stays.
    pub fn know_head(&mut self, cursor: Cursor) -> Result<(), Error> {
        self.execute(
            "INSERT INTO chain (seq, head) VALUES (?1, ?2) ON CONFLICT (seq) DO UPDATE \
             SET head = excluded.head, bytes = NULL, tag = NULL WHERE head <> excluded.head",
            (int(cursor.seq), &cursor.head.0),
        )
        .map(drop)
    }

    /// Drops what comes after that number: another branch is the vault's now.
    pub fn truncate_chain_above(&mut self, seq: u64) -> Result<(), Error> {
        self.execute("DELETE FROM chain WHERE seq > ?1", [int(seq)]).map(drop)
    }
}

pub(crate) fn read_signed(row: &Row<'_>) -> Result<SignedCommit, Error> {
    Ok(SignedCommit { bytes: row.get("bytes")?, tag: Tag(row.get("tag")?) })
}

fn read_cursor(row: &Row<'_>) -> Result<Cursor, Error> {
    Ok(Cursor { seq: number(row, "seq")?, head: Head(row.get("head")?) })
}

/// `"KMO1" | u32 × sized(record)`.
fn encode_records(records: &[Record]) -> Vec<u8> {
    let start = Writer::new(RECORDS).u32(records.len() as u32);
    records.iter().fold(start, |writer, record| writer.sized(&record.encode())).finish()
}

fn decode_records(bytes: &[u8]) -> Result<Vec<Record>, Malformed> {
    let mut reader = Reader::new(bytes, RECORDS)?;
    let records = (0..reader.u32()?).map(|_| Record::decode(reader.sized()?)).collect::<Result<_, _>>()?;
    reader.end()?;
    Ok(records)
}
