//! How a connection to a cache is set up, and why so.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::Error;
use crate::{files, schema};

/// How long a transaction waits for others. Theirs take milliseconds; nobody should ever see it run out.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pages of log after which it is written back into the database.
const CHECKPOINT_PAGES: i32 = 1000;

/// Opens `dir`'s database, makes it if there is none, and brings its schema up to date.
pub(crate) fn open(dir: &Path) -> Result<Connection, Error> {
    if !files::database(dir).exists() {
        files::create(dir)?;
    }
    files::tighten(dir)?;
    let mut connection = connect(dir, "")?;
    if !schema::is_current(&connection)? {
        prepare(&mut connection)?;
    }
    Ok(connection)
}

/// Opens `dir`'s database to look at it where the disk has no room for the memory that connections share: this one keeps it to
/// itself, and nobody else gets in meanwhile. It is for a moment, and changes nothing.
pub(crate) fn open_alone(dir: &Path) -> Result<Connection, Error> {
    let connection = connect(dir, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = ON;")?;
    // Bringing it up to date would take room.
    if schema::is_current(&connection)? { Ok(connection) } else { Err(Error::Full) }
}

/// Makes a database in `dir` as every cache began: what its first migration made lies on the same pages in each.
pub(crate) fn make_first(dir: &Path) -> Result<(), Error> {
    files::create(dir)?;
    let mut connection = connect(dir, "")?;
    keep_a_log(&connection)?;
    schema::migrate_first(&mut connection)
}

/// `first` is what has to be said before anything is read.
fn connect(dir: &Path, first: &str) -> Result<Connection, Error> {
    // One thread at a time has the connection, so SQLite need not lock it; without CREATE it never makes a file whose
    // mode we have not set.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(files::database(dir), flags)?;
    connection.busy_handler(Some(waiting()))?;
    connection.execute_batch(first)?;
    connection.set_prepared_statement_cache_capacity(96);
    // Otherwise a statement with a parameter in LIMIT or LIKE is parsed and planned anew with each execution.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Every commit is on the disk before it is acknowledged; on a Mac, fsync alone would leave it in the drive's own memory
    // (elsewhere the two pragmas do nothing). The cache of 16 MB keeps the largest transaction, a first sync, from spilling
    // into the log twice. Foreign keys are on in the SQLite that is built in; there are none yet.
    //
    // Measured with 10,000 records and left at SQLite's own: pages of 4, 8 and 16 KiB and a longer log make no
    // difference; mapping the file into memory makes opening slower by a tenth; keeping the log on closing makes the
    // next opening read it again, 70 ms after a first sync in place of 0.2.
    //
    // A page is looked over when it is read: one that was spoilt should be an error and not a row that is missing.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; \
         PRAGMA cache_size = -16384; PRAGMA cell_size_check = ON;",
    )?;
    // SQLite's own checkpoint after a commit would report its failure as the commit's, which has happened by then. One
    // that fails is tried again after the next commit and on closing.
    connection.wal_hook(Some(|wal: &mut rusqlite::hooks::Wal, pages| {
        if pages >= CHECKPOINT_PAGES {
            let _ = wal.checkpoint();
        }
        Ok(())
    }))?;
    Ok(connection)
}

/// A new file, or one of an older schema.
fn prepare(connection: &mut Connection) -> Result<(), Error> {
    keep_a_log(connection)?;
    schema::migrate(connection)
}

fn keep_a_log(connection: &Connection) -> Result<(), Error> {
    // Changing the journal of a file takes it whole, and SQLite does not wait for that by itself.
    let begun = Instant::now();
    loop {
        let mode =
            connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0));
        match mode.map_err(Error::from) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) | Err(Error::Busy) if begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(2))
            }
            Ok(_) => return Err(Error::Busy),
            Err(error) => return Err(error),
        }
    }
}

/// Tries again soon at first, since a commit takes about as long as a write to the disk, and then less often; the spread
/// keeps two that wait from meeting for ever.
fn waiting() -> impl FnMut(i32) -> bool + Send + 'static {
    let mut since = Instant::now();
    move |tries| {
        if tries == 0 {
            since = Instant::now();
        }
        let spread = u64::from(since.elapsed().subsec_micros() % 1000);
        let pause = if tries < 20 { 500 + spread } else { 3000 + 4 * spread };
        std::thread::sleep(Duration::from_micros(pause));
        since.elapsed() < PATIENCE
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_is_planned_once_whatever_its_parameters() {
        let home = tempfile::tempdir().unwrap();
        let connection = open(home.path()).unwrap();
        let mut statement =
            connection.prepare("SELECT seq, head FROM chain WHERE seq >= ?1 ORDER BY seq LIMIT ?2").unwrap();
        for number in 1..5 {
            assert!(statement.query((number, number)).unwrap().next().unwrap().is_none());
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
