//! One open cache.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Connection, TransactionBehavior};

use crate::error::Error;
use crate::schema;
use crate::transaction::{Change, View};
use crate::{buckets, connection, files};

/// One connection to the cache in a directory. Open one for each thread, or for each use: that costs well under a
/// millisecond.
pub struct Cache {
    /// `None` as long as the disk has no room for the memory that connections share: each look is by itself then.
    connection: Option<Numbered>,
    dir: PathBuf,
}

/// A connection that was opened.
struct Numbered {
    connection: Connection,
    /// Tells it from every other one of this process.
    number: u64,
}

impl Numbered {
    fn new(connection: Connection) -> Self {
        static OPENED: AtomicU64 = AtomicU64::new(1);
        Self { connection, number: OPENED.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Cache {
    /// Opens the cache in `dir`, or makes it: the directory for its owner alone (0700), so too the files (0600). A
    /// directory that was there, and not empty, keeps its mode.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Newer`], [`Error::Migration`]: the file stays as it is. [`Error::ReadOnly`]: even reading
    /// needs a place for the shared memory of SQLite's log. [`Error::Full`] where there is no such place and no cache either;
    /// one that is there is read without.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let connection = match opened(dir) {
            Err(Error::Full) if Self::exists(dir) => {
                connection::open_alone(dir)?;
                None
            }
            opened => Some(opened?),
        };
        Ok(Self { connection, dir: dir.to_owned() })
    }

    /// Whether there is a file; it may be damaged.
    pub fn exists(dir: &Path) -> bool {
        files::database(dir).is_file()
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// One read transaction: `f` sees the cache at one moment, whatever others write meanwhile.
    ///
    /// # Errors
    /// What `f` returns, and [`Error::Replaced`] when the file was moved or deleted since it was opened.
    pub fn read<T, E: From<Error>>(&mut self, f: impl FnOnce(&View<'_>) -> Result<T, E>) -> Result<T, E> {
        let dir = &self.dir;
        let mut alone = match find_room(&mut self.connection, dir) {
            Ok(_) => None,
            Err(Error::Full) => Some(Numbered::new(connection::open_alone(dir)?)),
            Err(error) => return Err(error.into()),
        };
        let Numbered { connection, number } =
            alone.as_mut().or(self.connection.as_mut()).ok_or(Error::Full)?;
        let transaction = connection.transaction().map_err(|error| files::explain(dir, error.into()))?;
        still_there(&transaction)?;
        f(&View::new(&transaction, *number))
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
        let Numbered { connection, number } = find_room(&mut self.connection, dir)?;
        let before = connection.total_changes();
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(explained)?;
        still_there(&transaction)?;
        let mut change = Change::new(&transaction, *number);
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
            let missing = schema::missing(connection)?;
            found.extend(missing.iter().map(|part| format!("there is no {part}")));
            if !missing.is_empty() {
                return Ok(found); // what follows would ask it
            }
            let orphans = connection.prepare("PRAGMA foreign_key_check")?.query(())?.next()?.is_some();
            found.extend(orphans.then(|| "a row refers to another that is not there".to_owned()));
            found.extend(buckets::faults(view)?);
            Ok(found)
        })
    }

    /// Whether SQLite finds its file in order: tables, indexes, and that they agree. Reads all of it, but no digest.
    ///
    /// # Errors
    /// As [`Cache::read`].
    pub fn is_sound(&mut self) -> Result<bool, Error> {
        self.read(|view| {
            let said = view.one("PRAGMA integrity_check(1)", (), |row| Ok(row.get::<_, String>(0)?));
            match said {
                Ok(said) => {
                    Ok(said.as_deref() == Some("ok") && schema::missing(view.connection())?.is_empty())
                }
                Err(Error::Damaged) => Ok(false),
                Err(error) => Err(error),
            }
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

    /// The file that was set aside last, if nobody has said yet that its content was taken over.
    pub fn unread(dir: &Path) -> Option<PathBuf> {
        files::unread(dir)
    }

    /// Its content was taken over, as far as it could be read.
    ///
    /// # Errors
    /// When the note cannot be removed.
    pub fn forget_unread(dir: &Path) -> Result<(), Error> {
        files::forget_unread(dir)
    }

    /// Moves a damaged file, with its log, to `keymoor.db.damaged-<n>`, notes that it was not read yet, and returns where
    /// it is. `None` when the file that is
    /// there now is whole: another process was faster. A whole file of a newer schema stays too.
    ///
    /// # Errors
    /// When the files cannot be moved.
    pub fn set_aside(dir: &Path) -> Result<Option<PathBuf>, Error> {
        let _lock = files::lock(dir)?;
        if !Self::exists(dir) {
            return Ok(None);
        }
        if Self::is_whole(dir)? { Ok(None) } else { files::move_aside(dir).map(Some) }
    }

    /// Whether the file that is there is in order. One of a newer schema is, for all that can be known. Reads all of it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn is_whole(dir: &Path) -> Result<bool, Error> {
        match Self::open(dir).and_then(|mut cache| cache.integrity()) {
            Ok(faults) => Ok(faults.is_empty()),
            Err(Error::Newer { .. }) => Ok(true),
            Err(Error::Damaged | Error::Migration | Error::Other(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Which file the cache of this directory lies in: its number in the file system, and when it was made. A copy that is
    /// put in its place is another one. `None` where the system does not say.
    pub fn identity(dir: &Path) -> Option<[u8; 16]> {
        files::identity(&files::database(dir))
    }

    /// Where the database of `dir` lies.
    pub fn path(dir: &Path) -> PathBuf {
        files::database(dir)
    }
}

fn opened(dir: &Path) -> Result<Numbered, Error> {
    connection::open(dir).map(Numbered::new).map_err(|error| files::explain(dir, error))
}

/// The connection, made now where there was no room for it before.
fn find_room<'c>(connection: &'c mut Option<Numbered>, dir: &Path) -> Result<&'c mut Numbered, Error> {
    match connection {
        Some(connection) => Ok(connection),
        none => Ok(none.insert(opened(dir)?)),
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
