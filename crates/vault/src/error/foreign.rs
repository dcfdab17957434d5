//! Errors of other crates, turned into ours where they come in.

use super::{Error, KeychainProblem, ServerProblem};

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
