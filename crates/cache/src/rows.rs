//! How values lie in rows.

use keymoor_protocol::bytes::{Malformed, Writer};
use keymoor_protocol::{Envelope, Record, RecordId};
use rusqlite::Row;

use crate::error::Error;

/// SQLite's integers have a sign; ours keep their 64 bits.
pub(crate) fn int(number: u64) -> i64 {
    number.cast_signed()
}

/// The number that [`int`] put there.
pub(crate) fn number(row: &Row<'_>, column: &str) -> Result<u64, Error> {
    Ok(row.get::<_, i64>(column)?.cast_unsigned())
}

/// The number that [`int`] put there, if any.
pub(crate) fn number_if_any(row: &Row<'_>, column: &str) -> Result<Option<u64>, Error> {
    Ok(row.get::<_, Option<i64>>(column)?.map(i64::cast_unsigned))
}

/// The column `id`, or one like it.
pub(crate) fn id(row: &Row<'_>, column: &str) -> Result<RecordId, Error> {
    Ok(RecordId(row.get(column)?))
}

/// An envelope of the record `id`.
pub(crate) fn envelope(row: &Row<'_>, id: RecordId, column: &str) -> Result<Envelope, Error> {
    row.get::<_, Vec<u8>>(column)?.try_into().map_err(|Malformed| Error::Record(id))
}

/// The record in `version`, `deleted`, `meta` and `secret`.
pub(crate) fn record(row: &Row<'_>, id: RecordId) -> Result<Record, Error> {
    Ok(Record {
        id,
        version: number(row, "version")?,
        deleted: row.get("deleted")?,
        meta: envelope(row, id, "meta")?,
        secret: envelope(row, id, "secret")?,
    })
}

/// The same columns as [`Record::encode`] would write them, also where they are no record any more.
pub(crate) fn record_bytes(row: &Row<'_>, id: RecordId) -> Result<Vec<u8>, Error> {
    Ok(Writer::new(b"KMB1")
        .raw(&id.0)
        .u64(number(row, "version")?)
        .u8(row.get("deleted")?)
        .sized(&row.get::<_, Vec<u8>>("meta")?)
        .sized(&row.get::<_, Vec<u8>>("secret")?)
        .finish())
}
