//! Sessions: one row a family, with the hashes of its newest tokens and of the ones before.

use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{AccountId, DeviceId, VaultId};
use rusqlite::Connection;

use super::rows::{all, count, execute, first, get, optional};
use crate::store::{NewSession, Presented, SessionInfo, StoreError};
use crate::tokens::{ACCESS_MS, REFRESH_MS};

/// Devices of an account.
const DEVICES: i64 = 100;

pub(super) fn begin(connection: &Connection, new: &NewSession) -> Result<(), StoreError> {
    execute(
        connection,
        "INSERT INTO device (account_id, device_id, created_at, seen_at) VALUES (?1, ?2, ?3, ?3) \
         ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at",
        (&new.account.0, &new.device.0, new.now),
    )?;
    make_room(connection, new)?;
    // A new login ends what this device had before, and what has expired.
    execute(
        connection,
        "DELETE FROM session WHERE account_id = ?1 AND (device_id = ?2 AND kind = ?3 OR refresh_expires_at < ?4)",
        (&new.account.0, &new.device.0, name(new.kind), new.now),
    )?;
    execute(
        connection,
        "INSERT INTO session (account_id, family, device_id, kind, logged_in_at, salt, access_hash, \
         access_expires_at, refresh_hash, refresh_expires_at, used) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0)",
        (
            &new.account.0,
            &new.family,
            &new.device.0,
            name(new.kind),
            new.now,
            &new.salt,
            &new.tokens.access,
            new.now + ACCESS_MS,
            &new.tokens.refresh,
            new.now + REFRESH_MS,
        ),
    )
    .map(drop)
}

/// A new device is never turned away. Beyond the number, others go: those without a session first, then those that were seen
/// longest ago. Such a device only has to log in again.
fn make_room(connection: &Connection, new: &NewSession) -> Result<(), StoreError> {
    let sql = "DELETE FROM device WHERE account_id = ?1 AND device_id IN (SELECT device_id FROM device d \
               WHERE account_id = ?1 AND device_id <> ?2 ORDER BY EXISTS (SELECT 1 FROM session s \
               WHERE s.account_id = d.account_id AND s.device_id = d.device_id AND s.refresh_expires_at >= ?3) DESC, \
               seen_at DESC, device_id LIMIT -1 OFFSET ?4)";
    execute(connection, sql, (&new.account.0, &new.device.0, new.now, DEVICES - 1)).map(drop)
}

/// The session of an access token, and whether this is the first use of its newest tokens.
pub(super) fn find(
    connection: &Connection,
    access: Presented,
    now: i64,
) -> Result<(SessionInfo, bool), StoreError> {
    let sql = "SELECT s.*, v.vault_id, a.proof_hash FROM session s JOIN vault v USING (account_id) \
               JOIN account a USING (account_id) WHERE s.family = ?1";
    let found = first(connection, sql, [access.family], |row| {
        let session = SessionInfo {
            account: AccountId(get(row, "account_id")?),
            vault: VaultId(get(row, "vault_id")?),
            device: DeviceId(get(row, "device_id")?),
            kind: kind(&get::<String>(row, "kind")?),
            logged_in_at: get(row, "logged_in_at")?,
            proof_hash: get(row, "proof_hash")?,
            expires_at: 0, // below: of the token that was shown
        };
        let used: bool = get(row, "used")?;
        let is_newest = get::<[u8; 32]>(row, "access_hash")? == access.hash;
        // Two programs of one device share a session: the one still holds the token while the other refreshes.
        let is_before = !used && get::<Option<[u8; 32]>>(row, "previous_access_hash")? == Some(access.hash);
        let expires: Option<i64> = match (is_newest, is_before) {
            (true, _) => get(row, "access_expires_at")?,
            (_, true) => get(row, "previous_access_expires_at")?,
            _ => None,
        };
        Ok((session, expires, is_newest && !used))
    })?;
    let (session, expires, first_use) = found.ok_or(StoreError::NoSession)?;
    let expires_at = expires.filter(|expires| *expires >= now).ok_or(StoreError::TokenExpired)?;
    Ok((SessionInfo { expires_at, ..session }, first_use))
}

/// From here on a repeated refresh with the token before is reuse, and the access token before is void.
pub(super) fn mark_used(connection: &Connection, access: Presented, now: i64) -> Result<(), StoreError> {
    let sql = "UPDATE session SET used = 1 WHERE family = ?1 AND access_hash = ?2";
    if execute(connection, sql, (access.family, access.hash))? > 0 {
        execute(
            connection,
            "UPDATE device SET seen_at = ?2 WHERE (account_id, device_id) IN \
             (SELECT account_id, device_id FROM session WHERE family = ?1)",
            (access.family, now),
        )?;
    }
    Ok(())
}

/// Ends a family; returns whose it was, if it lived.
pub(super) fn end(connection: &Connection, family: [u8; 16]) -> Result<Option<AccountId>, StoreError> {
    let sql = "DELETE FROM session WHERE family = ?1 RETURNING account_id";
    Ok(optional(connection, sql, [family])?.map(AccountId))
}

/// Ends the account's sessions whose refresh token has expired; returns how many.
pub(super) fn expire(connection: &Connection, account: AccountId, now: i64) -> Result<u64, StoreError> {
    let sql = "DELETE FROM session WHERE account_id = ?1 AND refresh_expires_at < ?2";
    Ok(execute(connection, sql, (&account.0, now))? as u64)
}

/// Does `work`, and returns the families of the account that ended by it.
pub(super) fn ended_by(
    connection: &Connection,
    account: AccountId,
    work: impl FnOnce(&Connection) -> Result<(), StoreError>,
) -> Result<Vec<[u8; 16]>, StoreError> {
    let families = || {
        let sql = "SELECT family FROM session WHERE account_id = ?1";
        all(connection, sql, [account.0], |row| get::<[u8; 16]>(row, "family"))
    };
    let mut ended = families()?;
    work(connection)?;
    let living = families()?;
    ended.retain(|family| !living.contains(family));
    Ok(ended)
}

/// The newest commit's number in the log of a family's account.
pub(super) fn head(connection: &Connection, family: [u8; 16]) -> Result<u64, StoreError> {
    let sql = "SELECT v.seq FROM session s JOIN vault v USING (account_id) WHERE s.family = ?1";
    first(connection, sql, [family], |row| count(row, "seq"))?.ok_or(StoreError::NoSession)
}

fn name(kind: LoginKind) -> &'static str {
    match kind {
        LoginKind::Password => "password",
        LoginKind::Recovery => "recovery",
    }
}

fn kind(name: &str) -> LoginKind {
    if name == "recovery" { LoginKind::Recovery } else { LoginKind::Password }
}
