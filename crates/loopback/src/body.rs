//! Bodies: JSON, whole, bounded, in time. They may hold secrets, so that the buffer is made at its size and wiped.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderMap, header};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::refusal::Code;

/// Bytes of a body: a credential's 64 KiB, with room for names and for escapes.
pub(crate) const LARGEST: usize = 256 * 1024;
/// A body that takes longer to arrive is given up.
const ARRIVAL: Duration = Duration::from_secs(10);
/// What is sent beyond that is read and thrown away, so that the client gets to see its answer; up to so much.
const DRAINED: usize = 16 * 1024 * 1024;

/// The bytes of a body that says it is JSON; nothing of an empty one.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Zeroizing<Vec<u8>>, Code> {
    let mut body = body;
    let length = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
    if length == Some(0) {
        return Ok(Zeroizing::default());
    }
    if !is_json(headers) {
        drain(body).await;
        return Err(Code::UnsupportedMediaType);
    }
    if length.is_some_and(|length| length > LARGEST) {
        drain(body).await;
        return Err(Code::TooLarge);
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.unwrap_or(LARGEST)));
    let arrived = timeout(ARRIVAL, async {
        while let Some(frame) = frame(&mut body).await {
            let Some(data) = frame? else { continue };
            if bytes.len() + data.len() > LARGEST {
                return Err(Code::TooLarge);
            }
            bytes.extend_from_slice(&data);
        }
        Ok(())
    });
    match arrived.await {
        Ok(Ok(())) => Ok(bytes),
        Ok(Err(code)) => {
            drain(body).await;
            Err(code)
        }
        Err(_) => Err(Code::TimedOut),
    }
}

/// Reads what nobody wants.
pub(crate) async fn drain(body: Body) {
    let (mut body, mut left) = (body, DRAINED);
    let read = async {
        while let Some(Ok(data)) = frame(&mut body).await {
            left = left.saturating_sub(data.map_or(0, |data| data.len()));
            if left == 0 {
                return;
            }
        }
    };
    let _ = timeout(ARRIVAL, read).await; // who sends slower than that does not get to see the answer
}

async fn frame(body: &mut Body) -> Option<Result<Option<hyper::body::Bytes>, Code>> {
    let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
    Some(frame.map(|frame| frame.into_data().ok()).map_err(|_| Code::BadRequest))
}

/// `application/json`, with a charset or without. Whatever else a form of a web page could send is none.
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(one), None) = (types.next(), types.next()) else { return false };
    let Ok(text) = one.to_str() else { return false };
    text.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn json() -> HeaderMap {
        [(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"))]
            .into_iter()
            .collect()
    }

    #[tokio::test]
    async fn json_is_read_and_anything_else_is_not() {
        assert_eq!(read(&json(), Body::from("{}")).await.unwrap().as_slice(), b"{}");
        assert!(read(&HeaderMap::new(), Body::empty()).await.unwrap().is_empty());
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"] {
            let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind))].into_iter().collect();
            assert_eq!(read(&headers, Body::from("{}")).await, Err(Code::UnsupportedMediaType), "{kind}");
        }
        assert_eq!(read(&HeaderMap::new(), Body::from("{}")).await, Err(Code::UnsupportedMediaType));
    }

    #[tokio::test]
    async fn a_body_has_a_largest_size() {
        let just = vec![b' '; LARGEST];
        assert_eq!(read(&json(), Body::from(just)).await.unwrap().len(), LARGEST);
        assert_eq!(read(&json(), Body::from(vec![b' '; LARGEST + 1])).await, Err(Code::TooLarge));
    }
}
