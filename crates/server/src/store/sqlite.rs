//! SQLite: one writer thread that groups waiting work into one transaction, and a few readers.

mod accounts;
mod append;
mod connection;
mod devices;
mod history;
mod log;
mod purge;
mod records;
mod refresh;
mod rows;
mod schema;
mod sessions;
mod use_cases;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use keymoor_protocol::limits::Limits;
use rusqlite::Connection;

use crate::store::{Ear, News, StoreError};
pub use connection::OpenError;
use writer::Writer;

/// Read connections kept for reuse. Two cores hardly keep more busy.
const READERS: usize = 4;

/// An SQLite file of mode 0600 in WAL mode with `synchronous=FULL`: what was answered is on the disk.
#[derive(Clone)]
pub struct Sqlite {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    limits: Limits,
    /// Closed before the writer, whose connection is then the last: SQLite writes the log back and removes it.
    readers: Mutex<Vec<Connection>>,
    writer: Writer,
    ear: Arc<OnceLock<Ear>>,
}

impl Sqlite {
    /// Opens or creates the database at `path` and brings its schema up to date.
    ///
    /// # Errors
    /// A newer schema, a changed migration, or a file that is no database.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, OpenError> {
        let connection = connection::open(path)?;
        let inner = Inner {
            path: path.to_owned(),
            limits,
            writer: Writer::start(connection),
            readers: Mutex::new(Vec::new()),
            ear: Arc::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Whether an existing database is whole and of this version's schema. Changes nothing.
    ///
    /// # Errors
    /// As of [`Sqlite::open`]; also when there is none, or an older one.
    pub fn check(path: &Path) -> Result<(), OpenError> {
        connection::check(path)
    }

    /// A value of the server's own, such as which OPAQUE setup belongs to this database.
    pub async fn meta(&self, key: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(move |connection| {
            rows::optional(connection, "SELECT value FROM meta WHERE key = ?1", [key])
        })
        .await
    }

    /// Writes such a value.
    pub async fn set_meta(&self, key: &'static str, value: Vec<u8>) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .execute("REPLACE INTO meta (key, value) VALUES (?1, ?2)", (key, value))
                .map_err(rows::failed)?;
            Ok(())
        })
        .await
    }

    /// Forgets such a value.
    pub async fn forget_meta(&self, key: &'static str) -> Result<(), StoreError> {
        self.write(move |connection| {
            rows::execute(connection, "DELETE FROM meta WHERE key = ?1", [key]).map(drop)
        })
        .await
    }

    /// How many accounts there are.
    pub async fn accounts(&self) -> Result<u64, StoreError> {
        self.read(|connection| {
            let count = connection.query_row("SELECT count(*) FROM vault", (), |row| row.get::<_, i64>(0));
            count.map(|count| count as u64).map_err(rows::failed)
        })
        .await
    }

    /// Transactions that were committed so far, and how many use cases they held.
    pub fn grouped(&self) -> (u64, u64) {
        self.inner.writer.counts()
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.inner.writer.run(work).await
    }

    /// Writes, and tells what is new when it is on the disk.
    async fn write_and_tell<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        news: impl FnOnce(&T) -> Option<News> + Send + 'static,
    ) -> Result<T, StoreError> {
        let ear = Arc::clone(&self.inner.ear);
        let tell = move |done: &T| {
            if let Some((ear, news)) = ear.get().zip(news(done)) {
                ear(news);
            }
        };
        self.inner.writer.run_and_then(work, tell).await
    }

    /// Runs `work` in one read transaction: it sees one moment.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            store.glance(|connection| {
                rows::execute(connection, "BEGIN", ())?;
                let done = work(connection);
                rows::execute(connection, "COMMIT", ())?;
                done
            })
        });
        done.await.map_err(|_| StoreError::Unavailable)?
    }

    /// Runs `work`, one query for a row or two, on the spot: handing it to another thread would take longer.
    fn glance<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let connection = self.reader()?;
        let done = work(&connection);
        // One that is left inside a transaction would see the same moment for ever.
        let mut readers = self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS && connection.is_autocommit() {
            readers.push(connection);
        }
        done
    }

    fn reader(&self) -> Result<Connection, StoreError> {
        let kept = self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(connection) = kept {
            return Ok(connection);
        }
        connection::open_to_read(&self.inner.path).map_err(|_| StoreError::Unavailable)
    }
}
