//! The live set as rows: records, what was forgotten, and the hashes over all of it.

use keymoor_protocol::state::{Buckets, Entry, bucket_hash, bucket_of};
use keymoor_protocol::{AccountId, Digest, Record, RecordId};
use rusqlite::Connection;

use super::rows::{all, count, execute, first, get, optional};
use crate::store::StoreError;

/// What a change is measured by.
pub(super) struct Stored {
    pub(super) version: u64,
    pub(super) deleted: bool,
    pub(super) size: u64,
}

impl Stored {
    pub(super) fn find(
        connection: &Connection,
        account: AccountId,
        id: RecordId,
    ) -> Result<Option<Self>, StoreError> {
        let sql = "SELECT version, deleted, length(meta) + length(secret) AS size FROM record \
                   WHERE account_id = ?1 AND record_id = ?2";
        first(connection, sql, (&account.0, &id.0), |row| {
            Ok(Self {
                version: count(row, "version")?,
                deleted: get(row, "deleted")?,
                size: count(row, "size")?,
            })
        })
    }
}

/// The id of a record that was forgotten is never used again.
pub(super) fn was_forgotten(
    connection: &Connection,
    account: AccountId,
    id: RecordId,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM forgotten WHERE account_id = ?1 AND record_id = ?2";
    Ok(optional::<i64>(connection, sql, (&account.0, &id.0))?.is_some())
}

pub(super) fn put(
    connection: &Connection,
    account: AccountId,
    record: &Record,
    digest: &Digest,
    seq: u64,
) -> Result<(), StoreError> {
    execute(
        connection,
        "INSERT INTO record (account_id, record_id, version, deleted, digest, bucket, seq, meta, secret) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET version = excluded.version, \
         deleted = excluded.deleted, digest = excluded.digest, seq = excluded.seq, meta = excluded.meta, \
         secret = excluded.secret",
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

/// Gone for good, with its history; returns the sizes of its older versions.
pub(super) fn forget(
    connection: &Connection,
    account: AccountId,
    id: RecordId,
) -> Result<Vec<u64>, StoreError> {
    for sql in [
        "DELETE FROM record WHERE account_id = ?1 AND record_id = ?2",
        "INSERT OR IGNORE INTO forgotten (account_id, record_id) VALUES (?1, ?2)",
    ] {
        execute(connection, sql, (&account.0, &id.0))?;
    }
    let sql = "DELETE FROM history WHERE account_id = ?1 AND record_id = ?2 \
               RETURNING length(meta) + length(secret) AS size";
    all(connection, sql, (&account.0, &id.0), |row| count(row, "size"))
}

/// Hashes the buckets of the touched records anew and returns all of them.
pub(super) fn settle(
    connection: &Connection,
    account: AccountId,
    touched: impl Iterator<Item = RecordId>,
) -> Result<Buckets, StoreError> {
    let mut touched: Vec<u8> = touched.map(bucket_of).collect();
    touched.sort_unstable();
    touched.dedup();
    for bucket in touched {
        let sql = "SELECT record_id, version, digest, deleted FROM record \
                   WHERE account_id = ?1 AND bucket = ?2 ORDER BY record_id";
        let entries = all(connection, sql, (&account.0, bucket), |row| {
            Ok(Entry {
                record: RecordId(get(row, "record_id")?),
                version: count(row, "version")?,
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
    let rows =
        all(connection, "SELECT bucket, hash FROM bucket WHERE account_id = ?1", [account.0], |row| {
            Ok((get::<u8>(row, "bucket")?, get::<[u8; 32]>(row, "hash")?))
        })?;
    for (bucket, hash) in rows {
        buckets.0[usize::from(bucket)] = hash;
    }
    Ok(buckets)
}
