//! The one trait: a method is a use case, and a use case is one transaction.
//!
//! SQLite today, PostgreSQL with a later version; the conformance suite in `tests/` runs over every implementation.

mod checked;
mod quota;
pub mod sqlite;

use std::future::Future;

use keymoor_protocol::api::{
    Chain, Device, History, Keys, NewAccount, NewKeys, NewPassword, Page, Push, Snapshot,
};
use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{AccountId, Cursor, DeviceId, RecordId, VaultId};

/// Why a use case did not happen. Nothing of it was written then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Not there, or another account's.
    #[error("not found")]
    NotFound,
    /// The account is registered already.
    #[error("the account exists")]
    AccountExists,
    /// Another commit came first.
    #[error("the head moved")]
    HeadMoved(Cursor),
    /// There is another commit at that number, or none.
    #[error("diverged")]
    Diverged,
    /// The log is not paged that far back.
    #[error("below the floor")]
    BelowFloor,
    /// The keys document is not the expected one.
    #[error("the keys document moved")]
    KeysMoved,
    /// The keys document's version is one that no document has, or its epoch is not the account's.
    #[error("the keys document is invalid")]
    InvalidKeys,
    /// The commit does not follow, or its digests, versions, epoch or state hash are wrong.
    #[error("the commit is invalid")]
    InvalidCommit,
    /// Over the account's quota.
    #[error("over quota")]
    OverQuota,
    /// More than a commit or a record may hold.
    #[error("too large")]
    TooLarge,
    /// The token's family is not known, or has expired.
    #[error("no such session")]
    NoSession,
    /// The access token has expired, or was superseded.
    #[error("the token has expired")]
    TokenExpired,
    /// A refresh token came back that was followed up already; the family is gone.
    #[error("a refresh token was reused")]
    RefreshReused,
    /// Too much waits to be written.
    #[error("too much is waiting")]
    Busy,
    /// The database is full, locked away or damaged.
    #[error("the database is out of order")]
    Unavailable,
}

/// A session as a request shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionInfo {
    /// Whose.
    pub account: AccountId,
    /// The account's vault.
    pub vault: VaultId,
    /// On which device.
    pub device: DeviceId,
    /// Begun with which secret.
    pub kind: LoginKind,
    /// When the secret was last proved, milliseconds since 1970.
    pub logged_in_at: i64,
    /// SHA-256 of the account proof.
    pub proof_hash: [u8; 32],
    /// When the access token expires, milliseconds since 1970.
    pub expires_at: i64,
}

/// A token as it is looked up: every token names its family.
#[derive(Debug, Clone, Copy)]
pub struct Presented {
    /// The line of tokens that began with one login.
    pub family: [u8; 16],
    /// SHA-256 of the token.
    pub hash: [u8; 32],
}

/// The hashes of a session's tokens.
#[derive(Debug, Clone, Copy)]
pub struct TokenHashes {
    /// SHA-256 of the access token.
    pub access: [u8; 32],
    /// SHA-256 of the refresh token.
    pub refresh: [u8; 32],
}

/// A session that begins.
#[derive(Debug, Clone, Copy)]
pub struct NewSession {
    /// Whose.
    pub account: AccountId,
    /// On which device.
    pub device: DeviceId,
    /// Begun with which secret.
    pub kind: LoginKind,
    /// The name that all its tokens carry.
    pub family: [u8; 16],
    /// What successors are derived with.
    pub salt: [u8; 32],
    /// Its tokens.
    pub tokens: TokenHashes,
    /// Milliseconds since 1970.
    pub now: i64,
}

/// A refresh.
#[derive(Debug, Clone, Copy)]
pub struct RefreshRequest {
    /// The refresh token that was sent.
    pub presented: Presented,
    /// The client's name for this rotation.
    pub refresh_id: [u8; 16],
    /// Milliseconds since 1970.
    pub now: i64,
}

/// What a purge removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Commits that cannot be pulled any more; the chain still has them.
    pub commits: u64,
    /// Versions of records, out of the history.
    pub versions: u64,
    /// Sessions that had expired.
    pub sessions: u64,
}

/// What happened and is on the disk, for those who wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// An account's log has a new head, with this number.
    Head(AccountId, u64),
    /// These families of an account ended.
    Ended(AccountId, Vec<[u8; 16]>),
}

/// Is told news. Whoever writes waits for its return.
pub type Ear = Box<dyn Fn(News) + Send + Sync>;

/// Home 3's database.
pub trait Store: Clone + Send + Sync + 'static {
    /// Whether it answers.
    fn check(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Has news told to `ear` from here on, also of use cases whose caller is gone. One ear; a second is not heard.
    fn tell(&self, ear: Ear);

    /// Registers an account with everything that it begins with.
    fn create_account(
        &self,
        account: NewAccount,
        now: i64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// An account's OPAQUE registration; `None` for an unknown account.
    fn registration(
        &self,
        account: AccountId,
        kind: LoginKind,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;
    /// Replaces the password, and the keys document with it.
    fn set_password(
        &self,
        account: AccountId,
        new: NewPassword,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// The keys document.
    fn keys(&self, account: AccountId) -> impl Future<Output = Result<Keys, StoreError>> + Send;
    /// Replaces the keys document if it is the expected one.
    fn put_keys(
        &self,
        account: AccountId,
        new: NewKeys,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Begins a session; the device is remembered.
    fn begin_session(&self, session: NewSession) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// The session of an access token. The first use of the newest one ends the time in which the one before it is still
    /// good and the refresh that made it may be repeated. Any other token of a living family has expired.
    fn session(
        &self,
        access: Presented,
        now: i64,
    ) -> impl Future<Output = Result<SessionInfo, StoreError>> + Send;
    /// The salt of a family.
    fn refresh_salt(&self, family: [u8; 16]) -> impl Future<Output = Result<[u8; 32], StoreError>> + Send;
    /// Rotates: `successor` follows from the presented token and the refresh id. A token that is not the newest, unless it
    /// is the one before in a repeated refresh, ends the family.
    fn refresh(
        &self,
        request: RefreshRequest,
        successor: TokenHashes,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// The number of the newest commit in the log of a family's account, as long as the family lives.
    fn head(&self, family: [u8; 16]) -> impl Future<Output = Result<u64, StoreError>> + Send;
    /// Ends a family.
    fn end_session(&self, family: [u8; 16]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The account's devices.
    fn devices(&self, account: AccountId) -> impl Future<Output = Result<Vec<Device>, StoreError>> + Send;
    /// Writes a device's sealed record.
    fn put_device(
        &self,
        account: AccountId,
        device: DeviceId,
        sealed: Vec<u8>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Revokes a device: its sessions end at once.
    fn remove_device(
        &self,
        account: AccountId,
        device: DeviceId,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Appends a commit to the account's log, or says the same again if it is the head already.
    fn push(
        &self,
        account: AccountId,
        push: Push,
        now: i64,
    ) -> impl Future<Output = Result<Cursor, StoreError>> + Send;
    /// Commits after a cursor; [`StoreError::BelowFloor`] if that is too far back.
    fn pull(
        &self,
        account: AccountId,
        after: Cursor,
    ) -> impl Future<Output = Result<Page, StoreError>> + Send;
    /// Commits without records, from a number on.
    fn chain(&self, account: AccountId, from: u64) -> impl Future<Output = Result<Chain, StoreError>> + Send;
    /// A page of the live set, of one moment.
    fn snapshot(
        &self,
        account: AccountId,
        after: Option<RecordId>,
    ) -> impl Future<Output = Result<Snapshot, StoreError>> + Send;
    /// A record's versions, newest first.
    fn history(
        &self,
        account: AccountId,
        record: RecordId,
    ) -> impl Future<Output = Result<History, StoreError>> + Send;

    /// Removes what was kept long enough, in steps so small that others get their turn: raises the floors, thins the history
    /// of records that nobody writes any more, and ends expired sessions.
    fn purge(&self, now: i64) -> impl Future<Output = Result<Purged, StoreError>> + Send;
}
