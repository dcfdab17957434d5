//! Connections: accepted up to a number, served, and let go in peace.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use crate::places::Places;
use crate::prompt::Prompt;

/// Programs of one machine; where more come, the idle make room.
const CONNECTIONS: usize = 128;
/// Who takes nothing of an answer for so long is let go: its place is another's.
const READS: Duration = Duration::from_secs(5);
/// After a failed accept, most likely for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);
/// After `stop`, what is under way has this long.
const FAREWELL: Duration = Duration::from_secs(20);
/// Bytes of a request's head.
const BUFFER: usize = 32 * 1024;

/// Serves until `stop` completes. Then the port is free at once, and what is under way has a while to be answered.
pub(crate) async fn serve_connections(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let service = TowerToHyperService::new(router);
    let shutdown = GracefulShutdown::new();
    let places = Places::new(CONNECTIONS);
    let mut stop = pin!(stop);
    loop {
        let next = async {
            let accepted = listener.accept().await;
            (accepted, places.take().await)
        };
        let (accepted, place) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let _ = stream.set_nodelay(true); // small answers go out at once
        let (line, service) = (Arc::clone(&place.line), service.clone());
        let stream = Prompt::new(stream, Arc::clone(&line), READS);
        let answer = service_fn(move |mut request: hyper::Request<Incoming>| {
            line.asks();
            request.extensions_mut().insert(Arc::clone(&line));
            let (line, answer) = (Arc::clone(&line), service.call(request));
            async move {
                let answer = answer.await;
                line.answered();
                answer
            }
        });
        let mut builder = http1::Builder::new();
        builder.header_read_timeout(None).max_buf_size(BUFFER); // how long it may take: the stream knows
        let connection = shutdown.watch(builder.serve_connection(TokioIo::new(stream), answer));
        tokio::spawn(async move {
            tokio::select! {
                _ = connection => {} // what ends it early is the program's doing
                () = place.line.has_to_go() => {}
            }
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(FAREWELL, shutdown.shutdown()).await;
}
