//! Reading the log: pages, the chain, snapshots, history. Each stops reading rows when its answer is full.

use std::ops::ControlFlow::{Break, Continue};

use keymoor_protocol::api::{Chain, History, Page, Placed, Push, Snapshot};
use keymoor_protocol::{AccountId, Cursor, Head, RecordId, SignedCommit, Tag};
use rusqlite::{Connection, Row};

use super::rows::{all, count, each, first, get, optional, record};
use crate::store::StoreError;

/// Bytes of envelopes and commits in one answer: large enough that a first sync takes few of them.
const PAGE_BYTES: usize = 3 * 1024 * 1024;
/// Commits in one page.
const PAGE_COMMITS: i64 = 500;
/// Commits in one page without their records.
const PAGE_CHAIN: i64 = 5000;
/// Records in one page of a snapshot.
const PAGE_RECORDS: usize = 4000;
/// Versions in one history.
const PAGE_VERSIONS: usize = 100;

/// Of an account and a seq.
const RECORDS_OF_A_COMMIT: &str =
    "SELECT * FROM record WHERE account_id = ?1 AND seq = ?2 ORDER BY record_id";

/// What is left of an answer's size.
struct Room(Option<usize>);

impl Room {
    /// Of a new answer. Its first item always fits, or nobody would get on.
    const NEW: Self = Self(None);

    fn takes(&mut self, size: usize) -> bool {
        let left = self.0.map_or(Some(PAGE_BYTES.saturating_sub(size)), |left| left.checked_sub(size));
        self.0 = left.or(self.0);
        left.is_some()
    }
}

pub(super) fn pull(connection: &Connection, account: AccountId, after: Cursor) -> Result<Page, StoreError> {
    let head = head(connection, account)?;
    if known(connection, account, after.seq)? != Some(after.head) {
        return Err(StoreError::Diverged);
    }
    if after.seq < floor(connection, account)? {
        return Err(StoreError::BelowFloor);
    }
    let mut commits = Vec::new();
    let (mut room, mut last) = (Room::NEW, after.seq);
    let sql = "SELECT seq, bytes, tag FROM commits WHERE account_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    each(connection, sql, (&account.0, after.seq as i64, PAGE_COMMITS), |row| {
        let (seq, signed) = signed(row)?;
        let records = all(connection, RECORDS_OF_A_COMMIT, (&account.0, seq as i64), record)?;
        let push = Push { signed, records };
        if !room.takes(push.size()) {
            return Ok(Break(()));
        }
        last = seq;
        commits.push(push);
        Ok(Continue(()))
    })?;
    Ok(Page { commits, head, more: last < head.seq })
}

pub(super) fn chain(connection: &Connection, account: AccountId, from: u64) -> Result<Chain, StoreError> {
    let head = head(connection, account)?;
    let mut commits = Vec::new();
    let (mut room, mut last) = (Room::NEW, from.saturating_sub(1));
    let sql = "SELECT seq, bytes, tag FROM commits WHERE account_id = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3";
    each(connection, sql, (&account.0, from as i64, PAGE_CHAIN), |row| {
        let (seq, signed) = signed(row)?;
        if !room.takes(signed.bytes.len()) {
            return Ok(Break(()));
        }
        last = seq;
        commits.push(signed);
        Ok(Continue(()))
    })?;
    Ok(Chain { more: last < head.seq, commits, head })
}

pub(super) fn snapshot(
    connection: &Connection,
    account: AccountId,
    after: Option<RecordId>,
) -> Result<Snapshot, StoreError> {
    let head = head(connection, account)?;
    let start = after.map_or_else(Vec::new, |id| id.0.to_vec()); // the empty blob sorts before every id
    let mut records: Vec<Placed> = Vec::new();
    let (mut room, mut more) = (Room::NEW, false);
    let sql = "SELECT * FROM record WHERE account_id = ?1 AND record_id > ?2 ORDER BY record_id";
    each(connection, sql, (&account.0, start), |row| {
        let placed = placed(row)?;
        more = records.len() == PAGE_RECORDS || !room.takes(placed.record.size());
        if more {
            return Ok(Break(()));
        }
        records.push(placed);
        Ok(Continue(()))
    })?;
    let next = if more { records.last().map(|placed| placed.record.id) } else { None };
    Ok(Snapshot { head, records, next })
}

pub(super) fn history(
    connection: &Connection,
    account: AccountId,
    id: RecordId,
) -> Result<History, StoreError> {
    let mut versions = Vec::new();
    let (mut room, mut more) = (Room::NEW, false);
    // The current version first: the history's numbers are all lower, so nothing has to be sorted.
    let current = "SELECT * FROM record WHERE account_id = ?1 AND record_id = ?2";
    let older = "SELECT * FROM history WHERE account_id = ?1 AND record_id = ?2 ORDER BY seq DESC";
    for sql in [current, older] {
        each(connection, sql, (&account.0, &id.0), |row| {
            let placed = placed(row)?;
            more = versions.len() == PAGE_VERSIONS || !room.takes(placed.record.size());
            if more {
                return Ok(Break(()));
            }
            versions.push(placed);
            Ok(Continue(()))
        })?;
    }
    if versions.is_empty() { Err(StoreError::NotFound) } else { Ok(History { versions, more }) }
}

/// Where the log is.
pub(super) fn head(connection: &Connection, account: AccountId) -> Result<Cursor, StoreError> {
    let found = first(connection, "SELECT seq, head FROM vault WHERE account_id = ?1", [account.0], |row| {
        Ok(Cursor { seq: count(row, "seq")?, head: Head(get(row, "head")?) })
    })?;
    found.ok_or(StoreError::NotFound)
}

/// Up to which number the log is not paged.
fn floor(connection: &Connection, account: AccountId) -> Result<u64, StoreError> {
    let found = first(connection, "SELECT floor FROM vault WHERE account_id = ?1", [account.0], |row| {
        count(row, "floor")
    })?;
    found.ok_or(StoreError::NotFound)
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
    Ok((count(row, "seq")?, commit))
}

fn placed(row: &Row<'_>) -> Result<Placed, StoreError> {
    Ok(Placed { seq: count(row, "seq")?, record: record(row)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::schema;

    #[test]
    fn a_commit_finds_its_records_without_looking_through_the_others() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {RECORDS_OF_A_COMMIT}")).unwrap();
        let steps = plan.query_map([[0; 16].as_slice(), &[1]], |row| row.get::<_, String>("detail")).unwrap();
        let steps: Vec<String> = steps.collect::<Result<_, _>>().unwrap();
        assert_eq!(steps, ["SEARCH record USING INDEX record_seq (account_id=? AND seq=?)"]);
    }

    #[test]
    fn the_first_item_always_fits_and_then_the_page_fills() {
        let mut room = Room::NEW;
        assert!(room.takes(PAGE_BYTES + 1));
        assert!(!room.takes(1));
        let mut room = Room::NEW;
        assert!(room.takes(PAGE_BYTES - 10));
        assert!(!room.takes(11));
        assert!(room.takes(10));
        assert!(room.takes(0));
        assert!(!room.takes(1));
    }
}
