//! The messages of the sync API, `/v1`. Bytes travel as base64url, ids as UUIDs, times in milliseconds since 1970.
//!
//! | call | body → answer |
//! |---|---|
//! | `POST /v1/accounts/registration` | [`RegistrationStart`] → [`RegistrationAnswer`] |
//! | `POST /v1/accounts` | [`NewAccount`] → 201, empty; 409 `ACCOUNT_EXISTS` |
//! | `PUT /v1/password` | [`NewPassword`] → 200; account proof or a login within five minutes |
//! | `POST /v1/sessions/start` | [`LoginStart`] → [`LoginAnswer`] |
//! | `POST /v1/sessions` | [`LoginFinish`] → [`Session`] |
//! | `POST /v1/sessions/refresh` | [`Refresh`] → [`Session`] |
//! | `DELETE /v1/sessions/current` | → 204 |
//! | `GET /v1/devices`, `PUT /v1/devices/{id}`, `DELETE /v1/devices/{id}` | [`Device`]s; deleting needs the account proof |
//! | `GET /v1/keys`, `PUT /v1/keys` | [`Keys`], [`NewKeys`]; account proof or a login within five minutes |
//! | `GET /v1/limits` | → [`crate::limits::Limits`] |
//! | `POST /v1/vaults/{v}/commits` | [`Push`] → [`Cursor`]; 409 `HEAD_MOVED` with `head` |
//! | `GET /v1/vaults/{v}/commits?after=SEQ&head=HASH` | → [`Page`]; 409 `DIVERGED`; 410 `SNAPSHOT_REQUIRED` |
//! | `GET /v1/vaults/{v}/chain?from=SEQ` | → [`Chain`], from commit SEQ on |
//! | `GET /v1/vaults/{v}/snapshot?after=RECORD` | → [`Snapshot`] |
//! | `GET /v1/vaults/{v}/records/{r}/history` | → [`History`] |
//! | `GET /v1/events` | → `text/event-stream`: a [`HEAD_EVENT`] with a [`Hint`] for the vault, and one after each commit |

use serde::{Deserialize, Serialize};
use zeroize::ZeroizeOnDrop;

use crate::base64url;
use crate::commit::{Cursor, SignedCommit};
use crate::ids::{AccountId, DeviceId, RecordId, VaultId};
use crate::opaque::LoginKind;
use crate::record::Record;

/// The header that carries the account proof: base64url of `HKDF(root key, "keymoor/v1/account-proof")`, 32 bytes.
pub const PROOF_HEADER: &str = "keymoor-account-proof";

/// The name of the only event of `GET /v1/events`. Its data is a [`Hint`]. Silence is broken by a comment, every
/// [`crate::limits::Limits::keep_alive_seconds`]; the stream ends with the access token or its session.
pub const HEAD_EVENT: &str = "head";

/// Every error's body: `{"error": "words for a person", "code": "STABLE_CODE"}`. Nothing in it echoes input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// Words for a person.
    pub error: String,
    /// What a program may branch on.
    pub code: Code,
    /// The current head, with `HEAD_MOVED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Cursor>,
}

/// Stable error codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// 400: the request is not of the documented form.
    BadRequest,
    /// 401: no session, or one that has ended; log in again.
    Unauthenticated,
    /// 401: the access token has expired; refresh.
    TokenExpired,
    /// 401: the login proof does not hold.
    LoginRefused,
    /// 401: a used refresh token came back; this device's sessions were ended.
    RefreshReused,
    /// 403: this session may not do that.
    Forbidden,
    /// 403: needs the account proof or a login within the last five minutes.
    ProofRequired,
    /// 403: this server takes no new accounts.
    RegistrationClosed,
    /// 404: not there, or not this account's.
    NotFound,
    /// 409: the account is registered already.
    AccountExists,
    /// 409: another commit came first; `head` says where the log is.
    HeadMoved,
    /// 409: the server knows another hash at that number.
    Diverged,
    /// 409: the keys document is not the expected one any more.
    KeysMoved,
    /// 410: below the kept floor; take a snapshot.
    SnapshotRequired,
    /// 413: larger than the advertised limit.
    TooLarge,
    /// 422: the commit does not follow, or its digests, versions, epoch or state hash are wrong.
    InvalidCommit,
    /// 422: the keys document is none, not the one that the message describes, or of another epoch than the stored one.
    InvalidKeys,
    /// 422: over the account's quota: what is live, or everything that is kept.
    OverQuota,
    /// 429: too many requests; `Retry-After` says how long.
    RateLimited,
    /// 500: the server's own fault.
    Internal,
    /// 503: out of order for now, or too much is waiting; then `Retry-After` says how long.
    Unavailable,
    /// A code that this version does not know.
    #[serde(other)]
    Unknown,
}

/// Begins an OPAQUE registration.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RegistrationStart {
    /// For whom.
    pub account: AccountId,
    /// Of which secret.
    pub kind: LoginKind,
    /// [`crate::opaque::register`]'s bytes.
    #[serde(with = "base64url")]
    pub request: Vec<u8>,
}

/// The server's part of a registration.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RegistrationAnswer {
    /// For [`crate::opaque::Registering::finish`].
    #[serde(with = "base64url")]
    pub answer: Vec<u8>,
}

/// An account is registered, all of it in one transaction.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewAccount {
    /// Whose.
    pub account: AccountId,
    /// Its vault.
    pub vault: VaultId,
    /// The password's registration.
    #[serde(with = "base64url")]
    pub password: Vec<u8>,
    /// The recovery key's registration.
    #[serde(with = "base64url")]
    pub recovery: Vec<u8>,
    /// The keys document.
    pub keys: Keys,
    /// SHA-256 of the account proof.
    #[serde(with = "base64url")]
    pub proof_hash: [u8; 32],
}

/// The keys document with what the server may know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// Its version.
    pub version: u64,
    /// Its epoch.
    pub epoch: u32,
    /// Its bytes.
    #[serde(with = "base64url")]
    pub document: Vec<u8>,
}

/// Replaces the keys document if the stored one is the expected one.
///
/// The epoch is the stored one's, or the answer is `INVALID_KEYS`. A higher epoch means a new root key, from which another
/// account proof follows: such a message will have to bring the new proof's hash, and there is none yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewKeys {
    /// The stored version, which must match. The new document's is one higher.
    pub expected: u64,
    /// The new document.
    pub keys: Keys,
}

/// A new password: its registration and the keys document that goes with it, in one transaction.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewPassword {
    /// The new registration.
    #[serde(with = "base64url")]
    pub password: Vec<u8>,
    /// The recovery key's new registration, if there is a new recovery key. Not from a recovery session.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "base64url::optional")]
    pub recovery: Option<Vec<u8>>,
    /// The document whose wrap opens with it.
    #[serde(flatten)]
    pub keys: NewKeys,
}

/// Begins an OPAQUE login.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoginStart {
    /// Who.
    pub account: AccountId,
    /// With which secret.
    pub kind: LoginKind,
    /// [`crate::opaque::log_in`]'s bytes.
    #[serde(with = "base64url")]
    pub request: Vec<u8>,
}

/// The server's part of a login.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoginAnswer {
    /// Names the login in the next call; good for one minute and one try.
    pub login: String,
    /// For [`crate::opaque::LoggingIn::finish`].
    #[serde(with = "base64url")]
    pub answer: Vec<u8>,
}

/// Ends a login and begins a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoginFinish {
    /// From [`LoginAnswer`].
    pub login: String,
    /// [`crate::opaque::LoggingIn::finish`]'s bytes.
    #[serde(with = "base64url")]
    pub proof: Vec<u8>,
    /// The device that logs in; the server remembers it.
    pub device: DeviceId,
}

/// Asks for the next pair of tokens. The same refresh id gets the same successor until that is first used.
#[derive(Serialize, Deserialize, ZeroizeOnDrop)]
pub struct Refresh {
    /// The refresh token held.
    pub refresh_token: String,
    /// Made once a rotation, repeated with each try of it.
    #[serde(with = "base64url")]
    pub refresh_id: [u8; 16],
}

/// A session's tokens, wiped when dropped.
#[derive(Serialize, Deserialize, ZeroizeOnDrop)]
pub struct Session {
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// Seconds that the access token lives.
    pub expires_in: u64,
    /// For [`Refresh`].
    pub refresh_token: String,
}

/// A device as the server knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Device {
    /// Which.
    pub id: DeviceId,
    /// Its sealed device record, if it wrote one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
    /// First login.
    pub created_at: u64,
    /// Last request.
    pub seen_at: u64,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Writes a device's sealed record: base64url of an envelope.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeviceUpdate {
    /// The envelope.
    pub sealed: String,
}

/// A commit with the records it brings: one for each change that is not `Forgotten`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// The commit's bytes and tag.
    #[serde(flatten)]
    pub signed: SignedCommit,
    /// The records, sorted by id.
    pub records: Vec<Record>,
}

impl Push {
    /// Bytes of the commit and of the envelopes.
    pub fn size(&self) -> usize {
        self.signed.bytes.len() + self.records.iter().map(Record::size).sum::<usize>()
    }
}

/// Commits after a cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// In order. Records that a later commit of the log replaced are left out.
    pub commits: Vec<Push>,
    /// Where the log is.
    pub head: Cursor,
    /// Whether commits are left after this page.
    pub more: bool,
}

/// Commits without their records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// In order.
    pub commits: Vec<SignedCommit>,
    /// Where the log is.
    pub head: Cursor,
    /// Whether commits are left after this page.
    pub more: bool,
}

/// A page of the live set, sorted by record id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Where the log was when this page was read.
    pub head: Cursor,
    /// The records with the number of the commit that wrote them.
    pub records: Vec<Placed>,
    /// Pass as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<RecordId>,
}

/// A record and the commit that wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// The commit's number.
    pub seq: u64,
    /// The record.
    #[serde(flatten)]
    pub record: Record,
}

/// The versions of a record, newest first: the current one and the older ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The versions that the server still keeps, as many as one answer takes.
    pub versions: Vec<Placed>,
    /// Whether it keeps older ones that this answer had no room for.
    #[serde(default)]
    pub more: bool,
}

/// Where the log of a vault is, said when a stream of events begins and after each commit. Only a hint: one may be left out
/// for a newer one, and what it says is believed only when a pull has brought it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// Whose log.
    pub vault: VaultId,
    /// The newest commit's number, 0 before the first.
    pub seq: u64,
}
