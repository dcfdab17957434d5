//! SQLite: one writer thread that groups waiting work into one transaction, and a few readers.

mod accounts;
mod append;
mod connection;
mod devices;
mod log;
mod purge;
mod records;
mod refresh;
mod rows;
mod schema;
mod sessions;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use keymoor_protocol::api::{
    Chain, Device, History, Keys, NewAccount, NewKeys, NewPassword, Page, Push, Snapshot,
};
use keymoor_protocol::limits::Limits;
use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{AccountId, Cursor, DeviceId, RecordId};
use rusqlite::Connection;

use crate::store::checked::Checked;
use crate::store::{
    Ear, NewSession, News, Presented, Purged, RefreshRequest, SessionInfo, Store, StoreError, TokenHashes,
};
pub use connection::OpenError;
use writer::Writer;

/// Read connections kept for reuse. Two cores hardly keep more busy.
const READERS: usize = 4;

/// Bytes of a push that is checked on the spot.
const SMALL: usize = 16 * 1024;

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

impl Store for Sqlite {
    async fn check(&self) -> Result<(), StoreError> {
        // A table of a row or two. Not through the writer: whoever asks has no session, and would stand in its line.
        self.read(|connection| rows::optional::<i64>(connection, "SELECT 1 FROM meta", ()).map(drop)).await
    }

    fn tell(&self, ear: Ear) {
        let _ = self.inner.ear.set(ear);
    }

    async fn create_account(&self, account: NewAccount, now: i64) -> Result<(), StoreError> {
        self.write(move |connection| accounts::create(connection, &account, now)).await
    }

    async fn registration(&self, account: AccountId, kind: LoginKind) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(move |connection| accounts::registration(connection, account, kind)).await
    }

    async fn set_password(&self, account: AccountId, new: NewPassword) -> Result<(), StoreError> {
        self.write(move |connection| accounts::set_password(connection, account, &new)).await
    }

    async fn keys(&self, account: AccountId) -> Result<Keys, StoreError> {
        self.read(move |connection| accounts::keys(connection, account)).await
    }

    async fn put_keys(&self, account: AccountId, new: NewKeys) -> Result<(), StoreError> {
        self.write(move |connection| accounts::put_keys(connection, account, &new)).await
    }

    async fn begin_session(&self, session: NewSession) -> Result<(), StoreError> {
        let account = session.account;
        let begin = move |connection: &Connection| {
            sessions::ended_by(connection, account, |connection| sessions::begin(connection, &session))
        };
        self.write_and_tell(begin, move |ended| told(account, ended)).await.map(drop)
    }

    async fn session(&self, access: Presented, now: i64) -> Result<SessionInfo, StoreError> {
        let (session, first_use) = self.glance(|connection| sessions::find(connection, access, now))?;
        if first_use {
            self.write(move |connection| sessions::mark_used(connection, access, now)).await?;
        }
        Ok(session)
    }

    async fn refresh_salt(&self, family: [u8; 16]) -> Result<[u8; 32], StoreError> {
        self.read(move |connection| refresh::salt(connection, family)).await
    }

    async fn refresh(&self, request: RefreshRequest, successor: TokenHashes) -> Result<(), StoreError> {
        // Reuse ends the family, which is a write, and an error, which rolls back: so it is told apart afterwards.
        let family = request.presented.family;
        let refresh = move |connection: &Connection| refresh::refresh(connection, &request, &successor);
        let ended =
            self.write_and_tell(refresh, move |ended| ended.and_then(|whose| told(whose, &[family]))).await?;
        if ended.is_some() { Err(StoreError::RefreshReused) } else { Ok(()) }
    }

    async fn head(&self, family: [u8; 16]) -> Result<u64, StoreError> {
        self.read(move |connection| sessions::head(connection, family)).await
    }

    async fn end_session(&self, family: [u8; 16]) -> Result<(), StoreError> {
        let end = move |connection: &Connection| sessions::end(connection, family);
        let ended = move |ended: &Option<AccountId>| ended.and_then(|whose| told(whose, &[family]));
        self.write_and_tell(end, ended).await.map(drop)
    }

    async fn devices(&self, account: AccountId) -> Result<Vec<Device>, StoreError> {
        self.read(move |connection| devices::list(connection, account)).await
    }

    async fn put_device(
        &self,
        account: AccountId,
        device: DeviceId,
        sealed: Vec<u8>,
    ) -> Result<(), StoreError> {
        self.write(move |connection| devices::put(connection, account, device, &sealed)).await
    }

    async fn remove_device(&self, account: AccountId, device: DeviceId) -> Result<(), StoreError> {
        let remove = move |connection: &Connection| {
            sessions::ended_by(connection, account, |connection| devices::remove(connection, account, device))
        };
        self.write_and_tell(remove, move |ended| told(account, ended)).await.map(drop)
    }

    async fn push(&self, account: AccountId, push: Push, now: i64) -> Result<Cursor, StoreError> {
        // Decoding and hashing need no database: they are done before the one writer is asked.
        let limits = self.inner.limits;
        let checked = if push.size() <= SMALL {
            Checked::new(push, &limits)?
        } else {
            let checked = tokio::task::spawn_blocking(move || Checked::new(push, &limits));
            checked.await.map_err(|_| StoreError::Unavailable)??
        };
        let append =
            move |connection: &Connection| append::append(connection, account, &checked, &limits, now);
        self.write_and_tell(append, move |head| Some(News::Head(account, head.seq))).await
    }

    async fn pull(&self, account: AccountId, after: Cursor) -> Result<Page, StoreError> {
        // Mostly there is nothing new.
        let head = self.glance(|connection| log::head(connection, account))?;
        if head == after {
            return Ok(Page { commits: Vec::new(), head, more: false });
        }
        self.read(move |connection| log::pull(connection, account, after)).await
    }

    async fn chain(&self, account: AccountId, from: u64) -> Result<Chain, StoreError> {
        self.read(move |connection| log::chain(connection, account, from)).await
    }

    async fn snapshot(&self, account: AccountId, after: Option<RecordId>) -> Result<Snapshot, StoreError> {
        self.read(move |connection| log::snapshot(connection, account, after)).await
    }

    async fn history(&self, account: AccountId, record: RecordId) -> Result<History, StoreError> {
        self.read(move |connection| log::history(connection, account, record)).await
    }

    async fn purge(&self, now: i64) -> Result<Purged, StoreError> {
        purge::purge(self, now).await
    }
}

fn told(account: AccountId, ended: &[[u8; 16]]) -> Option<News> {
    (!ended.is_empty()).then(|| News::Ended(account, ended.to_vec()))
}
