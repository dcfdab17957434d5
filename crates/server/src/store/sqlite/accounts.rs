//! Accounts and their keys documents.

use keymoor_fail_points::reached;
use keymoor_protocol::api::{Keys, NewAccount, NewKeys, NewPassword};
use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{AccountId, Head};
use rusqlite::Connection;

use super::rows::{count, execute, first, get, optional};
use crate::store::StoreError;

pub(super) fn create(connection: &Connection, new: &NewAccount, now: i64) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM vault WHERE account_id = ?1 OR vault_id = ?2";
    if optional::<i64>(connection, sql, (&new.account.0, &new.vault.0))?.is_some() {
        return Err(StoreError::AccountExists);
    }
    execute(
        connection,
        "INSERT INTO account (account_id, created_at, proof_hash, keys_version, keys_epoch, password, recovery, \
         keys_document) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            &new.account.0,
            now,
            &new.proof_hash,
            version(&new.keys)?,
            new.keys.epoch,
            &new.password,
            &new.recovery,
            &new.keys.document,
        ),
    )?;
    reached("account.half");
    execute(
        connection,
        "INSERT INTO vault (account_id, vault_id, seq, head, epoch, document_version, records, bytes, \
         kept_records, kept_bytes) VALUES (?1, ?2, 0, ?3, 0, 0, 0, 0, 0, 0)",
        (&new.account.0, &new.vault.0, &Head::EMPTY.0),
    )
    .map(drop)
}

pub(super) fn registration(
    connection: &Connection,
    account: AccountId,
    kind: LoginKind,
) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = match kind {
        LoginKind::Password => "SELECT password FROM account WHERE account_id = ?1",
        LoginKind::Recovery => "SELECT recovery FROM account WHERE account_id = ?1",
    };
    optional(connection, sql, [account.0])
}

pub(super) fn set_password(
    connection: &Connection,
    account: AccountId,
    new: &NewPassword,
) -> Result<(), StoreError> {
    put_keys(connection, account, &new.keys)?;
    execute(
        connection,
        "UPDATE account SET password = ?2 WHERE account_id = ?1",
        (&account.0, &new.password),
    )?;
    if let Some(recovery) = &new.recovery {
        execute(
            connection,
            "UPDATE account SET recovery = ?2 WHERE account_id = ?1",
            (&account.0, recovery),
        )?;
    }
    Ok(())
}

pub(super) fn keys(connection: &Connection, account: AccountId) -> Result<Keys, StoreError> {
    let sql = "SELECT keys_version, keys_epoch, keys_document FROM account WHERE account_id = ?1";
    let found = first(connection, sql, [account.0], |row| {
        Ok(Keys {
            version: count(row, "keys_version")?,
            epoch: get(row, "keys_epoch")?,
            document: get(row, "keys_document")?,
        })
    })?;
    found.ok_or(StoreError::NotFound)
}

/// Compare and swap: the stored version is the expected one, and the new one is higher. The epoch stays: a new root key comes
/// with another account proof, and no message brings its hash yet.
pub(super) fn put_keys(connection: &Connection, account: AccountId, new: &NewKeys) -> Result<(), StoreError> {
    let version = version(&new.keys)?;
    let stored = keys(connection, account)?;
    if stored.version != new.expected || new.keys.version <= stored.version {
        return Err(StoreError::KeysMoved);
    }
    if new.keys.epoch != stored.epoch {
        return Err(StoreError::InvalidKeys);
    }
    execute(
        connection,
        "UPDATE account SET keys_version = ?2, keys_epoch = ?3, keys_document = ?4 WHERE account_id = ?1",
        (&account.0, version, new.keys.epoch, &new.keys.document),
    )
    .map(drop)
}

/// Documents are numbered from 1; SQLite counts to 2^63.
fn version(keys: &Keys) -> Result<i64, StoreError> {
    i64::try_from(keys.version).ok().filter(|version| *version > 0).ok_or(StoreError::InvalidKeys)
}
