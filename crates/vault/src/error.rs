//! What can go wrong, for a program to branch on. Words and hints for people are the shells' business.

mod alarm;
mod foreign;
mod homes;
mod input;
mod kind;

use keymoor_protocol::RecordId;

pub use alarm::Alarm;
pub(crate) use foreign::at;
pub use homes::{HomeName, KeychainProblem, ServerProblem, Why};
pub use input::Input;
pub use kind::Kind;

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
    /// Two devices' values of the credential stand beside each other, and which is meant has to be said first.
    #[error("not settled")]
    Unsettled,
    /// The only secret field would go.
    #[error("the last secret field")]
    LastSecret,
    /// A program would have a key go to another address, and did not bring all of its secrets: these.
    #[error("another address without the secrets")]
    AddressAlone(Vec<String>),
    /// A program of that name has a grant already.
    #[error("the program has a grant")]
    GrantTaken,
    /// No program of that name has a grant.
    #[error("no such grant")]
    NoSuchGrant,
    /// The catalogue has no such service.
    #[error("no such service")]
    NoSuchService,
    /// The catalogue has no such template.
    #[error("no such template")]
    NoSuchTemplate,
    /// No such policy is set.
    #[error("no such policy")]
    NoSuchPolicy,
    /// The service takes credentials of these providers.
    #[error("the service does not take this credential")]
    NotAccepted(Vec<String>),
    /// The credential that is to be used is switched off: this one.
    #[error("the credential is off")]
    CredentialOff(String),
    /// None was chosen for the service, and these could be meant.
    #[error("which credential?")]
    WhichCredential(Vec<String>),
    /// An edit that changes nothing.
    #[error("nothing to change")]
    NothingToChange,
    // ---- not there
    /// No credential of that name.
    #[error("not found")]
    NotFound,
    /// No credential is there that the service could use.
    #[error("no credential to use")]
    NothingToUse,
    /// The service is switched off.
    #[error("the service is off")]
    ServiceOff,
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
    /// The keychain holds the key of another vault, and what that opens.
    #[error("the keychain is another vault's")]
    KeychainOfAnother,
    /// The kit is of a vault that had no server, and nothing of that vault is here.
    #[error("a kit without a server, and nothing to open")]
    KitWithoutServer,
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
