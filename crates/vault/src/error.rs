//! What can go wrong, for a program to branch on. Words and hints for people are the shells' business.

use keymoor_protocol::RecordId;

/// Which of the three homes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HomeName {
    /// The keychain of the operating system.
    Keychain,
    /// The SQLite copy on this disk.
    Cache,
    /// The sync server.
    Server,
}

/// Why a home could not give a readable copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It has a copy whose seal does not open.
    SealBroken,
    /// It has none.
    Missing,
    /// It could not be asked.
    OutOfReach,
    /// There is no such home here: no account, or no keychain.
    NotSetUp,
}

/// A credential that fits a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its record.
    pub id: RecordId,
    /// Its provider.
    pub provider: String,
    /// Its name as shown.
    pub display: String,
}

/// What is the matter with the keychain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeychainProblem {
    /// There is none, or it does not answer.
    NotAvailable,
    /// It is locked and was not unlocked.
    Locked,
    /// It takes no more entries.
    Full,
    /// An entry is not what was written.
    Damaged,
    /// The user did not want to wait.
    Cancelled,
    /// Anything else.
    Other,
}

/// What is the matter with the server or the way to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerProblem {
    /// Nobody answers.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// What answers is no Keymoor server.
    NotOurs,
    /// Its certificate is not accepted.
    Tls,
    /// Its certificate is not the one that the kit names.
    WrongPin,
    /// The session has ended: sign in again.
    SignIn,
    /// A refresh token came back that was used before: this device's sessions were ended for safety.
    SessionStolen,
    /// Too many requests; seconds to wait.
    RateLimited(u64),
    /// Over the account's quota.
    OverQuota,
    /// A record is larger than the server takes.
    TooLarge,
    /// The server takes no new accounts.
    RegistrationClosed,
    /// The account is not known there.
    UnknownAccount,
    /// Its keys document, and with it the password, is older than this device's: it was restored from a copy, or was out of
    /// reach when the password changed. The password puts it right.
    KeysBehind,
    /// It refused a commit that this device holds to be right.
    CommitRefused,
    /// It refused, for a reason that a working client does not meet.
    Refused,
    /// It failed on its own; the HTTP status.
    Failed(u16),
}

/// What does not add up about a server. Sync stops; what is on this device stays readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// A commit whose tag, parent, number or content is wrong.
    ChainBroken,
    /// The records do not add up to the state that the newest commit states.
    StateWrong,
    /// A keys document older than one that was seen, or not genuine.
    KeysDocument,
    /// The server holds less than the kit or this device has seen, and the log does not explain it.
    RolledBack,
    /// The server lost its newest state; this device put it back.
    PutBack,
    /// A used refresh token came back: the server ended this device's session.
    SessionStolen,
}

impl Alarm {
    /// The stable word by which cache and scripts know it.
    pub fn code(self) -> &'static str {
        match self {
            Self::ChainBroken => "chain_broken",
            Self::StateWrong => "state_wrong",
            Self::KeysDocument => "keys_document",
            Self::RolledBack => "rolled_back",
            Self::PutBack => "put_back",
            Self::SessionStolen => "session_stolen",
        }
    }

    /// Whether it tells of something that happened and stops nothing. Such a one stays to be read for a day, where the others
    /// end with the first sync that adds up.
    pub(crate) fn informs(code: &str) -> bool {
        [Self::PutBack, Self::SessionStolen].iter().any(|alarm| alarm.code() == code)
    }
}

/// Everything that an action can end with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    // ---- wrong use
    /// A secret without a character.
    #[error("the secret is empty")]
    EmptySecret,
    /// A credential without a secret field.
    #[error("there is no secret")]
    NoSecret,
    /// A provider, name, label or field name that is empty, too long or has control characters.
    #[error("{0} is not valid")]
    Invalid(Input),
    /// A text has a NUL byte.
    #[error("{0} has a NUL byte")]
    NulByte(Input),
    /// More than a credential may hold: 64 KiB of secrets and fields.
    #[error("the credential is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Fewer than eight characters.
    #[error("the password is too short")]
    WeakPassword,
    /// Not an address that can be used.
    #[error("not a server address")]
    InvalidServer,
    /// Plain HTTP to another machine.
    #[error("plain HTTP to another machine")]
    PlainHttp,
    /// The credential has several secret fields.
    #[error("which field?")]
    WhichField(Vec<String>),
    /// It has no such field, but these.
    #[error("no such field")]
    NoSuchField(Vec<String>),
    /// Several credentials fit the name.
    #[error("the name is ambiguous")]
    Ambiguous(Vec<Candidate>),
    /// Several versions have the number.
    #[error("which version?")]
    WhichVersion(Vec<crate::history::Past>),
    /// Somebody changed the credential since the caller looked.
    #[error("changed meanwhile")]
    ChangedMeanwhile,
    /// The only secret field would go.
    #[error("the last secret field")]
    LastSecret,
    /// An edit that changes nothing.
    #[error("nothing to change")]
    NothingToChange,
    // ---- not there
    /// No credential of that name.
    #[error("not found")]
    NotFound,
    /// The history has no such version.
    #[error("no such version")]
    NoSuchVersion,
    /// No such alternate.
    #[error("no such alternate")]
    NoSuchChoice,
    /// This vault has no account yet.
    #[error("no account")]
    NoAccount,
    // ---- in the way
    /// The provider has a credential of that name already.
    #[error("the name is taken")]
    NameTaken,
    /// This device has another account already, and keys in it.
    #[error("this device has an account")]
    HasAccount,
    /// The kits of this account were made with it.
    #[error("the account has its kits")]
    KitsMade,
    /// A file that would be overwritten.
    #[error("a file is in the way")]
    FileExists(std::path::PathBuf),
    /// A pull would delete very many records.
    #[error("{count} of {of} would go")]
    MassDelete {
        /// How many.
        count: u64,
        /// Of how many.
        of: u64,
    },
    /// The record is of a newer version of Keymoor and shown read-only.
    #[error("the record is of a newer version")]
    NewerRecord,
    // ---- locked
    /// Sealed records are here, but the keychain lacks the root key.
    #[error("the root key is missing")]
    Locked,
    /// The same of a vault in which nothing is stored, and which belongs to no account.
    #[error("the root key is missing, and nothing is sealed with it")]
    LockedEmpty,
    /// What lies in the cache's place does not open, and the keychain has no root key.
    #[error("the cache is damaged and the root key is missing")]
    LockedAndDamaged,
    /// A password is needed and none was given.
    #[error("a password is needed")]
    PasswordNeeded,
    /// The password is wrong.
    #[error("wrong password")]
    WrongPassword,
    /// The server does not let the password in: it is wrong, or the account is not known there. It must not say which.
    #[error("the server refuses the password")]
    LoginRefused,
    /// The server does not let the recovery key in: another one was made, or the account is not known there.
    #[error("the server refuses the recovery key")]
    RecoveryRefused,
    /// The vault was unlocked here, with the new password; the server did not take that.
    #[error("unlocked here, not at the server")]
    UnlockedHere(ServerProblem),
    /// The keychain in use is another than this one, with which the vault was made.
    #[error("another keychain than before")]
    BackendChanged(crate::config::Backend),
    // ---- kits
    /// The kit's text does not add up: a character is wrong or missing.
    #[error("the kit is damaged")]
    KitDamaged(Option<usize>),
    /// The words alone, and nothing here that says whose they are or where the server is.
    #[error("the words do not say whose they are")]
    WordsAlone,
    /// The kit is of another account.
    #[error("the kit is of another account")]
    KitOfAnotherAccount,
    // ---- homes
    /// The keychain.
    #[error("the keychain is out of order")]
    Keychain(KeychainProblem),
    /// The server.
    #[error("the server is out of order")]
    Server(ServerProblem),
    /// The server does not add up.
    #[error("the server does not add up")]
    Alarm(Alarm),
    /// No home has a readable copy.
    #[error("the record cannot be read")]
    Unreadable {
        /// Which record.
        id: RecordId,
        /// What each home said.
        homes: Vec<(HomeName, Why)>,
    },
    /// The cache.
    #[error(transparent)]
    Cache(#[from] keymoor_cache::Error),
    /// A file.
    #[error("a file: {0}")]
    Io(std::io::ErrorKind),
    /// A file or folder of the data directory.
    #[error("a file of the data directory: {kind}")]
    File {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        kind: std::io::ErrorKind,
    },
    /// The system gives no random numbers.
    #[error("no random numbers")]
    NoRandomNumbers,
}

/// What the user gave that is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The provider.
    Provider,
    /// The name.
    Name,
    /// A label.
    Label,
    /// The note.
    Note,
    /// A field's name.
    FieldName,
    /// An open field's value.
    FieldValue,
    /// A secret.
    Secret,
}

impl std::fmt::Display for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Provider => "the provider",
            Self::Name => "the name",
            Self::Label => "a label",
            Self::Note => "the note",
            Self::FieldName => "a field's name",
            Self::FieldValue => "a field's value",
            Self::Secret => "the secret",
        })
    }
}

/// The kinds of errors, one an exit code of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 1
    Failed,
    /// 2
    Usage,
    /// 3
    NotFound,
    /// 4
    Locked,
    /// 5
    Conflict,
    /// 6
    Network,
    /// 7
    Damaged,
    /// 8
    Keychain,
}

impl Error {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        use Error::*;
        match self {
            EmptySecret
            | NoSecret
            | Invalid(_)
            | NulByte(_)
            | TooLarge { .. }
            | WeakPassword
            | InvalidServer
            | PlainHttp
            | WhichField(_)
            | WordsAlone
            | WhichVersion(_)
            | LastSecret
            | Ambiguous(_)
            | NothingToChange => Kind::Usage,
            NotFound | NoSuchField(_) | NoSuchVersion | NoSuchChoice | NoAccount => Kind::NotFound,
            NameTaken
            | HasAccount
            | KitsMade
            | FileExists(_)
            | MassDelete { .. }
            | NewerRecord
            | ChangedMeanwhile => Kind::Conflict,
            Locked | LockedEmpty | PasswordNeeded | WrongPassword | LoginRefused | RecoveryRefused
            | BackendChanged(_) => Kind::Locked,
            Keychain(_) => Kind::Keychain,
            Server(_) | UnlockedHere(_) => Kind::Network,
            Alarm(_) | Unreadable { .. } | KitDamaged(_) | LockedAndDamaged => Kind::Damaged,
            KitOfAnotherAccount => Kind::Conflict,
            Cache(
                keymoor_cache::Error::Damaged
                | keymoor_cache::Error::Newer { .. }
                | keymoor_cache::Error::Migration,
            ) => Kind::Damaged,
            Cache(_) | Io(_) | File { .. } | NoRandomNumbers => Kind::Failed,
        }
    }
}

/// Says which file it was.
pub(crate) fn at(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Error {
    move |error| match Error::from(error) {
        Error::Io(kind) => Error::File { path: path.to_owned(), kind },
        other => other,
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::Cache(keymoor_cache::Error::Full),
            std::io::ErrorKind::ReadOnlyFilesystem => Self::Cache(keymoor_cache::Error::ReadOnly),
            kind => Self::Io(kind),
        }
    }
}

impl From<getrandom::Error> for Error {
    fn from(_: getrandom::Error) -> Self {
        Self::NoRandomNumbers
    }
}

impl From<keymoor_keychain::Error> for Error {
    fn from(error: keymoor_keychain::Error) -> Self {
        use keymoor_keychain::Error as E;
        Self::Keychain(match error {
            E::NotAvailable => KeychainProblem::NotAvailable,
            E::Locked => KeychainProblem::Locked,
            E::Full => KeychainProblem::Full,
            E::Damaged => KeychainProblem::Damaged,
            E::Cancelled => KeychainProblem::Cancelled,
            _ => KeychainProblem::Other,
        })
    }
}

impl From<keymoor_remote::Error> for Error {
    fn from(error: keymoor_remote::Error) -> Self {
        use keymoor_protocol::api::Code;
        use keymoor_remote::Error as E;
        Self::Server(match error {
            E::InvalidUrl => return Self::InvalidServer,
            E::PlainHttp => return Self::PlainHttp,
            E::Unreachable => ServerProblem::Unreachable,
            E::TimedOut => ServerProblem::TimedOut,
            E::Tls => ServerProblem::Tls,
            E::WrongPin => ServerProblem::WrongPin,
            E::NotOurs => ServerProblem::NotOurs,
            E::Unauthenticated | E::TokenExpired => ServerProblem::SignIn,
            E::LoginRefused => return Self::WrongPassword,
            E::RefreshReused => ServerProblem::SessionStolen,
            E::RateLimited { retry_after_s } => ServerProblem::RateLimited(retry_after_s),
            E::TooLarge => ServerProblem::TooLarge,
            E::OverQuota => ServerProblem::OverQuota,
            E::Refused(Code::RegistrationClosed) => ServerProblem::RegistrationClosed,
            E::Refused(Code::NotFound) => ServerProblem::UnknownAccount,
            E::Refused(Code::InvalidCommit) => ServerProblem::CommitRefused,
            E::Server(status) => ServerProblem::Failed(status),
            _ => ServerProblem::Refused,
        })
    }
}
