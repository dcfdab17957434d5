//! The trait's use cases: which of them reads and which writes, and what is told of them.

use keymoor_protocol::api::{
    Chain, Device, History, Keys, NewAccount, NewKeys, NewPassword, Page, Push, Snapshot,
};
use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{AccountId, Cursor, DeviceId, RecordId};
use rusqlite::Connection;

use super::{Sqlite, accounts, append, devices, log, purge, refresh, rows, sessions};
use crate::store::checked::Checked;
use crate::store::{
    Ear, NewSession, News, Presented, Purged, RefreshRequest, SessionInfo, Store, StoreError, TokenHashes,
};

/// Bytes of a push that is checked on the spot.
const SMALL: usize = 16 * 1024;

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
