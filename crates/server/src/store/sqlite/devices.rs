//! The account's devices.

use keymoor_protocol::api::Device;
use keymoor_protocol::{AccountId, DeviceId, base64url};
use rusqlite::Connection;

use super::rows::{all, count, execute, get};
use crate::store::StoreError;

pub(super) fn list(connection: &Connection, account: AccountId) -> Result<Vec<Device>, StoreError> {
    let sql = "SELECT * FROM device WHERE account_id = ?1 ORDER BY created_at, device_id";
    all(connection, sql, [account.0], |row| {
        Ok(Device {
            id: DeviceId(get(row, "device_id")?),
            sealed: get::<Option<Vec<u8>>>(row, "sealed")?.map(|bytes| base64url::encode(&bytes)),
            created_at: count(row, "created_at")?,
            seen_at: count(row, "seen_at")?,
            current: false,
        })
    })
}

pub(super) fn put(
    connection: &Connection,
    account: AccountId,
    device: DeviceId,
    sealed: &[u8],
) -> Result<(), StoreError> {
    let sql = "UPDATE device SET sealed = ?3 WHERE account_id = ?1 AND device_id = ?2";
    found(execute(connection, sql, (&account.0, &device.0, sealed))?)
}

/// Its sessions go with it.
pub(super) fn remove(
    connection: &Connection,
    account: AccountId,
    device: DeviceId,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM device WHERE account_id = ?1 AND device_id = ?2";
    found(execute(connection, sql, (&account.0, &device.0))?)
}

fn found(changed: usize) -> Result<(), StoreError> {
    if changed == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}
