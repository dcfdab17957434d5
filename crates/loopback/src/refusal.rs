//! What is not answered with what was asked for: a stable code, in the one format. Nothing in it echoes input.

use axum::http::StatusCode;
use keymoor_vault::{CacheError, Error, Input, KeychainProblem};
use schemars::JsonSchema;
use serde::Serialize;

use crate::words;
use crate::wrong::Wrong;

/// What a program branches on. Codes are added to and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Code {
    // ---- 400
    BadRequest,
    InvalidValue,
    NoSecret,
    MaskedSecret,
    ExampleSecret,
    // ---- 401
    Unauthenticated,
    // ---- 403
    HostRefused,
    OriginRefused,
    OutOfScope,
    // ---- 404
    NotFound,
    NoSuchService,
    NoSuchSetting,
    // ---- 405
    MethodNotAllowed,
    // ---- 408
    TimedOut,
    // ---- 409
    NameTaken,
    Ambiguous,
    FieldTwice,
    SecretField,
    WhichField,
    LastSecret,
    AddressAlone,
    WhichCredential,
    NotAccepted,
    NothingToUse,
    ReadOnly,
    Unreadable,
    // ---- 413
    TooLarge,
    // ---- 415
    UnsupportedMediaType,
    // ---- 429
    RateLimited,
    // ---- 500
    Internal,
    DiskFull,
    // ---- 503
    Busy,
    Mended,
    Locked,
    Keychain,
}

impl Code {
    pub(crate) fn status(self) -> StatusCode {
        use StatusCode as S;
        match self {
            Self::BadRequest
            | Self::InvalidValue
            | Self::NoSecret
            | Self::MaskedSecret
            | Self::ExampleSecret => S::BAD_REQUEST,
            Self::Unauthenticated => S::UNAUTHORIZED,
            Self::HostRefused | Self::OriginRefused | Self::OutOfScope => S::FORBIDDEN,
            Self::NotFound | Self::NoSuchService | Self::NoSuchSetting => S::NOT_FOUND,
            Self::MethodNotAllowed => S::METHOD_NOT_ALLOWED,
            Self::TimedOut => S::REQUEST_TIMEOUT,
            Self::NameTaken
            | Self::Ambiguous
            | Self::FieldTwice
            | Self::SecretField
            | Self::WhichField
            | Self::LastSecret
            | Self::AddressAlone
            | Self::WhichCredential
            | Self::NotAccepted
            | Self::NothingToUse
            | Self::ReadOnly
            | Self::Unreadable => S::CONFLICT,
            Self::TooLarge => S::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => S::UNSUPPORTED_MEDIA_TYPE,
            Self::RateLimited => S::TOO_MANY_REQUESTS,
            Self::Internal | Self::DiskFull => S::INTERNAL_SERVER_ERROR,
            Self::Busy | Self::Mended | Self::Locked | Self::Keychain => S::SERVICE_UNAVAILABLE,
        }
    }
}

/// A request that is not answered with what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    /// Names of fields, settings or credentials that could be meant; never what was sent.
    pub(crate) choices: Vec<String>,
    /// Where in the request something is wrong, where that is known.
    pub(crate) wrong: Option<Wrong>,
    /// Message and hint in place of the code's own.
    pub(crate) says: Option<(&'static str, &'static str)>,
    pub(crate) vault: VaultAfter,
}

/// What the failure means for the vault that failed so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VaultAfter {
    /// It is as good as before.
    Fine,
    /// Its cache is damaged, which mending may help.
    Damaged,
    /// Another took its place: it is opened anew.
    Stale,
}

impl Refusal {
    pub(crate) fn new(code: Code) -> Self {
        Self { code, choices: Vec::new(), wrong: None, says: None, vault: VaultAfter::Fine }
    }

    fn with(code: Code, choices: Vec<String>) -> Self {
        Self { choices, ..Self::new(code) }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let vault = match &error {
            Error::Cache(CacheError::Damaged | CacheError::Migration | CacheError::Other(_)) => {
                VaultAfter::Damaged
            }
            Error::Cache(CacheError::Replaced)
            | Error::Keychain(KeychainProblem::Cancelled)
            | Error::Locked => VaultAfter::Stale,
            _ => VaultAfter::Fine,
        };
        Self { vault, ..of(error) }
    }
}

fn of(error: Error) -> Refusal {
    let code = match error {
        Error::EmptySecret | Error::NoSecret => Code::NoSecret,
        Error::Invalid(Input::Sample) => Code::ExampleSecret,
        Error::Invalid(input) | Error::NulByte(input) => {
            return Refusal { wrong: words::input(input), ..Refusal::new(Code::InvalidValue) };
        }
        Error::TooLarge { .. } => Code::TooLarge,
        Error::LastSecret => Code::LastSecret,
        Error::NothingToChange | Error::WeakPassword | Error::InvalidServer | Error::PlainHttp => {
            Code::BadRequest
        }
        Error::AddressAlone(names) => return Refusal::with(Code::AddressAlone, names),
        Error::WhichField(names) => return Refusal::with(Code::WhichField, names),
        Error::NoSuchField(names) => return Refusal::with(Code::NoSuchSetting, names),
        Error::Ambiguous(candidates) => {
            let ids = candidates.into_iter().map(|candidate| candidate.id.to_string());
            return Refusal::with(Code::Ambiguous, ids.collect());
        }
        Error::WhichCredential(names) => return Refusal::with(Code::WhichCredential, names),
        Error::NotAccepted(providers) => return Refusal::with(Code::NotAccepted, providers),
        Error::NothingToUse | Error::ServiceOff | Error::CredentialOff(_) => Code::NothingToUse,
        Error::NoSuchService | Error::NoSuchTemplate => Code::NoSuchService,
        Error::NotFound
        | Error::NoSuchVersion
        | Error::NoSuchChoice
        | Error::NoSuchGrant
        | Error::NoSuchPolicy
        | Error::WhichVersion(_) => Code::NotFound,
        Error::NameTaken | Error::GrantTaken | Error::ChangedMeanwhile | Error::Unsettled => Code::NameTaken,
        Error::NewerRecord => Code::ReadOnly,
        Error::Unreadable { .. } | Error::Cache(CacheError::Record(_)) => Code::Unreadable,
        Error::Locked
        | Error::LockedEmpty
        | Error::LockedAndDamaged
        | Error::PasswordNeeded
        | Error::WrongPassword
        | Error::LoginRefused
        | Error::RecoveryRefused
        | Error::BackendChanged(_) => Code::Locked,
        Error::Keychain(_) => Code::Keychain,
        Error::Cache(CacheError::Full | CacheError::ReadOnly) => Code::DiskFull,
        Error::Cache(CacheError::Busy | CacheError::Replaced) => Code::Busy,
        Error::Cache(_)
        | Error::Io(_)
        | Error::File { .. }
        | Error::NoRandomNumbers
        | Error::NoAccount
        | Error::HasAccount
        | Error::KeychainOfAnother
        | Error::KitWithoutServer
        | Error::KitsMade
        | Error::FileExists(_)
        | Error::MassDelete { .. }
        | Error::UnlockedHere(_)
        | Error::KitDamaged(_)
        | Error::WordsAlone
        | Error::KitOfAnotherAccount
        | Error::Server(_)
        | Error::Alarm(_) => Code::Internal,
    };
    Refusal::new(code)
}

/// The one format of errors.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(crate) struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ErrorDetail {
    /// What a program branches on.
    code: Code,
    /// For a person.
    message: &'static str,
    /// What can be done about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// Where the request is wrong: a JSON pointer into the body, empty for all of it, or the name of a parameter. `*` stands
    /// for a name that is the caller's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// What is wrong there.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl From<&Refusal> for ErrorBody {
    fn from(refusal: &Refusal) -> Self {
        let (message, hint) = refusal.says.unwrap_or_else(|| words::of(refusal.code));
        let hint = match (hint, refusal.choices.is_empty()) {
            ("", true) => None,
            (hint, true) => Some(hint.to_owned()),
            (hint, false) => Some(format!("{hint} {}.", refusal.choices.join(", ")).trim_start().to_owned()),
        };
        let (field, problem) = match refusal.wrong.clone() {
            Some(Wrong { field, problem }) => (Some(field), Some(problem)),
            None => (None, None),
        };
        Self { error: ErrorDetail { code: refusal.code, message, hint, field, problem } }
    }
}
