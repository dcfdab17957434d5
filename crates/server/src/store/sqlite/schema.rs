//! Opening the file: modes, pragmas, migrations with verified checksums.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

mod embedded {
    refinery::embed_migrations!("../../migrations/server-sqlite");
}

/// Why a database does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The file or its directory cannot be used.
    #[error("the database file cannot be opened or created")]
    Io,
    /// The file is no database, or a damaged one.
    #[error("the file is not a database, or it is damaged")]
    Damaged,
    /// A newer version has been at work here.
    #[error("the database has schema {found}, newer than {known}: use the newer server")]
    Newer {
        /// The file's schema.
        found: u32,
        /// The newest that this version knows.
        known: u32,
    },
    /// A migration that was applied is not the one that this version knows.
    #[error("the database's schema is another than its version says")]
    Migration,
}

pub(super) fn open(path: &Path) -> Result<Connection, OpenError> {
    private_file(path).map_err(|_| OpenError::Io)?;
    let mut connection = Connection::open(path).map_err(|_| OpenError::Io)?;
    let pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                   PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -8000;";
    connection.busy_timeout(Duration::from_secs(30)).map_err(|_| OpenError::Io)?;
    connection.execute_batch(pragmas).map_err(|_| OpenError::Damaged)?;
    connection.set_prepared_statement_cache_capacity(64);
    let runner = embedded::migrations::runner().set_abort_divergent(true).set_abort_missing(true);
    let known = runner.get_migrations().iter().map(|migration| migration.version() as u32).max().unwrap_or(0);
    let applied: Result<Option<i64>, _> =
        connection.query_row("SELECT max(version) FROM refinery_schema_history", (), |row| row.get(0));
    let found = applied.ok().flatten().unwrap_or(0) as u32;
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    runner.run(&mut connection).map_err(|_| OpenError::Migration)?;
    Ok(connection)
}

/// Makes the file before SQLite does, readable by its owner alone; the WAL files take over its mode.
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
