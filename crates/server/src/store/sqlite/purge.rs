//! What was kept long enough goes, account by account, in steps that hold the writer for a few milliseconds each.
//!
//! The floor is raised for the devices' sake, not to save room, since the commits stay: whoever is far behind gets on sooner
//! by a snapshot, and after half a year tombstones may be gone that only a snapshot tells. What goes from the disk is history.

use std::ops::ControlFlow::{Break, Continue};

use keymoor_protocol::limits::Limits;
use keymoor_protocol::{AccountId, RecordId};
use rusqlite::Connection;

use super::history::{ago, expire, with_long_history};
use super::rows::{all, count, each, execute, first, get};
use super::{Sqlite, sessions};
use crate::store::quota::Totals;
use crate::store::{Purged, StoreError};

/// Accounts that are listed at a time.
const ACCOUNTS: i64 = 100;
/// Commits that one step looks at, and records whose history it thins.
const COMMITS: i64 = 500;
const RECORDS: i64 = 20;
/// A log may be so many times longer than the live set before it is no longer paged from its beginning.
const LONGER: u64 = 4;

/// Goes through all accounts.
pub(super) async fn purge(store: &Sqlite, now: i64) -> Result<Purged, StoreError> {
    let (mut purged, mut after) = (Purged::default(), None);
    loop {
        let accounts = store.read(move |connection| accounts(connection, after)).await?;
        let Some(last) = accounts.last().copied() else { return Ok(purged) };
        for account in accounts {
            account_purged(store, account, now, &mut purged).await?;
        }
        after = Some(last);
    }
}

async fn account_purged(
    store: &Sqlite,
    account: AccountId,
    now: i64,
    purged: &mut Purged,
) -> Result<(), StoreError> {
    let limits = store.inner.limits;
    purged.sessions += store.write(move |connection| sessions::expire(connection, account, now)).await?;
    let mut looked_at = Some(0);
    while let Some(from) = looked_at {
        let raised = store.write(move |connection| raise(connection, account, from, &limits, now)).await?;
        purged.commits += raised.by;
        looked_at = raised.looked_at;
    }
    let mut after = None;
    loop {
        // Who has so much is found by a reader: the writer only looks at those.
        let long =
            move |connection: &Connection| with_long_history(connection, account, after, &limits, RECORDS);
        let records = store.read(long).await?;
        let Some(last) = records.last().copied() else { return Ok(()) };
        purged.versions +=
            store.write(move |connection| thin(connection, account, &records, &limits, now)).await?;
        after = Some(last);
    }
}

fn accounts(connection: &Connection, after: Option<AccountId>) -> Result<Vec<AccountId>, StoreError> {
    let after = after.map_or_else(Vec::new, |account| account.0.to_vec());
    let sql = "SELECT account_id FROM vault WHERE account_id > ?1 ORDER BY account_id LIMIT ?2";
    all(connection, sql, (after, ACCOUNTS), |row| Ok(AccountId(get(row, "account_id")?)))
}

struct Raised {
    by: u64,
    /// Where the next step begins, if there is one.
    looked_at: Option<u64>,
}

/// Raises the floor of a log by one step, which looks at the commits after `from`.
fn raise(
    connection: &Connection,
    account: AccountId,
    from: u64,
    limits: &Limits,
    now: i64,
) -> Result<Raised, StoreError> {
    let sql = "SELECT seq, floor, kept_records FROM vault WHERE account_id = ?1";
    let found = first(connection, sql, [account.0], |row| {
        Ok((count(row, "seq")?, count(row, "floor")?, count(row, "kept_records")?))
    })?;
    let (head, floor, records) = found.ok_or(StoreError::NotFound)?;
    let paged = limits.log_commits.max(LONGER * records);
    let mut raised = floor.max(head.saturating_sub(paged));
    let from = from.max(raised);
    let mut looked_at = Some(from);
    let (mut seen, long_ago) = (0, ago(now, limits.log_seconds));
    let sql = "SELECT seq, received_at FROM commits WHERE account_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    each(connection, sql, (&account.0, from as i64, COMMITS), |row| {
        let (seq, received): (u64, Option<i64>) = (count(row, "seq")?, get(row, "received_at")?);
        // Up to the first that is young: a clock that was wrong for a while takes nothing away.
        if received.is_some_and(|received| received >= long_ago) {
            looked_at = None;
            return Ok(Break(()));
        }
        // One without a time is as old as the next that has one.
        if received.is_some() {
            raised = seq;
        }
        (seen, looked_at) = (seen + 1, Some(seq));
        Ok(Continue(()))
    })?;
    let sql = "UPDATE vault SET floor = ?2 WHERE account_id = ?1 AND floor < ?2";
    execute(connection, sql, (&account.0, raised as i64))?;
    Ok(Raised { by: raised - floor, looked_at: looked_at.filter(|_| seen == COMMITS) })
}

/// Thins the history of these records; returns how many versions went.
fn thin(
    connection: &Connection,
    account: AccountId,
    records: &[RecordId],
    limits: &Limits,
    now: i64,
) -> Result<u64, StoreError> {
    let sql = "SELECT kept_bytes FROM vault WHERE account_id = ?1";
    let kept_bytes = first(connection, sql, [account.0], |row| count(row, "kept_bytes"))?;
    let mut totals = Totals { kept_bytes: kept_bytes.ok_or(StoreError::NotFound)?, ..Totals::default() };
    let mut versions = 0;
    for record in records {
        for size in expire(connection, account, *record, limits, now)? {
            totals.drop(size);
            versions += 1;
        }
    }
    if versions > 0 {
        let sql = "UPDATE vault SET kept_bytes = ?2 WHERE account_id = ?1";
        execute(connection, sql, (&account.0, totals.kept_bytes as i64))?;
    }
    Ok(versions)
}
