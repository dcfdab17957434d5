//! Answers on the wire, and the line of the log for each: never a token, an address with its ids, or a body.

use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use hyper::body::Bytes;

use crate::refusal::{ErrorBody, Refusal};
use crate::table::Encoded;

/// Seconds after which a program that was told to come again may do so.
const AGAIN_S: &str = "2";

/// What every answer says to whoever stands in between, browsers above all: keep nothing, guess nothing, show it to nobody.
const ALWAYS: [(HeaderName, &str); 4] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// An answer, or the error in the one format.
pub(crate) fn of(done: Result<Encoded, Refusal>) -> Response {
    match done {
        Ok(Encoded { status, bytes }) => json(status, bytes.into()),
        Err(refusal) => {
            let status = refusal.code.status();
            let bytes = serde_json::to_vec(&ErrorBody::from(&refusal)).unwrap_or_default();
            let mut response = json(status, bytes.into());
            let headers = response.headers_mut();
            if status == StatusCode::UNAUTHORIZED {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            if [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status) {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static(AGAIN_S));
            }
            response
        }
    }
}

/// The document.
pub(crate) fn document(bytes: Bytes) -> Response {
    json(StatusCode::OK, bytes)
}

fn json(status: StatusCode, bytes: Bytes) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A request as the log names it.
pub(crate) struct Told {
    method: Method,
    route: String,
    begun: Instant,
}

impl Told {
    pub(crate) fn of(request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>();
        let route = route.map_or("(none)", MatchedPath::as_str).to_owned();
        Self { method: request.method().clone(), route, begun: Instant::now() }
    }

    /// Puts it into the log.
    pub(crate) fn answered(self, response: Response, program: Option<&str>) -> Response {
        tracing::info!(
            method = %self.method,
            route = self.route,
            program,
            status = response.status().as_u16(),
            took_us = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX),
        );
        response
    }
}
