//! A request's body, lent to the routes: what they leave of it is read and thrown away before the answer goes out.
//!
//! A client writes its whole body before it reads. If the server answered early (401, 413) and closed the connection, the
//! client would see a broken connection in place of the answer.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::HttpBody;
use hyper::Request;
use hyper::body::{Bytes, Frame, Incoming, SizeHint};

/// A client that sends more than this for nothing does not get to see the answer.
const DRAINED_BYTES: usize = 16 * 1024 * 1024;
/// Nor does one that takes longer.
const DRAINED_FOR: Duration = Duration::from_secs(10);

/// What the routes get.
pub(crate) struct Lent(Arc<Mutex<Incoming>>);

/// What remains with the connection.
pub(crate) struct Rest(Arc<Mutex<Incoming>>);

/// Splits a request.
pub(crate) fn lend(request: Request<Incoming>) -> (Request<axum::body::Body>, Rest) {
    let (head, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body));
    let lent = axum::body::Body::new(Lent(Arc::clone(&body)));
    (Request::from_parts(head, lent), Rest(body))
}

impl Rest {
    /// Reads what was left.
    pub(crate) async fn drain(self) {
        let mut left = DRAINED_BYTES;
        let read = async {
            while let Some(Ok(frame)) = std::future::poll_fn(|context| poll(&self.0, context)).await {
                let size = frame.data_ref().map_or(0, Bytes::len);
                match left.checked_sub(size) {
                    Some(less) => left = less,
                    None => break,
                }
            }
        };
        let _ = tokio::time::timeout(DRAINED_FOR, read).await;
    }
}

fn poll(
    body: &Mutex<Incoming>,
    context: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
    let mut body = body.lock().unwrap_or_else(PoisonError::into_inner);
    if body.is_end_stream() { Poll::Ready(None) } else { Pin::new(&mut *body).poll_frame(context) }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        poll(&self.0, context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}
