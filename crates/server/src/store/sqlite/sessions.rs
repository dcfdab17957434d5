//! Sessions: one row a family, with the hashes of its newest tokens and of the refresh token before.

use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{AccountId, DeviceId, VaultId};
use rusqlite::Connection;

use super::rows::{all, execute, get, optional};
use crate::store::{NewSession, RefreshRequest, SessionInfo, StoreError, TokenHashes};
use crate::tokens::{ACCESS_MS, REFRESH_MS};

pub(super) fn begin(connection: &Connection, new: &NewSession) -> Result<(), StoreError> {
    let mut family = [0; 16];
    getrandom::fill(&mut family).map_err(|_| StoreError::Unavailable)?;
    execute(
        connection,
        "INSERT INTO device (account_id, device_id, created_at, seen_at) VALUES (?1, ?2, ?3, ?3) \
         ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at",
        (&new.account.0, &new.device.0, new.now),
    )?;
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
            &family,
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

/// The session of an access token, and whether this is the first use of its newest tokens.
pub(super) fn find(
    connection: &Connection,
    access: [u8; 32],
    now: i64,
) -> Result<(SessionInfo, bool), StoreError> {
    let sql = "SELECT s.*, a.vault_id, a.proof_hash FROM session s JOIN account a USING (account_id) \
               WHERE s.access_hash = ?1";
    let found = all(connection, sql, [access], |row| {
        let expires: i64 = get(row, "access_expires_at")?;
        let session = SessionInfo {
            account: AccountId(get(row, "account_id")?),
            vault: VaultId(get(row, "vault_id")?),
            device: DeviceId(get(row, "device_id")?),
            kind: kind(&get::<String>(row, "kind")?),
            logged_in_at: get(row, "logged_in_at")?,
            proof_hash: get(row, "proof_hash")?,
        };
        Ok((session, expires, get::<bool>(row, "used")?))
    })?;
    let (session, expires, used) = found.into_iter().next().ok_or(StoreError::NoSession)?;
    if expires < now { Err(StoreError::TokenExpired) } else { Ok((session, !used)) }
}

/// From here on a repeated refresh with the token before is reuse.
pub(super) fn mark_used(connection: &Connection, access: [u8; 32], now: i64) -> Result<(), StoreError> {
    execute(connection, "UPDATE session SET used = 1 WHERE access_hash = ?1", [access])?;
    execute(
        connection,
        "UPDATE device SET seen_at = ?2 WHERE (account_id, device_id) IN \
         (SELECT account_id, device_id FROM session WHERE access_hash = ?1)",
        (access, now),
    )
    .map(drop)
}

pub(super) fn salt(connection: &Connection, presented: [u8; 32]) -> Result<[u8; 32], StoreError> {
    let sql = "SELECT salt FROM session WHERE refresh_hash = ?1 OR previous_hash = ?1";
    optional(connection, sql, [presented])?.ok_or(StoreError::NoSession)
}

/// Rotates; `true` if a used token came back, in which case the family is gone.
pub(super) fn refresh(
    connection: &Connection,
    request: &RefreshRequest,
    successor: &TokenHashes,
) -> Result<bool, StoreError> {
    let sql = "SELECT * FROM session WHERE refresh_hash = ?1 OR previous_hash = ?1";
    let found = all(connection, sql, [request.presented], |row| {
        Ok((
            get::<[u8; 32]>(row, "refresh_hash")?,
            get::<Option<[u8; 16]>>(row, "previous_refresh_id")?,
            get::<bool>(row, "used")?,
            get::<i64>(row, "refresh_expires_at")?,
        ))
    })?;
    let (newest, previous_id, used, expires) = found.into_iter().next().ok_or(StoreError::NoSession)?;
    if expires < request.now {
        return Err(StoreError::NoSession);
    }
    if newest != request.presented {
        // The token before. The same rotation again, as long as its successor is unused: a lost answer is not theft.
        if used || previous_id != Some(request.refresh_id) || newest != successor.refresh {
            execute(connection, "DELETE FROM session WHERE previous_hash = ?1", [request.presented])?;
            return Ok(true);
        }
    }
    execute(
        connection,
        "UPDATE session SET access_hash = ?2, access_expires_at = ?3, refresh_hash = ?4, refresh_expires_at = ?5, \
         used = 0, previous_hash = ?1, previous_refresh_id = ?6 WHERE refresh_hash = ?1 OR previous_hash = ?1",
        (
            request.presented,
            successor.access,
            request.now + ACCESS_MS,
            successor.refresh,
            request.now + REFRESH_MS,
            request.refresh_id,
        ),
    )?;
    Ok(false)
}

pub(super) fn end(connection: &Connection, access: [u8; 32]) -> Result<(), StoreError> {
    execute(connection, "DELETE FROM session WHERE access_hash = ?1", [access]).map(drop)
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
