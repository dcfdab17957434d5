//! Rotating a session's tokens, and noticing when one comes back that should not.

use keymoor_protocol::AccountId;
use rusqlite::Connection;

use super::rows::{execute, first, get, optional};
use super::sessions;
use crate::store::{RefreshRequest, StoreError, TokenHashes};
use crate::tokens::{ACCESS_MS, REFRESH_MS};

/// What a family stands at.
struct Family {
    newest: [u8; 32],
    used: bool,
    expires: i64,
    previous: Option<[u8; 32]>,
    previous_id: Option<[u8; 16]>,
}

pub(super) fn salt(connection: &Connection, family: [u8; 16]) -> Result<[u8; 32], StoreError> {
    optional(connection, "SELECT salt FROM session WHERE family = ?1", [family])?.ok_or(StoreError::NoSession)
}

/// Rotates; if a token came back that was followed up already, the family is gone, and whose it was is returned.
pub(super) fn refresh(
    connection: &Connection,
    request: &RefreshRequest,
    successor: &TokenHashes,
) -> Result<Option<AccountId>, StoreError> {
    let family = find(connection, request)?;
    // The same rotation again, as long as its successor is unused: a lost answer is not theft.
    let is_repeated = !family.used
        && family.previous == Some(request.presented.hash)
        && family.previous_id == Some(request.refresh_id)
        && family.newest == successor.refresh;
    if family.newest == request.presented.hash {
        rotate(connection, request, successor)?;
    } else if is_repeated {
        extend(connection, request)?;
    } else {
        return sessions::end(connection, request.presented.family);
    }
    Ok(None)
}

fn find(connection: &Connection, request: &RefreshRequest) -> Result<Family, StoreError> {
    let sql = "SELECT * FROM session WHERE family = ?1";
    let found = first(connection, sql, [request.presented.family], |row| {
        Ok(Family {
            newest: get(row, "refresh_hash")?,
            used: get(row, "used")?,
            expires: get(row, "refresh_expires_at")?,
            previous: get(row, "previous_refresh_hash")?,
            previous_id: get(row, "previous_refresh_id")?,
        })
    })?;
    found.filter(|family| family.expires >= request.now).ok_or(StoreError::NoSession)
}

fn rotate(
    connection: &Connection,
    request: &RefreshRequest,
    successor: &TokenHashes,
) -> Result<(), StoreError> {
    execute(
        connection,
        "UPDATE session SET previous_access_hash = access_hash, previous_access_expires_at = access_expires_at, \
         previous_refresh_hash = refresh_hash, previous_refresh_id = ?2, access_hash = ?3, access_expires_at = ?4, \
         refresh_hash = ?5, refresh_expires_at = ?6, used = 0 WHERE family = ?1",
        (
            request.presented.family,
            request.refresh_id,
            successor.access,
            request.now + ACCESS_MS,
            successor.refresh,
            request.now + REFRESH_MS,
        ),
    )
    .map(drop)
}

/// The tokens are the same again; their time begins anew, as the device counts it from this answer.
fn extend(connection: &Connection, request: &RefreshRequest) -> Result<(), StoreError> {
    execute(
        connection,
        "UPDATE session SET access_expires_at = ?2, refresh_expires_at = ?3 WHERE family = ?1",
        (request.presented.family, request.now + ACCESS_MS, request.now + REFRESH_MS),
    )
    .map(drop)
}
