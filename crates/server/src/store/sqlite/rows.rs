//! Small steps between rows and types.

use std::ops::ControlFlow;

use keymoor_protocol::{Envelope, Record, RecordId};
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension as _, Params, Row};

use crate::store::StoreError;

/// A foreign error, without its words: they may hold values.
pub(super) fn failed(error: rusqlite::Error) -> StoreError {
    let code = error.sqlite_error().map(|error| error.extended_code);
    tracing::error!(code, "the database failed");
    StoreError::Unavailable
}

/// The first column of the first row.
pub(super) fn optional<T: FromSql>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    statement.query_row(params, |row| row.get(0)).optional().map_err(failed)
}

/// The first row.
pub(super) fn first<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut found = None;
    each(connection, sql, params, |row| {
        found = Some(read(row)?);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(found)
}

/// Every row of a query.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    each(connection, sql, params, |row| {
        found.push(read(row)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

/// Goes through the rows of a query until it is told to stop: what comes after is not read from the disk.
pub(super) fn each(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut visit: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query(params).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        if visit(row)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Runs a statement; returns how many rows it changed.
pub(super) fn execute(connection: &Connection, sql: &str, params: impl Params) -> Result<usize, StoreError> {
    connection.prepare_cached(sql).and_then(|mut statement| statement.execute(params)).map_err(failed)
}

/// A column.
pub(super) fn get<T: FromSql>(row: &Row<'_>, column: &str) -> Result<T, StoreError> {
    row.get(column).map_err(failed)
}

/// A column that counts something. SQLite's integers are signed; what was written here never is.
pub(super) fn count(row: &Row<'_>, column: &str) -> Result<u64, StoreError> {
    u64::try_from(get::<i64>(row, column)?).map_err(|_| StoreError::Unavailable)
}

/// A record out of `record_id, version, deleted, meta, secret`.
pub(super) fn record(row: &Row<'_>) -> Result<Record, StoreError> {
    let envelope = |column| {
        let bytes: Vec<u8> = get(row, column)?;
        Envelope::try_from(bytes).map_err(|_| StoreError::Unavailable)
    };
    Ok(Record {
        id: RecordId(get(row, "record_id")?),
        version: count(row, "version")?,
        deleted: get(row, "deleted")?,
        meta: envelope("meta")?,
        secret: envelope("secret")?,
    })
}
