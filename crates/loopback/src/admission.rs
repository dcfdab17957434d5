//! Tokens: taken out of a request, and wrong ones slowed down.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};
use keymoor_vault::TOKEN_PREFIX;
use secrecy::SecretString;

use crate::refusal::Code;

/// Every refused token is answered this late, whatever was wrong with it.
const PAUSE: Duration = Duration::from_millis(100);
/// Wrong tokens a second over time, and at once. There are 2^256; this spares the log of whoever looks. Each costs the
/// vault one look, which it must take before it knows which are wrong.
const RATE: f64 = 5.0;
const BURST: f64 = 50.0;
/// A token of ours is shorter.
const LONGEST: usize = 100;

/// The token of a request. There is one way to send it.
pub(crate) fn token(headers: &HeaderMap) -> Option<SecretString> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (sent.next(), sent.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let ours = scheme.eq_ignore_ascii_case("bearer") && token.starts_with(TOKEN_PREFIX);
    (ours && token.len() <= LONGEST).then(|| SecretString::from(token))
}

/// Wrong tokens, counted for all callers together: they are all this machine. A right token is never held up by them.
pub(crate) struct Wrong(Mutex<(f64, Instant)>);

impl Wrong {
    pub(crate) fn new() -> Self {
        Self(Mutex::new((BURST, Instant::now())))
    }

    /// How a wrong or missing token is answered, after a pause.
    pub(crate) async fn answered(&self) -> Code {
        let allowed = self.take();
        tokio::time::sleep(PAUSE).await;
        if allowed { Code::Unauthenticated } else { Code::RateLimited }
    }

    fn take(&self) -> bool {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, since) = *held;
        let tokens = (tokens + since.elapsed().as_secs_f64() * RATE).min(BURST);
        let allowed = tokens >= 1.0;
        *held = (if allowed { tokens - 1.0 } else { tokens }, Instant::now());
        allowed
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use secrecy::ExposeSecret as _;

    use super::*;

    fn read(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        token(&headers).map(|token| token.expose_secret().to_owned())
    }

    #[test]
    fn there_is_one_way_to_send_a_token() {
        assert_eq!(read(&["Bearer kml_abc"]).as_deref(), Some("kml_abc"));
        assert_eq!(read(&["bearer kml_abc"]).as_deref(), Some("kml_abc"));
        let long = format!("Bearer kml_{}", "a".repeat(LONGEST));
        for wrong in
            [&["kml_abc"][..], &["Basic kml_abc"], &["Bearer abc"], &["Bearer  kml_abc"], &[&long], &[]]
        {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
        assert_eq!(read(&["Bearer kml_a", "Bearer kml_b"]), None);
    }

    #[test]
    fn many_wrong_tokens_at_once_are_limited() {
        let wrong = Wrong::new();
        let allowed = (0..200).filter(|_| wrong.take()).count();
        assert!((50..=52).contains(&allowed), "{allowed}");
    }
}
