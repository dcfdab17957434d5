//! What is the matter with a home.

/// Which of the three homes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
