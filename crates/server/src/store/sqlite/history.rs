//! Earlier versions of records: they come with each push, and go when they were kept long enough or there are too many.

use std::ops::ControlFlow;

use keymoor_protocol::limits::Limits;
use keymoor_protocol::{AccountId, RecordId};
use rusqlite::Connection;

use super::rows::{all, count, each, execute, get, optional};
use crate::store::StoreError;

/// Young versions are kept up to this number,
const KEEP_YOUNG: i64 = 1000;
/// which is looked at once in so many.
pub(super) const BOUNDED: u64 = 50;

/// Moves the stored version to the history; whether there was one.
pub(super) fn supersede(
    connection: &Connection,
    account: AccountId,
    id: RecordId,
    now: i64,
) -> Result<bool, StoreError> {
    let moved = execute(
        connection,
        "INSERT INTO history (account_id, record_id, seq, version, deleted, meta, secret, superseded_at) \
         SELECT account_id, record_id, seq, version, deleted, meta, secret, ?3 FROM record \
         WHERE account_id = ?1 AND record_id = ?2",
        (&account.0, &id.0, now),
    )?;
    Ok(moved > 0)
}

/// Drops from a record's history what has lain there long enough; returns the sizes of what was dropped.
pub(super) fn expire(
    connection: &Connection,
    account: AccountId,
    id: RecordId,
    limits: &Limits,
    now: i64,
) -> Result<Vec<u64>, StoreError> {
    let Some(spare) = newest_but(connection, account, id, limits.history_versions as i64)? else {
        return Ok(Vec::new());
    };
    let long_ago = ago(now, limits.history_seconds);
    // From the oldest up to the first that is young: with every push, and mostly that is one row.
    drop_oldest(connection, account, id, spare, |superseded_at| superseded_at < long_ago)
}

/// Drops from a record's history what is beyond the greatest number, however young.
pub(super) fn bound(
    connection: &Connection,
    account: AccountId,
    id: RecordId,
) -> Result<Vec<u64>, StoreError> {
    match newest_but(connection, account, id, KEEP_YOUNG)? {
        Some(spare) => drop_oldest(connection, account, id, spare, |_| true),
        None => Ok(Vec::new()),
    }
}

/// The number of the newest version in the history after so many newer ones, if there is one.
fn newest_but(
    connection: &Connection,
    account: AccountId,
    id: RecordId,
    newer: i64,
) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT seq FROM history WHERE account_id = ?1 AND record_id = ?2 ORDER BY seq DESC LIMIT 1 OFFSET ?3";
    optional(connection, sql, (&account.0, &id.0, newer))
}

fn drop_oldest(
    connection: &Connection,
    account: AccountId,
    id: RecordId,
    up_to: i64,
    goes: impl Fn(i64) -> bool,
) -> Result<Vec<u64>, StoreError> {
    let sql = "SELECT rowid AS place, superseded_at, length(meta) + length(secret) AS size FROM history \
               WHERE account_id = ?1 AND record_id = ?2 AND seq <= ?3 ORDER BY seq";
    let mut dropped: Vec<(i64, u64)> = Vec::new();
    each(connection, sql, (&account.0, &id.0, up_to), |row| {
        if !goes(get(row, "superseded_at")?) {
            return Ok(ControlFlow::Break(()));
        }
        dropped.push((get(row, "place")?, count(row, "size")?));
        Ok(ControlFlow::Continue(()))
    })?;
    drop_rows(connection, dropped)
}

/// Drops these rows of the history, and returns their sizes.
fn drop_rows(connection: &Connection, rows: Vec<(i64, u64)>) -> Result<Vec<u64>, StoreError> {
    for (place, _) in &rows {
        execute(connection, "DELETE FROM history WHERE rowid = ?1", [place])?;
    }
    Ok(rows.into_iter().map(|(_, size)| size).collect())
}

/// Records after this one with more earlier versions than are kept whatever their age, and no more than `most`.
pub(super) fn with_long_history(
    connection: &Connection,
    account: AccountId,
    after: Option<RecordId>,
    limits: &Limits,
    most: i64,
) -> Result<Vec<RecordId>, StoreError> {
    let after = after.map_or_else(Vec::new, |id| id.0.to_vec()); // the empty blob sorts before every id
    let sql = "SELECT record_id FROM history WHERE account_id = ?1 AND record_id > ?2 \
               GROUP BY record_id HAVING count(*) > ?3 ORDER BY record_id LIMIT ?4";
    all(connection, sql, (&account.0, after, limits.history_versions as i64, most), |row| {
        Ok(RecordId(get(row, "record_id")?))
    })
}

/// A moment so many seconds before now, both in milliseconds.
pub(super) fn ago(now: i64, seconds: u64) -> i64 {
    now.saturating_sub(i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX))
}

/// Drops history beyond the newest versions of each record, the oldest first, until `excess` bytes are gone; returns the
/// sizes of what was dropped.
pub(super) fn thin(
    connection: &Connection,
    account: AccountId,
    limits: &Limits,
    excess: u64,
) -> Result<Vec<u64>, StoreError> {
    // Which records have so many is read from the index alone: mostly it is none.
    let sql = "SELECT history.rowid AS place, length(meta) + length(secret) AS size FROM history \
               JOIN (SELECT rowid AS spare, row_number() OVER (PARTITION BY record_id ORDER BY seq DESC) AS rank \
               FROM history WHERE account_id = ?1 AND record_id IN (SELECT record_id FROM history \
               WHERE account_id = ?1 GROUP BY record_id HAVING count(*) > ?2)) ON spare = history.rowid \
               WHERE rank > ?2 ORDER BY superseded_at, seq";
    let (mut spare, mut freed) = (Vec::new(), 0);
    each(connection, sql, (&account.0, limits.history_versions as i64), |row| {
        let size = count(row, "size")?;
        spare.push((get::<i64>(row, "place")?, size));
        freed += size;
        Ok(if freed < excess { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    drop_rows(connection, spare)
}
