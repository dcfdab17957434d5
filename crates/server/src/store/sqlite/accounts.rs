//! Accounts, keys documents, devices.

use keymoor_protocol::api::{Device, Keys, NewAccount, NewKeys, NewPassword};
use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{AccountId, DeviceId, Head, base64url};
use rusqlite::Connection;

use super::rows::{all, execute, failed, get, optional};
use crate::store::StoreError;

pub(super) fn create(connection: &Connection, new: &NewAccount, now: i64) -> Result<(), StoreError> {
    let taken: Option<i64> = optional(
        connection,
        "SELECT 1 FROM account WHERE account_id = ?1 OR vault_id = ?2",
        (&new.account.0, &new.vault.0),
    )?;
    if taken.is_some() {
        return Err(StoreError::AccountExists);
    }
    execute(
        connection,
        "INSERT INTO account (account_id, vault_id, created_at, password, recovery, proof_hash, keys_version, \
         keys_epoch, keys_document, head) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        (
            &new.account.0,
            &new.vault.0,
            now,
            &new.password,
            &new.recovery,
            &new.proof_hash,
            new.keys.version as i64,
            new.keys.epoch,
            &new.keys.document,
            &Head::EMPTY.0,
        ),
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
    execute(connection, "UPDATE account SET password = ?2 WHERE account_id = ?1", (&account.0, &new.password))?;
    if let Some(recovery) = &new.recovery {
        execute(connection, "UPDATE account SET recovery = ?2 WHERE account_id = ?1", (&account.0, recovery))?;
    }
    Ok(())
}

pub(super) fn keys(connection: &Connection, account: AccountId) -> Result<Keys, StoreError> {
    let sql = "SELECT keys_version, keys_epoch, keys_document FROM account WHERE account_id = ?1";
    let found = all(connection, sql, [account.0], |row| {
        Ok(Keys {
            version: get::<i64>(row, "keys_version")? as u64,
            epoch: get(row, "keys_epoch")?,
            document: get(row, "keys_document")?,
        })
    })?;
    found.into_iter().next().ok_or(StoreError::NotFound)
}

/// Compare and swap: the stored version is the expected one, the new one is higher, and the epoch does not fall.
pub(super) fn put_keys(connection: &Connection, account: AccountId, new: &NewKeys) -> Result<(), StoreError> {
    let stored = keys(connection, account)?;
    let follows = stored.version == new.expected && new.keys.version > stored.version && new.keys.epoch >= stored.epoch;
    if !follows {
        return Err(StoreError::KeysMoved);
    }
    execute(
        connection,
        "UPDATE account SET keys_version = ?2, keys_epoch = ?3, keys_document = ?4 WHERE account_id = ?1",
        (&account.0, new.keys.version as i64, new.keys.epoch, &new.keys.document),
    )
    .map(drop)
}

pub(super) fn devices(connection: &Connection, account: AccountId) -> Result<Vec<Device>, StoreError> {
    let sql = "SELECT * FROM device WHERE account_id = ?1 ORDER BY created_at, device_id";
    all(connection, sql, [account.0], |row| {
        Ok(Device {
            id: DeviceId(get(row, "device_id")?),
            sealed: get::<Option<Vec<u8>>>(row, "sealed")?.map(|bytes| base64url::encode(&bytes)),
            created_at: get::<i64>(row, "created_at")? as u64,
            seen_at: get::<i64>(row, "seen_at")? as u64,
            current: false,
        })
    })
}

pub(super) fn put_device(
    connection: &Connection,
    account: AccountId,
    device: DeviceId,
    sealed: &[u8],
) -> Result<(), StoreError> {
    let sql = "UPDATE device SET sealed = ?3 WHERE account_id = ?1 AND device_id = ?2";
    match execute(connection, sql, (&account.0, &device.0, sealed))? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}

pub(super) fn remove_device(
    connection: &Connection,
    account: AccountId,
    device: DeviceId,
) -> Result<(), StoreError> {
    // Its sessions go with it.
    let sql = "DELETE FROM device WHERE account_id = ?1 AND device_id = ?2";
    match connection.execute(sql, (&account.0, &device.0)).map_err(failed)? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}
