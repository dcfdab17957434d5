//! Whether a provider accepts a credential.

use keymoor_providers::Verdict;
use keymoor_vault::{CheckStatus, Listing, Verification, rfc3339};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a credential stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// The provider accepted it when it was asked last.
    Connected,
    /// It is being asked now.
    Verifying,
    /// It did not accept it, or what stands beside the key is wrong, or the key has expired since.
    Error,
    /// Switched off, by the user or at the provider.
    Disabled,
    /// It was never asked about these values.
    Unchecked,
    /// A newer version wrote it, or no copy can be read.
    Unreadable,
}

impl From<CheckStatus> for Status {
    fn from(status: CheckStatus) -> Self {
        match status {
            CheckStatus::Connected => Self::Connected,
            CheckStatus::Error => Self::Error,
            CheckStatus::Disabled => Self::Disabled,
            CheckStatus::Unchecked => Self::Unchecked,
            CheckStatus::Unreadable => Self::Unreadable,
        }
    }
}

/// What is known of whether the provider accepts a credential.
#[derive(Serialize, JsonSchema)]
pub(crate) struct VerifyStatus {
    /// The credential's id.
    #[schemars(extend("format" = "uuid"))]
    id: String,
    status: Status,
    verification: Option<Verified>,
}

impl VerifyStatus {
    pub(crate) fn new(listing: &Listing, verifying: bool) -> Self {
        Self {
            id: listing.id.to_string(),
            status: if verifying { Status::Verifying } else { listing.status.into() },
            verification: listing.verification.as_ref().map(Verified::new),
        }
    }
}

/// What the provider said last, and whether it could be asked since.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Verified {
    /// What the last answer said.
    result: Option<VerifyResult>,
    /// The catalogue's words for that answer, where it has any.
    message: Option<String>,
    /// When that was.
    #[schemars(extend("format" = "date-time"))]
    checked_at: Option<String>,
    /// When it was good last.
    #[schemars(extend("format" = "date-time"))]
    last_good_at: Option<String>,
    /// The last attempt, if it learned nothing.
    #[schemars(extend("format" = "date-time"))]
    tried_at: Option<String>,
    /// Why it learned nothing, or why the answer was found without asking.
    reason: Option<String>,
    /// Whose key it is, in the provider's words.
    identity: Option<String>,
    /// When the key expires.
    #[schemars(extend("format" = "date-time"))]
    expires_at: Option<String>,
    /// The HTTP status of the answer.
    http_status: Option<u16>,
}

impl Verified {
    pub(crate) fn new(known: &Verification) -> Self {
        let answer = known.answer.as_ref();
        let tried = known.tried.as_ref();
        let cause = tried.map(|tried| &tried.why).or_else(|| answer.and_then(|answer| answer.why.as_ref()));
        Self {
            result: answer.map(|answer| answer.verdict.into()),
            message: answer.and_then(|answer| answer.say.clone()),
            checked_at: answer.map(|answer| rfc3339(answer.at)),
            last_good_at: known.good_at.map(rfc3339),
            tried_at: tried.map(|tried| rfc3339(tried.at)),
            reason: cause.and_then(|cause| cause.reason()).map(|reason| reason.to_string()),
            identity: answer.and_then(|answer| answer.identity.clone()),
            expires_at: answer.and_then(|answer| answer.expires).map(rfc3339),
            http_status: answer.and_then(|answer| answer.status),
        }
    }
}

/// What an answer of the provider says.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VerifyResult {
    Valid,
    ValidLimited,
    Invalid,
    Expired,
    Disabled,
    InvalidConfig,
    Retry,
    Indeterminate,
}

impl From<Verdict> for VerifyResult {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Valid => Self::Valid,
            Verdict::ValidLimited => Self::ValidLimited,
            Verdict::Invalid => Self::Invalid,
            Verdict::Expired => Self::Expired,
            Verdict::Disabled => Self::Disabled,
            Verdict::InvalidConfig => Self::InvalidConfig,
            Verdict::Retry => Self::Retry,
            Verdict::Indeterminate => Self::Indeterminate,
        }
    }
}
