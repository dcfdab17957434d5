//! One open cache.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use crate::error::Error;
use crate::transaction::{Change, View};
use crate::{buckets, connection, files};

/// One connection to the cache in a directory. Open one for each thread, or for each use: that costs well under a
/// millisecond.
pub struct Cache {
    connection: Connection,
    dir: PathBuf,
}

impl Cache {
    /// Opens the cache in `dir`, or makes it: the directory for its owner alone (0700), so too the files (0600). A
    /// directory that was there, and not empty, keeps its mode.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Newer`], [`Error::Migration`]: the file stays as it is. [`Error::Full`] and
    /// [`Error::ReadOnly`]: even reading needs a place for the shared memory of SQLite's log.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let connection = connection::open(dir).map_err(|error| files::explain(dir, error))?;
        Ok(Self { connection, dir: dir.to_owned() })
    }

    /// Whether there is a file; it may be damaged.
    pub fn exists(dir: &Path) -> bool {
        files::database(dir).is_file()
    }

    /// One read transaction: `f` sees the cache at one moment, whatever others write meanwhile.
    ///
    /// # Errors
    /// What `f` returns, and [`Error::Replaced`] when the file was moved or deleted since it was opened.
    pub fn read<T, E: From<Error>>(&mut self, f: impl FnOnce(&View<'_>) -> Result<T, E>) -> Result<T, E> {
        let dir = &self.dir;
        let transaction = self.connection.transaction().map_err(|error| files::explain(dir, error.into()))?;
        still_there(&transaction)?;
        f(&View::new(&transaction))
    }

    /// One write transaction. It waits for other writers, and returns when the disk has it. Nothing of it stays when `f`
    /// fails or panics.
    ///
    /// # Errors
    /// What `f` returns, and [`Error::Replaced`] when the file was moved or deleted since it was opened.
    pub fn write<T, E: From<Error>>(
        &mut self,
        f: impl FnOnce(&mut Change<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let dir = &self.dir;
        let explained = |error: rusqlite::Error| files::explain(dir, error.into());
        let before = self.connection.total_changes();
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(explained)?;
        still_there(&transaction)?;
        let mut change = Change::new(&transaction);
        let made = f(&mut change)?;
        change.finish(before)?;
        transaction.commit().map_err(explained)?;
        Ok(made)
    }

    /// What is wrong with the file; empty when nothing is. Reads all of it: SQLite's own check, every record's digest
    /// and every bucket's hash.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the check itself cannot read on.
    pub fn integrity(&mut self) -> Result<Vec<String>, Error> {
        self.read(|view| {
            let connection = view.connection();
            let mut found: Vec<String> = connection
                .prepare("PRAGMA integrity_check")?
                .query_map((), |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            found.retain(|line| line != "ok");
            let orphans = connection.prepare("PRAGMA foreign_key_check")?.query(())?.next()?.is_some();
            found.extend(orphans.then(|| "a row refers to another that is not there".to_owned()));
            found.extend(buckets::faults(view)?);
            Ok(found)
        })
    }

    /// A number that grows with every transaction that changed something, whichever process made it. Cheap to ask.
    ///
    /// # Errors
    /// As [`Cache::read`].
    pub fn change_counter(&mut self) -> Result<i64, Error> {
        self.read(|view| {
            view.one("SELECT value FROM change_counter", (), |row| Ok(row.get(0)?))?.ok_or(Error::Damaged)
        })
    }

    /// Moves a damaged file, with its log, to `keymoor.db.damaged-<n>` and returns where. `None` when the file that is
    /// there now is whole: another process was faster. A whole file of a newer schema stays too.
    ///
    /// # Errors
    /// When the files cannot be moved.
    pub fn set_aside(dir: &Path) -> Result<Option<PathBuf>, Error> {
        let _lock = files::lock(dir)?;
        if !Self::exists(dir) {
            return Ok(None);
        }
        let state = Self::open(dir).and_then(|mut cache| cache.integrity());
        match state {
            Ok(faults) if faults.is_empty() => Ok(None),
            Ok(_) | Err(Error::Damaged | Error::Migration | Error::Other(_)) => {
                files::move_aside(dir).map(Some)
            }
            Err(Error::Newer { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A file that was deleted or moved goes on living for who has it open, and what is written to it is lost.
#[cfg(unix)]
fn still_there(connection: &Connection) -> Result<(), Error> {
    let mut moved = 0;
    connection.file_control(None::<&str>, rusqlite::FileControl::HasMoved(&mut moved))?;
    if moved == 0 { Ok(()) } else { Err(Error::Replaced) }
}

/// Windows does not move or delete a database that is open.
#[cfg(not(unix))]
fn still_there(_: &Connection) -> Result<(), Error> {
    Ok(())
}
