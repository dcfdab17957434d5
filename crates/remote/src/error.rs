//! What can go wrong between a device and its server. No variant carries words of the server.

use keymoor_protocol::Cursor;
use keymoor_protocol::api::{Code, ErrorBody};

use crate::certificate::is_wrong_pin;
use crate::transport::NotThisMachine;

/// Why a call did not succeed. Whether the server has acted is unknown after [`Error::Unreachable`],
/// [`Error::TimedOut`] and [`Error::NotOurs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The server's URL is none: `http` or `https`, a host, perhaps a port and a path, nothing else.
    #[error("not a server URL")]
    InvalidUrl,
    /// Without TLS, and not on this machine.
    #[error("plain HTTP is spoken on this machine only")]
    PlainHttp,
    /// Refused, not found, or cut off.
    #[error("the server cannot be reached")]
    Unreachable,
    /// No connection, or no byte of an answer, in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// The certificate is not one that this system trusts, or TLS did not come about.
    #[error("the server's certificate is not trusted")]
    Tls,
    /// The certificate is not the pinned one.
    #[error("the server's certificate is not the pinned one")]
    WrongPin,
    /// Something answers, but not with the sync API: HTML, a redirect, bytes that our types refuse.
    #[error("what answers is not a Keymoor server")]
    NotOurs,
    /// Refused, with a code that has no variant of its own here.
    #[error("the server refused: {0:?}")]
    Refused(Code),
    /// The session has ended; log in again.
    #[error("the session has ended")]
    Unauthenticated,
    /// The access token has expired; refresh it.
    #[error("the access token has expired")]
    TokenExpired,
    /// The secret, the kind of login or the account is wrong. Which of them nobody is told.
    #[error("the login was refused")]
    LoginRefused,
    /// A used refresh token came back: the server ended this device's sessions.
    #[error("a used refresh token came back")]
    RefreshReused,
    /// Needs the account proof or a login within the last five minutes.
    #[error("the account proof is needed")]
    ProofRequired,
    /// Another commit came first; the log is at this cursor.
    #[error("the log has moved on")]
    HeadMoved(Cursor),
    /// The server knows another hash at the cursor's number.
    #[error("the server's log is another one")]
    Diverged,
    /// The cursor lies below what the server keeps; take a snapshot.
    #[error("a snapshot is needed")]
    SnapshotRequired,
    /// The stored keys document is not the expected one.
    #[error("the keys document has changed")]
    KeysMoved,
    /// The server has this account already.
    #[error("the account exists already")]
    AccountExists,
    /// Too many requests, or a busy server that says when it will be less so.
    #[error("too many requests")]
    RateLimited {
        /// Seconds to wait before the next try: at least 1, at most a day.
        retry_after_s: u64,
    },
    /// Larger than the server's limits allow.
    #[error("larger than the server takes")]
    TooLarge,
    /// Over the account's quota. Deletes still pass.
    #[error("over the account's quota")]
    OverQuota,
    /// The server's own fault, or a gateway's before it: an HTTP status from 500 on.
    #[error("the server failed with status {0}")]
    Server(u16),
}

const WAIT_IF_NOT_TOLD_S: u64 = 5;
const LONGEST_WAIT_S: u64 = 24 * 60 * 60;

impl Error {
    /// What an answer that is no success means. `retry_after` is the header of that name.
    pub(crate) fn from_answer(status: u16, retry_after: Option<&str>, body: &[u8]) -> Self {
        let told = serde_json::from_slice::<ErrorBody>(body).ok();
        match told.as_ref().map(|body| body.code) {
            Some(Code::Unauthenticated) => Self::Unauthenticated,
            Some(Code::TokenExpired) => Self::TokenExpired,
            Some(Code::LoginRefused) => Self::LoginRefused,
            Some(Code::RefreshReused) => Self::RefreshReused,
            Some(Code::ProofRequired) => Self::ProofRequired,
            Some(Code::AccountExists) => Self::AccountExists,
            Some(Code::HeadMoved) => told.and_then(|body| body.head).map_or(Self::NotOurs, Self::HeadMoved),
            Some(Code::Diverged) => Self::Diverged,
            Some(Code::KeysMoved) => Self::KeysMoved,
            Some(Code::SnapshotRequired) => Self::SnapshotRequired,
            Some(Code::TooLarge) => Self::TooLarge,
            Some(Code::OverQuota) => Self::OverQuota,
            Some(Code::RateLimited) => Self::rate_limited(retry_after),
            // Too much waits there to be written; it says for how long.
            _ if status == 503 && retry_after.is_some() => Self::rate_limited(retry_after),
            // What a gateway before the server says in its own words is told by the status alone.
            _ if status >= 500 => Self::Server(status),
            Some(code) => Self::Refused(code),
            None if status == 429 => Self::rate_limited(retry_after),
            None if status == 413 => Self::TooLarge,
            None => Self::NotOurs,
        }
    }

    fn rate_limited(retry_after: Option<&str>) -> Self {
        let told = retry_after.and_then(|seconds| seconds.trim().parse().ok());
        Self::RateLimited { retry_after_s: told.unwrap_or(WAIT_IF_NOT_TOLD_S).clamp(1, LONGEST_WAIT_S) }
    }
}

/// Foreign errors end here: their text may quote what the server sent.
impl From<ureq::Error> for Error {
    fn from(error: ureq::Error) -> Self {
        use ureq::Error as Http;
        match error {
            Http::Timeout(_) => Self::TimedOut,
            Http::Rustls(error) => (&error).into(),
            Http::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref()) {
                Some(tls) => Self::from(tls as &rustls::Error),
                None if error.kind() == std::io::ErrorKind::TimedOut => Self::TimedOut,
                None => Self::Unreachable,
            },
            Http::Tls(_) | Http::TlsRequired => Self::Tls,
            Http::Http(_) | Http::BadUri(_) => Self::InvalidUrl,
            Http::Protocol(_) | Http::LargeResponseHeader(..) | Http::BodyExceedsLimit(_) => Self::NotOurs,
            Http::Other(error) if error.is::<NotThisMachine>() => Self::PlainHttp,
            _ => Self::Unreachable,
        }
    }
}

impl From<&rustls::Error> for Error {
    fn from(error: &rustls::Error) -> Self {
        match error {
            error if is_wrong_pin(error) => Self::WrongPin,
            // It does not speak TLS at all.
            rustls::Error::InvalidMessage(_) => Self::NotOurs,
            _ => Self::Tls,
        }
    }
}

#[cfg(test)]
mod tests {
    use keymoor_protocol::Head;

    use super::*;

    fn told(status: u16, code: &str) -> Error {
        let body = format!(r#"{{"error":"words","code":"{code}"}}"#);
        Error::from_answer(status, None, body.as_bytes())
    }

    #[test]
    fn every_code_has_its_meaning() {
        for (status, code, expected) in [
            (400, "BAD_REQUEST", Error::Refused(Code::BadRequest)),
            (401, "UNAUTHENTICATED", Error::Unauthenticated),
            (401, "TOKEN_EXPIRED", Error::TokenExpired),
            (401, "LOGIN_REFUSED", Error::LoginRefused),
            (401, "REFRESH_REUSED", Error::RefreshReused),
            (403, "FORBIDDEN", Error::Refused(Code::Forbidden)),
            (403, "PROOF_REQUIRED", Error::ProofRequired),
            (403, "REGISTRATION_CLOSED", Error::Refused(Code::RegistrationClosed)),
            (404, "NOT_FOUND", Error::Refused(Code::NotFound)),
            (409, "ACCOUNT_EXISTS", Error::AccountExists),
            (409, "DIVERGED", Error::Diverged),
            (409, "KEYS_MOVED", Error::KeysMoved),
            (410, "SNAPSHOT_REQUIRED", Error::SnapshotRequired),
            (413, "TOO_LARGE", Error::TooLarge),
            (422, "INVALID_COMMIT", Error::Refused(Code::InvalidCommit)),
            (422, "OVER_QUOTA", Error::OverQuota),
            (429, "RATE_LIMITED", Error::RateLimited { retry_after_s: 5 }),
            (500, "INTERNAL", Error::Server(500)),
            (503, "UNAVAILABLE", Error::Server(503)),
            (418, "FROM_A_LATER_VERSION", Error::Refused(Code::Unknown)),
            (507, "FROM_A_LATER_VERSION", Error::Server(507)),
        ] {
            assert_eq!(told(status, code), expected, "{code}");
        }
    }

    #[test]
    fn a_moved_head_comes_with_its_cursor_or_is_not_ours() {
        let head = Cursor { seq: 7, head: Head([9; 32]) };
        let body = ErrorBody { error: String::new(), code: Code::HeadMoved, head: Some(head) };
        let body = serde_json::to_vec(&body).unwrap();
        assert_eq!(Error::from_answer(409, None, &body), Error::HeadMoved(head));
        assert_eq!(told(409, "HEAD_MOVED"), Error::NotOurs);
        let malformed = br#"{"error":"","code":"HEAD_MOVED","head":{"seq":7,"head":"AAAA"}}"#;
        assert_eq!(Error::from_answer(409, None, malformed), Error::NotOurs);
    }

    #[test]
    fn a_gateway_in_its_own_words_is_told_by_status() {
        let html = b"<html>busy</html>";
        for (status, expected) in [
            (429, Error::RateLimited { retry_after_s: 5 }),
            (413, Error::TooLarge),
            (502, Error::Server(502)),
            (301, Error::NotOurs),
            (403, Error::NotOurs),
            (404, Error::NotOurs),
        ] {
            assert_eq!(Error::from_answer(status, None, html), expected, "{status}");
        }
    }

    #[test]
    fn a_busy_server_that_names_a_time_is_one_that_asks_for_a_pause() {
        let body = br#"{"error":"","code":"UNAVAILABLE"}"#;
        assert_eq!(Error::from_answer(503, Some("7"), body), Error::RateLimited { retry_after_s: 7 });
        assert_eq!(Error::from_answer(503, None, body), Error::Server(503));
        assert_eq!(Error::from_answer(500, Some("7"), body), Error::Server(500));
    }

    #[test]
    fn waiting_is_bounded_and_never_zero() {
        for (told, expected) in [
            ("7", 7),
            (" 7 ", 7),
            ("0", 1),
            ("99999999", LONGEST_WAIT_S),
            ("-3", WAIT_IF_NOT_TOLD_S),
            ("Wed, 21 Oct 2026 07:28:00 GMT", WAIT_IF_NOT_TOLD_S),
        ] {
            let error = Error::from_answer(429, Some(told), b"");
            assert_eq!(error, Error::RateLimited { retry_after_s: expected }, "{told}");
        }
    }

    #[test]
    fn nothing_that_the_server_says_is_shown() {
        let body = br#"{"error":"PLANTED","code":"PLANTED"}"#;
        for status in [400, 401, 500] {
            let error = Error::from_answer(status, Some("PLANTED"), body);
            assert!(!format!("{error} {error:?}").contains("PLANTED"), "{status}");
        }
    }
}
