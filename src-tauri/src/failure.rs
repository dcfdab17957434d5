//! What a command fails with: a stable code. The words for people are in the web view's dictionaries.

use keymoor_vault::{
    Alarm, CacheError, ConfigError, Error, Input, KeychainProblem, KitError, PasswordFor, ServerProblem,
};
use serde::Serialize;

/// A failure as the web view gets it. `message` is for developers and says nothing about any key.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Failure {
    code: &'static str,
    message: String,
    /// The vault that failed so is not used again.
    #[serde(skip)]
    ends_vault: bool,
}

impl Failure {
    pub(crate) const AUTOSTART: &'static str = "AUTOSTART";
    pub(crate) const CLIPBOARD: &'static str = "CLIPBOARD";
    pub(crate) const FILE_FAILED: &'static str = "FILE_FAILED";
    pub(crate) const INVALID_INPUT: &'static str = "INVALID_INPUT";
    pub(crate) const NO_ACCOUNT: &'static str = "NO_ACCOUNT";
    pub(crate) const NO_SUCH_TEXT: &'static str = "NO_SUCH_TEXT";
    pub(crate) const NOT_FOUND: &'static str = "NOT_FOUND";
    pub(crate) const NO_SUCH_SERVICE: &'static str = "NO_SUCH_SERVICE";
    pub(crate) const SETTINGS: &'static str = "SETTINGS";
    pub(crate) const UNEXPECTED: &'static str = "UNEXPECTED";

    pub(crate) fn new(code: &'static str) -> Self {
        Self { code, message: String::new(), ends_vault: false }
    }

    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// The code of what is the matter with the server.
    pub(crate) fn of_server(problem: ServerProblem) -> &'static str {
        server(problem)
    }

    /// Whether nobody who speaks for the server was there.
    pub(crate) fn is_silence(code: &str) -> bool {
        ["SERVER_UNREACHABLE", "SERVER_TIMED_OUT", "SERVER_NOT_KEYMOOR", "SERVER_FAILED"].contains(&code)
    }

    /// Whether the keychain waits for its user, who is not to be asked again unasked.
    pub(crate) fn keychain_shut(&self) -> bool {
        ["KEYCHAIN_LOCKED", "KEYCHAIN_CANCELLED"].contains(&self.code)
    }

    /// Whether the vault that failed so has to be opened anew.
    pub(crate) fn ends_vault(&self) -> bool {
        self.ends_vault
    }

    /// Whether the cache could not be used, which may be over by the next time.
    pub(crate) fn is_cache_failure(&self) -> bool {
        self.code == "CACHE_FAILED"
    }

    /// Whether the cache turned out to be damaged, which mending may help.
    pub(crate) fn is_cache_damage(&self) -> bool {
        self.code == "CACHE_DAMAGED"
    }

    /// An error after the vault asked for a password and got none: it says which one it wants.
    pub(crate) fn after_asking(error: Error, wanted: Option<PasswordFor>) -> Self {
        match (&error, wanted) {
            (Error::PasswordNeeded, Some(PasswordFor::SignIn)) => Self::new("SIGN_IN"),
            (Error::PasswordNeeded, Some(PasswordFor::NewVault | PasswordFor::NewPassword)) => {
                Self::new("NEW_PASSWORD_NEEDED")
            }
            _ => error.into(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let ends_vault = matches!(
            error,
            Error::Cache(CacheError::Replaced) | Error::Keychain(KeychainProblem::Cancelled) | Error::Locked
        );
        Self { code: code(&error), message: error.to_string(), ends_vault }
    }
}

impl From<&ConfigError> for Failure {
    fn from(error: &ConfigError) -> Self {
        Self { code: "CONFIGURATION", message: error.to_string(), ends_vault: false }
    }
}

impl From<KitError> for Failure {
    fn from(error: KitError) -> Self {
        let code = if error == KitError::NotAKit { "NOT_A_KIT" } else { "KIT_DAMAGED" };
        Self { code, message: error.to_string(), ends_vault: false }
    }
}

fn code(error: &Error) -> &'static str {
    match error {
        Error::EmptySecret | Error::NoSecret => "EMPTY_SECRET",
        Error::Invalid(Input::Name | Input::Provider) => "INVALID_NAME",
        Error::Invalid(Input::Sample) => "NOBODYS_SECRET",
        Error::Invalid(Input::KeyAsName) => "KEY_AS_NAME",
        Error::Invalid(Input::Setting) => "INVALID_SETTING",
        Error::Invalid(_) | Error::Ambiguous(_) => Failure::INVALID_INPUT,
        // Said to programs only, and to whoever asks for no change; the window is neither.
        Error::AddressAlone(_) | Error::NothingToChange => Failure::INVALID_INPUT,
        Error::NotAccepted(_) => "NOT_ACCEPTED",
        Error::CredentialOff(_) => "KEY_IS_OFF",
        Error::WhichCredential(_) => "WHICH_KEY",
        Error::NothingToUse => "NOTHING_TO_USE",
        Error::NoSuchService | Error::NoSuchTemplate => Failure::NO_SUCH_SERVICE,
        Error::NulByte(_) => "INVALID_SECRET",
        Error::TooLarge { .. } => "SECRET_TOO_LARGE",
        Error::WeakPassword => "WEAK_PASSWORD",
        Error::InvalidServer => "INVALID_SERVER",
        Error::PlainHttp => "INSECURE_SERVER",
        Error::WhichField(_) | Error::NoSuchField(_) => "NO_SUCH_FIELD",
        Error::WhichVersion(_) => Failure::INVALID_INPUT,
        Error::LastSecret => "EMPTY_SECRET",
        Error::ChangedMeanwhile => "CHANGED_MEANWHILE",
        Error::Unsettled => "UNSETTLED",
        Error::NotFound
        | Error::NoSuchVersion
        | Error::NoSuchChoice
        | Error::NoSuchGrant
        | Error::NoSuchPolicy
        | Error::ServiceOff => Failure::NOT_FOUND,
        Error::NoAccount => Failure::NO_ACCOUNT,
        Error::NameTaken | Error::GrantTaken => "NAME_TAKEN",
        Error::HasAccount | Error::KitsMade => "HAS_ACCOUNT",
        Error::FileExists(_) => "FILE_EXISTS",
        Error::MassDelete { .. } => "MASS_DELETE",
        Error::NewerRecord => "NEWER_RECORD",
        Error::Locked | Error::LockedEmpty | Error::LockedAndDamaged => "LOCKED",
        Error::PasswordNeeded => "PASSWORD_NEEDED",
        Error::WrongPassword | Error::LoginRefused | Error::RecoveryRefused => "WRONG_PASSWORD",
        Error::BackendChanged(_) => "KEYCHAIN_CHANGED",
        Error::KitDamaged(_) | Error::WordsAlone | Error::KitWithoutServer => "KIT_DAMAGED",
        Error::KitOfAnotherAccount | Error::KeychainOfAnother => "KIT_OF_ANOTHER_ACCOUNT",
        Error::Keychain(problem) => keychain(*problem),
        Error::Server(problem) | Error::UnlockedHere(problem) => server(*problem),
        Error::Alarm(alarm) => alarm_code(*alarm),
        Error::Unreadable { .. } => "RECORD_DAMAGED",
        Error::Cache(error) => cache(error),
        Error::Io(_) | Error::File { .. } => Failure::FILE_FAILED,
        Error::NoRandomNumbers => Failure::UNEXPECTED,
    }
}

fn keychain(problem: KeychainProblem) -> &'static str {
    match problem {
        KeychainProblem::NotAvailable => "KEYCHAIN_NOT_AVAILABLE",
        KeychainProblem::Locked => "KEYCHAIN_LOCKED",
        KeychainProblem::Full => "KEYCHAIN_FULL",
        KeychainProblem::Damaged => "KEYCHAIN_DAMAGED",
        KeychainProblem::Cancelled => "KEYCHAIN_CANCELLED",
        KeychainProblem::Other => "KEYCHAIN_FAILED",
    }
}

fn server(problem: ServerProblem) -> &'static str {
    match problem {
        ServerProblem::Unreachable => "SERVER_UNREACHABLE",
        ServerProblem::TimedOut => "SERVER_TIMED_OUT",
        ServerProblem::NotOurs => "SERVER_NOT_KEYMOOR",
        ServerProblem::Tls => "SERVER_TLS",
        ServerProblem::WrongPin => "SERVER_WRONG_PIN",
        ServerProblem::SignIn | ServerProblem::KeysBehind => "SIGN_IN",
        ServerProblem::SessionStolen => "SESSION_ENDED",
        ServerProblem::RateLimited(_) => "SERVER_BUSY",
        ServerProblem::OverQuota => "SERVER_OVER_QUOTA",
        ServerProblem::TooLarge => "SERVER_TOO_LARGE",
        ServerProblem::RegistrationClosed => "SERVER_CLOSED",
        ServerProblem::UnknownAccount => "SERVER_UNKNOWN_ACCOUNT",
        ServerProblem::Refused | ServerProblem::CommitRefused => "SERVER_REFUSED",
        ServerProblem::Failed(_) => "SERVER_FAILED",
    }
}

fn cache(error: &CacheError) -> &'static str {
    match error {
        CacheError::Full => "DISK_FULL",
        CacheError::ReadOnly => "READ_ONLY",
        CacheError::Damaged | CacheError::Migration => "CACHE_DAMAGED",
        CacheError::Record(_) => "RECORD_DAMAGED",
        CacheError::Newer { .. } => "CACHE_NEWER",
        CacheError::Busy => "CACHE_BUSY",
        CacheError::Io { .. } | CacheError::Replaced | CacheError::Other(_) => "CACHE_FAILED",
    }
}

/// The code of an alarm, also where it is shown and nothing failed.
pub(crate) fn alarm_code(alarm: Alarm) -> &'static str {
    match alarm {
        Alarm::ChainBroken => "ALARM_CHAIN_BROKEN",
        Alarm::StateWrong => "ALARM_STATE_WRONG",
        Alarm::KeysDocument => "ALARM_KEYS_DOCUMENT",
        Alarm::RolledBack => "ALARM_ROLLED_BACK",
        Alarm::PutBack => "ALARM_PUT_BACK",
        Alarm::SessionStolen => "ALARM_SESSION_STOLEN",
    }
}

/// The code of an alarm as the cache keeps it.
pub(crate) fn raised_code(raised: &str) -> String {
    format!("ALARM_{}", raised.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_has_one_code_whether_it_stops_something_or_stands_in_the_status() {
        let all = [
            Alarm::ChainBroken,
            Alarm::StateWrong,
            Alarm::KeysDocument,
            Alarm::RolledBack,
            Alarm::PutBack,
            Alarm::SessionStolen,
        ];
        for alarm in all {
            assert_eq!(alarm_code(alarm), raised_code(alarm.code()));
        }
    }

    #[test]
    fn a_password_that_was_asked_for_is_named() {
        let code = |wanted| Failure::after_asking(Error::PasswordNeeded, wanted).code;
        assert_eq!(code(Some(PasswordFor::SignIn)), "SIGN_IN");
        assert_eq!(code(Some(PasswordFor::Unlock)), "PASSWORD_NEEDED");
        assert_eq!(code(Some(PasswordFor::NewVault)), "NEW_PASSWORD_NEEDED");
        assert_eq!(
            Failure::after_asking(Error::WrongPassword, Some(PasswordFor::SignIn)).code,
            "WRONG_PASSWORD"
        );
    }
}
