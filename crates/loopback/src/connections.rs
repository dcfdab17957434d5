//! Connections: accepted up to a number, served, and let go in peace.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::prompt::Prompt;

/// Programs of one machine; more wait.
const CONNECTIONS: usize = 128;
/// A request's head that takes longer is given up, and so is a connection on which none comes.
const HEAD: Duration = Duration::from_secs(5);
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
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = pin!(stop);
    loop {
        let next = async {
            // The semaphore is never closed.
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let _ = stream.set_nodelay(true); // small answers go out at once
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(BUFFER);
        let connection = shutdown
            .watch(builder.serve_connection(TokioIo::new(Prompt::new(stream, READS)), service.clone()));
        tokio::spawn(async move {
            let _place = place;
            let _ = connection.await; // what ends it early is the program's doing
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(FAREWELL, shutdown.shutdown()).await;
}
