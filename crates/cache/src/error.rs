//! What can go wrong with a cache. SQLite's words, statements and values stay behind.

use std::io;

use keymoor_protocol::RecordId;
use keymoor_protocol::bytes::Malformed;
use rusqlite::ErrorCode as Code;
use rusqlite::ffi;

/// Why the cache did not do it. Whatever was under way was rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The disk or the system failed.
    #[error("the cache's disk failed ({kind})")]
    Io {
        /// How, as far as it is known.
        kind: io::ErrorKind,
    },
    /// The disk, or the user's share of it, is full.
    #[error("the disk is full")]
    Full,
    /// The file or its directory may not be written.
    #[error("the cache may not be written")]
    ReadOnly,
    /// The file is not a database, or a broken one: see [`crate::Cache::set_aside`].
    #[error("the cache file is damaged")]
    Damaged,
    /// The file is whole, but what it keeps as this record is none: heal it from another home.
    #[error("a record of the cache is damaged")]
    Record(RecordId),
    /// A newer version has been at work here.
    #[error("the cache has schema {found}, newer than {known}")]
    Newer {
        /// The file's schema.
        found: u32,
        /// The newest that this version knows.
        known: u32,
    },
    /// A migration that was applied is not the one that this version knows.
    #[error("the cache's schema is another than its version says")]
    Migration,
    /// Another process held the cache for longer than anybody waits.
    #[error("the cache is in use")]
    Busy,
    /// The file was moved or deleted while it was open. Open it again.
    #[error("the cache file was replaced")]
    Replaced,
    /// Something else: SQLite's extended code.
    #[error("the cache failed (SQLite code {0})")]
    Other(i32),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(error, _) | rusqlite::Error::SqlInputError { error, .. } => {
                from_code(error)
            }
            // A value of the wrong type or length: the tables' own checks do not let one in.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::QueryReturnedNoRows => Self::Damaged,
            _ => Self::Other(ffi::SQLITE_MISUSE),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            kind => Self::Io { kind },
        }
    }
}

impl From<Malformed> for Error {
    fn from(_: Malformed) -> Self {
        Self::Damaged
    }
}

fn from_code(error: ffi::Error) -> Error {
    match (error.code, error.extended_code) {
        (_, ffi::SQLITE_READONLY_DBMOVED) => Error::Replaced,
        (_, ffi::SQLITE_IOERR_CORRUPTFS) => Error::Damaged,
        (Code::DatabaseCorrupt | Code::NotADatabase, _) => Error::Damaged,
        (Code::DiskFull, _) => Error::Full,
        (Code::ReadOnly | Code::PermissionDenied, _) => Error::ReadOnly,
        (Code::DatabaseBusy | Code::DatabaseLocked | Code::FileLockingProtocolFailed, _) => Error::Busy,
        (Code::CannotOpen, _) => Error::Io { kind: io::ErrorKind::NotFound },
        (Code::OutOfMemory, _) | (_, ffi::SQLITE_IOERR_NOMEM) => {
            Error::Io { kind: io::ErrorKind::OutOfMemory }
        }
        (Code::SystemIoFailure, _) => Error::Io { kind: io::ErrorKind::Other },
        (_, extended) => Error::Other(extended),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart() {
        let of =
            |code| Error::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some("SELECT".into())));
        assert_eq!(of(ffi::SQLITE_FULL), Error::Full);
        assert_eq!(of(ffi::SQLITE_READONLY_DIRECTORY), Error::ReadOnly);
        assert_eq!(of(ffi::SQLITE_READONLY_DBMOVED), Error::Replaced);
        assert_eq!(of(ffi::SQLITE_CORRUPT_VTAB), Error::Damaged);
        assert_eq!(of(ffi::SQLITE_NOTADB), Error::Damaged);
        assert_eq!(of(ffi::SQLITE_BUSY_SNAPSHOT), Error::Busy);
        assert_eq!(of(ffi::SQLITE_PROTOCOL), Error::Busy);
        assert_eq!(of(ffi::SQLITE_CONSTRAINT_CHECK), Error::Other(ffi::SQLITE_CONSTRAINT_CHECK));
        assert_eq!(Error::from(io::Error::from(io::ErrorKind::StorageFull)), Error::Full);
    }

    #[test]
    fn no_words_of_sqlite_come_through() {
        let failed = rusqlite::Error::SqliteFailure(ffi::Error::new(1), Some("near \"planted\"".into()));
        let error = Error::from(failed);
        assert!(!format!("{error} {error:?}").contains("planted"));
    }
}
