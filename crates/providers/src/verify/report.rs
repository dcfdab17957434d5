//! What a verification found out.

use crate::catalogue::Verdict;

/// What a verification found out. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What it says about the credential.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// What the catalogue tells of this answer, where the verdict's own words are not enough.
    pub say: Option<String>,
    /// Whose key it is, in the provider's words.
    pub identity: Option<String>,
    /// When the key expires: seconds since 1970.
    pub expires: Option<i64>,
    /// The HTTP status of the answer that counted.
    pub status: Option<u16>,
}

/// Why a verification ended as it did. Names of fields are in it, values never.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reason {
    /// The provider gave an answer that the catalogue lists.
    #[error("the provider answered")]
    Answered,
    /// The provider gave an answer that the catalogue does not list.
    #[error("an unlisted answer")]
    Unlisted,
    /// It asks to come again later.
    #[error("rate limited")]
    RateLimited,
    /// It has a fault of its own (HTTP 5xx).
    #[error("a fault of the provider")]
    ServerError,
    /// A page for people came instead of an answer: from something in between, or a notice of maintenance.
    #[error("a page instead of an answer")]
    Page,
    /// It wants the request to go elsewhere; the key was not sent there.
    #[error("a redirect")]
    Redirected,
    /// The answer broke off.
    #[error("an answer cut off")]
    CutOff,
    /// The answer is longer than any we know of.
    #[error("an answer too large")]
    TooLarge,
    /// No answer within the time limit.
    #[error("timed out")]
    TimedOut,
    /// No connection.
    #[error("unreachable")]
    Unreachable,
    /// The host does not exist, though names of its domain can be looked up.
    #[error("no such host")]
    NoSuchHost,
    /// No trustworthy TLS connection: nothing was sent.
    #[error("no trusted TLS connection")]
    Tls,
    /// This machine's clock is wrong by minutes, and the request is signed with its time.
    #[error("this machine's clock is wrong")]
    Clock,
    /// A field that is needed is empty. Nothing was sent.
    #[error("the field {0} is empty")]
    MissingField(String),
    /// A field holds what cannot be sent: control characters, or not what its kind says. Nothing was sent.
    #[error("the field {0} is malformed")]
    BadField(String),
    /// A host that is not the provider's. Nothing was sent.
    #[error("the field {0} names a host that is not the provider's")]
    HostRefused(String),
    /// An address without TLS. Nothing was sent.
    #[error("the field {0} is an address without TLS")]
    NotEncrypted(String),
    /// The provider cannot be asked without changing something, or has nothing to ask.
    #[error("there is no check")]
    NoCheck,
    /// The check costs something and was not asked for expressly.
    #[error("the check has a side effect")]
    SideEffect,
    /// It is certainly a key of another provider, and was not asked for by name. Nothing was sent.
    #[error("a key of another provider")]
    Another,
    /// The caller wanted no more.
    #[error("cancelled")]
    Cancelled,
}

impl Report {
    pub(super) fn new(verdict: Verdict, reason: Reason) -> Self {
        Self { verdict, reason, say: None, identity: None, expires: None, status: None }
    }

    pub(super) fn cancelled() -> Self {
        Self::new(Verdict::Indeterminate, Reason::Cancelled)
    }
}

/// A verification that ended without an answer.
impl From<Reason> for Report {
    fn from(reason: Reason) -> Self {
        let verdict = match reason {
            Reason::MissingField(_)
            | Reason::BadField(_)
            | Reason::HostRefused(_)
            | Reason::NotEncrypted(_) => Verdict::InvalidConfig,
            Reason::RateLimited => Verdict::Retry,
            _ => Verdict::Indeterminate,
        };
        Self::new(verdict, reason)
    }
}
