//! Opening the file: modes, pragmas, and why so.

use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::hooks::Wal;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema::{self, Standing};

/// How long a transaction waits for another process, such as a backup.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pages of log after which it is written back into the database.
const CHECKPOINT_PAGES: i32 = 4000;
/// Statements kept prepared: more than there are.
const STATEMENTS: usize = 96;

/// Why a database does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is none, and none was to be made.
    #[error("there is no database")]
    Missing,
    /// The file or its directory cannot be used.
    #[error("the database file cannot be opened or created: {0}")]
    Io(ErrorKind),
    /// The file is no database, or a damaged one.
    #[error("the file is not a database, or it is damaged")]
    Damaged,
    /// Migrations are missing, and none was to be made.
    #[error("the database has an older schema: run `keymoor-server migrate`, or just serve it")]
    Older,
    /// A newer version has been at work here.
    #[error("the database has schema {found}, newer than {known}: use the newer server")]
    Newer {
        /// The file's schema.
        found: i64,
        /// The newest that this version knows.
        known: i64,
    },
    /// A migration that was applied is not the one that this version knows.
    #[error("the database's schema is another than its version says")]
    Migration,
}

impl OpenError {
    pub(super) fn of(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::Io(ErrorKind::PermissionDenied),
            Some(ErrorCode::DiskFull) => Self::Io(ErrorKind::StorageFull),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Io(ErrorKind::ResourceBusy),
            _ => Self::Io(ErrorKind::Other),
        }
    }
}

/// Opens or creates the database and brings its schema up to date.
pub(super) fn open(path: &Path) -> Result<Connection, OpenError> {
    private_file(path).map_err(|error| OpenError::Io(error.kind()))?;
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    journal(&connection)?;
    // Each commit is on the disk before it is answered.
    // On a Mac fsync alone leaves it in the drive's own memory; elsewhere the two say nothing.
    let pragmas = "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; \
                   PRAGMA foreign_keys = ON; PRAGMA cache_size = -8000;";
    connection.execute_batch(pragmas).map_err(OpenError::of)?;
    // SQLite's own checkpoint after a commit would report its failure as the commit's, which has happened by then.
    let checkpoint = |wal: &mut Wal, pages: i32| {
        if pages >= CHECKPOINT_PAGES && wal.checkpoint().is_err() {
            tracing::warn!("the log could not be written back into the database; it is tried again");
        }
        Ok(())
    };
    connection.wal_hook(Some(checkpoint)).map_err(OpenError::of)?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// Opens the database to be read.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, OpenError> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// Whether an existing database is whole and of this version's schema. Changes nothing.
pub(super) fn check(path: &Path) -> Result<(), OpenError> {
    if !path.exists() {
        return Err(OpenError::Missing);
    }
    let connection = open_to_read(path)?;
    if schema::standing(&connection)? == Standing::Older {
        return Err(OpenError::Older);
    }
    let verdict: String =
        connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0)).map_err(OpenError::of)?;
    if verdict == "ok" { Ok(()) } else { Err(OpenError::Damaged) }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, OpenError> {
    // One thread at a time has a connection, so SQLite need not lock it.
    let connection =
        Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(OpenError::of)?;
    connection.busy_timeout(PATIENCE).map_err(OpenError::of)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Otherwise a statement with a parameter in LIMIT or OFFSET is parsed and planned anew with each execution.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(OpenError::of)?;
    Ok(connection)
}

/// Sets the write-ahead log. That takes the file whole, and SQLite does not wait for it by itself.
fn journal(connection: &Connection) -> Result<(), OpenError> {
    let begun = Instant::now();
    loop {
        let set =
            connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0));
        match set {
            Ok(mode) if mode == "wal" => return Ok(()),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
                return Err(OpenError::Damaged);
            }
            _ if begun.elapsed() < Duration::from_secs(5) => std::thread::sleep(Duration::from_millis(10)),
            Err(error) => return Err(OpenError::of(error)),
            Ok(_) => return Err(OpenError::Io(ErrorKind::Unsupported)),
        }
    }
}

/// Makes the file before SQLite does, readable by its owner alone; the log files take over its mode.
fn private_file(path: &Path) -> std::io::Result<()> {
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_is_planned_once_whatever_its_parameters() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("s.db");
        let (writer, reader) = (open(&path).unwrap(), open_to_read(&path).unwrap());
        for connection in [writer, reader] {
            let sql = "SELECT seq FROM history WHERE account_id = ?1 ORDER BY seq LIMIT ?2 OFFSET ?3";
            let mut statement = connection.prepare(sql).unwrap();
            for number in 1..5 {
                let mut rows = statement.query(([number; 16], number, number)).unwrap();
                assert!(rows.next().unwrap().is_none());
            }
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        }
    }

    #[test]
    fn what_is_committed_is_on_the_disk_on_a_mac_too() {
        let home = tempfile::tempdir().unwrap();
        let connection = open(&home.path().join("s.db")).unwrap();
        for (pragma, value) in [("synchronous", 2), ("fullfsync", 1), ("checkpoint_fullfsync", 1)] {
            let set: i64 = connection.pragma_query_value(None, pragma, |row| row.get(0)).unwrap();
            assert_eq!(set, value, "{pragma}");
        }
    }
}
