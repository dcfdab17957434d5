//! Answers: JSON, and errors in the one format. Nothing in an error echoes input.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use keymoor_protocol::Cursor;
use keymoor_protocol::api::{Code, ErrorBody};
use serde::de::DeserializeOwned;

use crate::store::StoreError;

/// A body that takes longer to arrive is given up.
const BODY: Duration = Duration::from_secs(60);

/// Seconds after which a client may try again when too much was waiting.
const BUSY_S: u64 = 2;

/// A request that is not answered with what it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    head: Option<Cursor>,
    retry_after: Option<u64>,
}

impl Refusal {
    pub(crate) fn new(code: Code) -> Self {
        Self { code, head: None, retry_after: None }
    }

    pub(crate) fn later(seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(Code::RateLimited) }
    }

    pub(crate) fn busy(seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(Code::Unavailable) }
    }
}

/// Status and words of each code.
fn words(code: Code) -> (StatusCode, &'static str) {
    use StatusCode as S;
    match code {
        Code::BadRequest => (S::BAD_REQUEST, "The request is not of the documented form."),
        Code::Unauthenticated => (S::UNAUTHORIZED, "There is no such session. Log in again."),
        Code::TokenExpired => (S::UNAUTHORIZED, "The access token has expired. Refresh it."),
        Code::LoginRefused => (S::UNAUTHORIZED, "The login proof does not hold."),
        Code::RefreshReused => {
            (S::UNAUTHORIZED, "A used refresh token came back. This device's sessions were ended.")
        }
        Code::Forbidden => (S::FORBIDDEN, "This session may not do that."),
        Code::ProofRequired => {
            (S::FORBIDDEN, "This needs the account proof, or a login within the last five minutes.")
        }
        Code::RegistrationClosed => (S::FORBIDDEN, "This server takes no new accounts."),
        Code::NotFound => (S::NOT_FOUND, "There is nothing here for this account."),
        Code::AccountExists => (S::CONFLICT, "The account is registered already."),
        Code::HeadMoved => (S::CONFLICT, "Another commit came first."),
        Code::Diverged => (S::CONFLICT, "The log has another commit at that number."),
        Code::KeysMoved => (S::CONFLICT, "The keys document is not the expected one any more."),
        Code::SnapshotRequired => (S::GONE, "The log does not reach back that far. Take a snapshot."),
        Code::TooLarge => (S::PAYLOAD_TOO_LARGE, "The request is larger than the advertised limits."),
        Code::InvalidCommit => (S::UNPROCESSABLE_ENTITY, "The commit does not add up."),
        Code::InvalidKeys => {
            (S::UNPROCESSABLE_ENTITY, "The keys document is not the one that the request describes.")
        }
        Code::OverQuota => (S::UNPROCESSABLE_ENTITY, "The account is over its quota. Deleting still works."),
        Code::RateLimited => (S::TOO_MANY_REQUESTS, "Too many requests. Try again later."),
        Code::Unavailable => (S::SERVICE_UNAVAILABLE, "The server is out of order for now."),
        Code::Internal | Code::Unknown => (S::INTERNAL_SERVER_ERROR, "The server failed."),
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, words) = words(self.code);
        let body = ErrorBody { error: words.to_owned(), code: self.code, head: self.head };
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::new(match error {
            StoreError::NotFound => Code::NotFound,
            StoreError::AccountExists => Code::AccountExists,
            StoreError::HeadMoved(head) => return Self { head: Some(head), ..Self::new(Code::HeadMoved) },
            StoreError::Diverged => Code::Diverged,
            StoreError::BelowFloor => Code::SnapshotRequired,
            StoreError::KeysMoved => Code::KeysMoved,
            StoreError::InvalidKeys => Code::InvalidKeys,
            StoreError::InvalidCommit => Code::InvalidCommit,
            StoreError::OverQuota => Code::OverQuota,
            StoreError::TooLarge => Code::TooLarge,
            StoreError::NoSession => Code::Unauthenticated,
            StoreError::TokenExpired => Code::TokenExpired,
            StoreError::RefreshReused => Code::RefreshReused,
            StoreError::Busy => return Self::busy(BUSY_S),
            StoreError::Unavailable => Code::Unavailable,
        })
    }
}

/// A JSON body, or a refusal in our format.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        match tokio::time::timeout(BODY, Json::from_request(request, state)).await {
            Ok(Ok(Json(body))) => Ok(Self(body)),
            Ok(Err(JsonRejection::BytesRejection(error)))
                if error.status() == StatusCode::PAYLOAD_TOO_LARGE =>
            {
                Err(Refusal::new(Code::TooLarge))
            }
            _ => Err(Refusal::new(Code::BadRequest)),
        }
    }
}

/// The ids in the path, or a refusal in our format.
pub(crate) struct Segments<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(segments)| Self(segments)).map_err(|_| Refusal::new(Code::BadRequest))
    }
}

/// What stands after the question mark, or a refusal in our format.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::from_request_parts(parts, state).await;
        query.map(|Query(parameters)| Self(parameters)).map_err(|_| Refusal::new(Code::BadRequest))
    }
}
