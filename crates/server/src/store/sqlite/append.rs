//! Appending a commit: everything about it that can be checked without keys, then all of it or nothing.

use std::collections::BTreeMap;

use keymoor_fail_points::reached;
use keymoor_protocol::limits::Limits;
use keymoor_protocol::{AccountId, Cursor, Head, Record, RecordId};
use rusqlite::Connection;

use super::history;
use super::records::{self, Stored};
use super::rows::{count, execute, first, get};
use crate::store::StoreError;
use crate::store::checked::Checked;
use crate::store::quota::{Totals, allowance};

/// What a vault's log stands at, and what the next commit is measured by.
struct Log {
    cursor: Cursor,
    vault: [u8; 16],
    epoch: u32,
    document_version: u64,
    keys_version: u64,
    keys_epoch: u32,
    totals: Totals,
}

/// Appends if the parent is the head; the same commit at the head is answered again.
pub(super) fn append(
    connection: &Connection,
    account: AccountId,
    push: &Checked,
    limits: &Limits,
    now: i64,
) -> Result<Cursor, StoreError> {
    let log = log(connection, account)?;
    let cursor = Cursor { seq: push.commit.seq, head: push.head };
    if push.commit.vault.0 != log.vault {
        return Err(StoreError::InvalidCommit);
    }
    if log.cursor == cursor {
        return Ok(cursor);
    }
    follows(push, &log)?;
    let (mut totals, deletes) = apply(connection, account, push, log.totals, limits, now)?;
    let excess = totals.excess(limits);
    if excess > 0 && totals.kept_bytes > log.totals.kept_bytes {
        // A little more than needed, or each push from here on would look for old versions.
        let dropped = history::thin(connection, account, limits, excess + limits.bytes / 16)?;
        dropped.into_iter().for_each(|size| totals.drop(size));
    }
    if !log.totals.may_become(&totals, deletes, limits) {
        return Err(StoreError::OverQuota);
    }
    let touched = push.commit.changes.iter().map(|change| change.record);
    if records::settle(connection, account, touched)?.state() != push.commit.state {
        return Err(StoreError::InvalidCommit);
    }
    reached("append.applied");
    write(connection, account, push, totals, now)?;
    reached("append.written");
    Ok(cursor)
}

/// An old parent is told apart from a commit that could never follow: the one is planned anew, the other is wrong.
fn follows(push: &Checked, log: &Log) -> Result<(), StoreError> {
    let commit = &push.commit;
    if commit.parent != log.cursor.head {
        return Err(StoreError::HeadMoved(log.cursor));
    }
    let right = commit.seq == log.cursor.seq + 1
        && (log.epoch..=log.keys_epoch).contains(&commit.epoch)
        && (log.document_version..=log.keys_version).contains(&commit.document_version);
    if right { Ok(()) } else { Err(StoreError::InvalidCommit) }
}

/// Makes the changes; returns what the account holds then, and how much of what is kept deletes of live records brought.
fn apply(
    connection: &Connection,
    account: AccountId,
    push: &Checked,
    mut totals: Totals,
    limits: &Limits,
    now: i64,
) -> Result<(Totals, u64), StoreError> {
    let mut deletes = 0;
    let brought: BTreeMap<RecordId, &Record> =
        push.records.iter().map(|record| (record.id, record)).collect();
    for change in &push.commit.changes {
        let stored = Stored::find(connection, account, change.record)?;
        let version = stored.as_ref().map_or(0, |stored| stored.version) + 1;
        let is_reused = stored.is_none() && records::was_forgotten(connection, account, change.record)?;
        if change.version != version || is_reused {
            return Err(StoreError::InvalidCommit);
        }
        if let Some(stored) = &stored {
            totals.remove(stored.size, stored.deleted);
        }
        let dropped = match brought.get(&change.record) {
            Some(record) => {
                let size = record.size() as u64;
                if let Some(stored) = &stored {
                    totals.keep(stored.size);
                    if record.deleted && !stored.deleted {
                        deletes += allowance(stored.size, size);
                    }
                }
                totals.add(size, record.deleted);
                let mut dropped = Vec::new();
                if history::supersede(connection, account, record.id, now)? {
                    dropped = history::expire(connection, account, record.id, limits, now)?;
                }
                if version.is_multiple_of(history::BOUNDED) {
                    dropped.extend(history::bound(connection, account, record.id)?);
                }
                records::put(connection, account, record, &change.digest, push.commit.seq)?;
                dropped
            }
            None => records::forget(connection, account, change.record)?,
        };
        dropped.into_iter().for_each(|size| totals.drop(size));
    }
    Ok((totals, deletes))
}

fn write(
    connection: &Connection,
    account: AccountId,
    push: &Checked,
    totals: Totals,
    now: i64,
) -> Result<(), StoreError> {
    let (commit, signed) = (&push.commit, &push.signed);
    execute(
        connection,
        "INSERT INTO commits (account_id, seq, head, bytes, tag, received_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (&account.0, commit.seq as i64, &push.head.0, &signed.bytes, &signed.tag.0, now),
    )?;
    execute(
        connection,
        "UPDATE vault SET seq = ?2, head = ?3, epoch = ?4, document_version = ?5, records = ?6, bytes = ?7, \
         kept_records = ?8, kept_bytes = ?9 WHERE account_id = ?1",
        (
            &account.0,
            commit.seq as i64,
            &push.head.0,
            commit.epoch,
            commit.document_version as i64,
            totals.records as i64,
            totals.bytes as i64,
            totals.kept_records as i64,
            totals.kept_bytes as i64,
        ),
    )
    .map(drop)
}

fn log(connection: &Connection, account: AccountId) -> Result<Log, StoreError> {
    let sql = "SELECT v.*, a.keys_version, a.keys_epoch FROM vault v JOIN account a USING (account_id) \
               WHERE v.account_id = ?1";
    let found = first(connection, sql, [account.0], |row| {
        Ok(Log {
            cursor: Cursor { seq: count(row, "seq")?, head: Head(get(row, "head")?) },
            vault: get(row, "vault_id")?,
            epoch: get(row, "epoch")?,
            document_version: count(row, "document_version")?,
            keys_version: count(row, "keys_version")?,
            keys_epoch: get(row, "keys_epoch")?,
            totals: Totals {
                records: count(row, "records")?,
                bytes: count(row, "bytes")?,
                kept_records: count(row, "kept_records")?,
                kept_bytes: count(row, "kept_bytes")?,
            },
        })
    })?;
    found.ok_or(StoreError::NotFound)
}
