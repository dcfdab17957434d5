//! Reading the log: pages, the chain, snapshots, history.

use keymoor_protocol::api::{Chain, History, Page, Placed, Push, Snapshot};
use keymoor_protocol::{AccountId, Cursor, Head, Record, RecordId, SignedCommit, Tag};
use rusqlite::{Connection, Row};

use super::rows::{all, get, optional, record};
use crate::store::StoreError;

/// Bytes of envelopes in one answer: large enough that a first sync takes few of them.
const PAGE_BYTES: usize = 3 * 1024 * 1024;
/// Commits in one page.
const PAGE_COMMITS: i64 = 500;
/// Records in one page of a snapshot.
const PAGE_RECORDS: i64 = 4000;

pub(super) fn pull(connection: &Connection, account: AccountId, after: Cursor) -> Result<Page, StoreError> {
    let head = head(connection, account)?;
    if known(connection, account, after.seq)? != Some(after.head) {
        return Err(StoreError::Diverged);
    }
    if after.seq == head.seq {
        return Ok(Page { commits: Vec::new(), head, more: false });
    }
    let sql = "SELECT seq, bytes, tag FROM commits WHERE account_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    let found = all(connection, sql, (&account.0, after.seq as i64, PAGE_COMMITS), signed)?;
    let mut commits = Vec::new();
    let (mut bytes, mut last) = (0, after.seq);
    for (seq, signed) in found {
        let sql = "SELECT * FROM record WHERE account_id = ?1 AND seq = ?2 ORDER BY record_id";
        let records = all(connection, sql, (&account.0, seq as i64), record)?;
        let size: usize = signed.bytes.len() + records.iter().map(Record::size).sum::<usize>();
        if bytes > 0 && bytes + size > PAGE_BYTES {
            break;
        }
        bytes += size;
        last = seq;
        commits.push(Push { signed, records });
    }
    Ok(Page { commits, head, more: last < head.seq })
}

pub(super) fn chain(connection: &Connection, account: AccountId, from: u64) -> Result<Chain, StoreError> {
    let head = head(connection, account)?;
    let sql = "SELECT seq, bytes, tag FROM commits WHERE account_id = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3";
    let mut commits = Vec::new();
    let (mut bytes, mut last) = (0, from.saturating_sub(1));
    for (seq, signed) in all(connection, sql, (&account.0, from as i64, 10 * PAGE_COMMITS), signed)? {
        if bytes > PAGE_BYTES {
            break;
        }
        bytes += signed.bytes.len();
        last = seq;
        commits.push(signed);
    }
    Ok(Chain { more: last < head.seq, commits, head })
}

pub(super) fn snapshot(
    connection: &Connection,
    account: AccountId,
    after: Option<RecordId>,
) -> Result<Snapshot, StoreError> {
    let head = head(connection, account)?;
    let start = after.map_or_else(Vec::new, |id| id.0.to_vec()); // the empty blob sorts before every id
    let sql = "SELECT * FROM record WHERE account_id = ?1 AND record_id > ?2 ORDER BY record_id LIMIT ?3";
    let rows = all(connection, sql, (&account.0, start, PAGE_RECORDS), |row| {
        Ok(Placed { seq: get::<i64>(row, "seq")? as u64, record: record(row)? })
    })?;
    let full = rows.len() as i64 == PAGE_RECORDS;
    let total = rows.len();
    let mut records: Vec<Placed> = Vec::new();
    let mut bytes = 0;
    for placed in rows {
        let size = placed.record.size();
        if bytes > 0 && bytes + size > PAGE_BYTES {
            break;
        }
        bytes += size;
        records.push(placed);
    }
    let more = full || records.len() < total;
    let next = if more { records.last().map(|placed| placed.record.id) } else { None };
    Ok(Snapshot { head, records, next })
}

pub(super) fn history(
    connection: &Connection,
    account: AccountId,
    id: RecordId,
) -> Result<History, StoreError> {
    let sql = "SELECT record_id, version, deleted, meta, secret, seq FROM record \
               WHERE account_id = ?1 AND record_id = ?2 UNION ALL \
               SELECT record_id, version, deleted, meta, secret, seq FROM history \
               WHERE account_id = ?1 AND record_id = ?2 ORDER BY seq DESC LIMIT 100";
    let versions = all(connection, sql, (&account.0, &id.0), |row| {
        Ok(Placed { seq: get::<i64>(row, "seq")? as u64, record: record(row)? })
    })?;
    if versions.is_empty() { Err(StoreError::NotFound) } else { Ok(History { versions }) }
}

fn head(connection: &Connection, account: AccountId) -> Result<Cursor, StoreError> {
    let sql = "SELECT seq, head FROM account WHERE account_id = ?1";
    let found = all(connection, sql, [account.0], |row| {
        Ok(Cursor { seq: get::<i64>(row, "seq")? as u64, head: Head(get(row, "head")?) })
    })?;
    found.into_iter().next().ok_or(StoreError::NotFound)
}

/// The hash of the commit at `seq`.
fn known(connection: &Connection, account: AccountId, seq: u64) -> Result<Option<Head>, StoreError> {
    if seq == 0 {
        return Ok(Some(Head::EMPTY));
    }
    let sql = "SELECT head FROM commits WHERE account_id = ?1 AND seq = ?2";
    Ok(optional(connection, sql, (&account.0, seq as i64))?.map(Head))
}

fn signed(row: &Row<'_>) -> Result<(u64, SignedCommit), StoreError> {
    let commit = SignedCommit { bytes: get(row, "bytes")?, tag: Tag(get(row, "tag")?) };
    Ok((get::<i64>(row, "seq")? as u64, commit))
}
