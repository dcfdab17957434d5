//! Appending a commit: everything about it that can be checked without keys, then all of it or nothing.

use std::collections::BTreeMap;

use keymoor_protocol::api::Push;
use keymoor_protocol::limits::Limits;
use keymoor_protocol::state::{Buckets, Entry, bucket_hash, bucket_of};
use keymoor_protocol::{AccountId, Commit, Cursor, Digest, Head, Kind, Record, RecordId};
use rusqlite::Connection;

use super::rows::{all, execute, get, optional};
use crate::store::StoreError;

/// Older versions that are kept whatever their age.
const KEEP_VERSIONS: i64 = 20;
/// And whatever their number, if they were superseded more recently than this.
const KEEP_MS: i64 = 90 * 24 * 60 * 60 * 1000;

/// A push that is right in itself.
pub(super) struct Checked {
    push: Push,
    commit: Commit,
    head: Head,
}

impl Checked {
    /// Checks what needs no database: form, digests, limits.
    pub(super) fn new(push: Push) -> Result<Self, StoreError> {
        let commit = push.signed.commit().map_err(|_| StoreError::InvalidCommit)?;
        let limits = Limits::default();
        let bytes: usize = push.records.iter().map(Record::size).sum();
        let too_large = commit.changes.len() as u64 > limits.commit_changes
            || push.records.iter().any(|record| record.size() as u64 > limits.record_bytes)
            || (bytes as u64 > limits.commit_bytes && push.records.len() > 1);
        if too_large {
            return Err(StoreError::TooLarge);
        }
        let mut records = push.records.iter();
        for change in commit.changes.iter().filter(|change| change.kind != Kind::Forgotten) {
            let record = records.next().ok_or(StoreError::InvalidCommit)?;
            let kind = if record.deleted { Kind::Deleted } else { Kind::Live };
            let fits = record.id == change.record
                && record.version == change.version
                && record.is_consistent()
                && kind == change.kind
                && record.digest() == change.digest;
            if !fits {
                return Err(StoreError::InvalidCommit);
            }
        }
        if records.next().is_some() {
            return Err(StoreError::InvalidCommit);
        }
        let head = push.signed.head();
        Ok(Self { push, commit, head })
    }
}

/// What the log of an account stands at.
struct Log {
    cursor: Cursor,
    vault: [u8; 16],
    epoch: u32,
    keys_version: i64,
    records: i64,
    bytes: i64,
}

/// Appends if the parent is the head; the same commit at the head is answered again.
pub(super) fn append(
    connection: &Connection,
    account: AccountId,
    checked: &Checked,
    now: i64,
) -> Result<Cursor, StoreError> {
    let Checked { push, commit, head } = checked;
    let log = log(connection, account)?;
    if commit.vault.0 != log.vault {
        return Err(StoreError::NotFound);
    }
    let cursor = Cursor { seq: commit.seq, head: *head };
    if log.cursor == cursor {
        return Ok(cursor);
    }
    if commit.parent != log.cursor.head || commit.seq != log.cursor.seq + 1 {
        return Err(StoreError::HeadMoved(log.cursor));
    }
    if commit.epoch < log.epoch || commit.document_version as i64 > log.keys_version {
        return Err(StoreError::InvalidCommit);
    }
    let mut totals = (log.records, log.bytes);
    let mut touched: Vec<u8> = Vec::new();
    let mut records: BTreeMap<RecordId, &Record> = push.records.iter().map(|record| (record.id, record)).collect();
    for change in &commit.changes {
        let stored = stored(connection, account, change.record)?;
        let expected = stored.as_ref().map_or(0, |stored| stored.version) + 1;
        if change.version as i64 != expected || (stored.is_none() && never_again(connection, account, change.record)?) {
            return Err(StoreError::InvalidCommit);
        }
        if let Some(stored) = stored.filter(|stored| !stored.deleted) {
            totals = (totals.0 - 1, totals.1 - stored.size);
        }
        touched.push(bucket_of(change.record));
        match records.remove(&change.record) {
            Some(record) => {
                supersede(connection, account, record.id, now)?;
                put(connection, account, record, &change.digest, commit.seq)?;
                if !record.deleted {
                    totals = (totals.0 + 1, totals.1 + record.size() as i64);
                }
            }
            None => forget(connection, account, change.record)?,
        }
    }
    let limits = Limits::default();
    // A commit that makes the account smaller always passes: deletes work over quota, too.
    let over = totals.0 as u64 > limits.records || totals.1 as u64 > limits.bytes;
    if over && (totals.0 > log.records || totals.1 > log.bytes) {
        return Err(StoreError::OverQuota);
    }
    if settle(connection, account, touched)?.state() != commit.state {
        return Err(StoreError::InvalidCommit);
    }
    execute(
        connection,
        "INSERT INTO commits (account_id, seq, head, bytes, tag) VALUES (?1, ?2, ?3, ?4, ?5)",
        (&account.0, commit.seq as i64, &head.0, &push.signed.bytes, &push.signed.tag.0),
    )?;
    execute(
        connection,
        "UPDATE account SET seq = ?2, head = ?3, epoch = ?4, records = ?5, bytes = ?6 WHERE account_id = ?1",
        (&account.0, commit.seq as i64, &head.0, commit.epoch, totals.0, totals.1),
    )?;
    Ok(cursor)
}

fn log(connection: &Connection, account: AccountId) -> Result<Log, StoreError> {
    let sql = "SELECT vault_id, seq, head, epoch, keys_version, records, bytes FROM account WHERE account_id = ?1";
    let found = all(connection, sql, [account.0], |row| {
        Ok(Log {
            cursor: Cursor { seq: get::<i64>(row, "seq")? as u64, head: Head(get(row, "head")?) },
            vault: get(row, "vault_id")?,
            epoch: get(row, "epoch")?,
            keys_version: get(row, "keys_version")?,
            records: get(row, "records")?,
            bytes: get(row, "bytes")?,
        })
    })?;
    found.into_iter().next().ok_or(StoreError::NotFound)
}

struct Stored {
    version: i64,
    deleted: bool,
    size: i64,
}

fn stored(connection: &Connection, account: AccountId, id: RecordId) -> Result<Option<Stored>, StoreError> {
    let sql = "SELECT version, deleted, length(meta) + length(secret) AS size FROM record \
               WHERE account_id = ?1 AND record_id = ?2";
    let found = all(connection, sql, (&account.0, &id.0), |row| {
        Ok(Stored { version: get(row, "version")?, deleted: get(row, "deleted")?, size: get(row, "size")? })
    })?;
    Ok(found.into_iter().next())
}

/// The id of a record that was forgotten is never used again.
fn never_again(connection: &Connection, account: AccountId, id: RecordId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM forgotten WHERE account_id = ?1 AND record_id = ?2";
    Ok(optional::<i64>(connection, sql, (&account.0, &id.0))?.is_some())
}

fn supersede(connection: &Connection, account: AccountId, id: RecordId, now: i64) -> Result<(), StoreError> {
    let moved = execute(
        connection,
        "INSERT INTO history (account_id, record_id, seq, version, deleted, meta, secret, superseded_at) \
         SELECT account_id, record_id, seq, version, deleted, meta, secret, ?3 FROM record \
         WHERE account_id = ?1 AND record_id = ?2",
        (&account.0, &id.0, now),
    )?;
    if moved > 0 {
        execute(
            connection,
            "DELETE FROM history WHERE account_id = ?1 AND record_id = ?2 AND superseded_at < ?3 AND seq NOT IN \
             (SELECT seq FROM history WHERE account_id = ?1 AND record_id = ?2 ORDER BY seq DESC LIMIT ?4)",
            (&account.0, &id.0, now - KEEP_MS, KEEP_VERSIONS),
        )?;
    }
    Ok(())
}

fn put(
    connection: &Connection,
    account: AccountId,
    record: &Record,
    digest: &Digest,
    seq: u64,
) -> Result<(), StoreError> {
    execute(
        connection,
        "REPLACE INTO record (account_id, record_id, version, deleted, digest, bucket, seq, meta, secret) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        (
            &account.0,
            &record.id.0,
            record.version as i64,
            record.deleted,
            &digest.0,
            bucket_of(record.id),
            seq as i64,
            record.meta.as_bytes(),
            record.secret.as_bytes(),
        ),
    )
    .map(drop)
}

/// Gone for good, with its history.
fn forget(connection: &Connection, account: AccountId, id: RecordId) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM record WHERE account_id = ?1 AND record_id = ?2",
        "DELETE FROM history WHERE account_id = ?1 AND record_id = ?2",
        "INSERT OR IGNORE INTO forgotten (account_id, record_id) VALUES (?1, ?2)",
    ] {
        execute(connection, sql, (&account.0, &id.0))?;
    }
    Ok(())
}

/// Hashes the touched buckets anew and returns all of them.
fn settle(connection: &Connection, account: AccountId, mut touched: Vec<u8>) -> Result<Buckets, StoreError> {
    touched.sort_unstable();
    touched.dedup();
    for bucket in touched {
        let sql = "SELECT record_id, version, digest, deleted FROM record \
                   WHERE account_id = ?1 AND bucket = ?2 ORDER BY record_id";
        let entries = all(connection, sql, (&account.0, bucket), |row| {
            Ok(Entry {
                record: RecordId(get(row, "record_id")?),
                version: get::<i64>(row, "version")? as u64,
                digest: Digest(get(row, "digest")?),
                deleted: get(row, "deleted")?,
            })
        })?;
        execute(
            connection,
            "REPLACE INTO bucket (account_id, bucket, hash) VALUES (?1, ?2, ?3)",
            (&account.0, bucket, bucket_hash(entries)),
        )?;
    }
    let mut buckets = Buckets::default();
    let rows = all(connection, "SELECT bucket, hash FROM bucket WHERE account_id = ?1", [account.0], |row| {
        Ok((get::<u8>(row, "bucket")?, get::<[u8; 32]>(row, "hash")?))
    })?;
    for (bucket, hash) in rows {
        buckets.0[usize::from(bucket)] = hash;
    }
    Ok(buckets)
}
