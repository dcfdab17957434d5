//! Connections: accepted up to a number, shaken hands with beside each other, served, and let go in peace.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::addresses::Places;
use crate::lent::lend;
use crate::patient::Patient;

/// A handshake that takes longer is given up.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// So is a request's head, and a connection on which none comes. Longer than a client keeps an idle connection, so that
/// it does not write into one that is being closed.
const HEAD: Duration = Duration::from_secs(30);
/// After a failed accept, most likely for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);
/// A client that takes nothing of its answer for this long is given up.
const WRITE: Duration = Duration::from_secs(30);
/// After `stop`, what is under way has this long.
const FAREWELL: Duration = Duration::from_secs(20);
/// Bytes of a request's head, and of a body that is read ahead.
const BUFFER: usize = 64 * 1024;

/// A client's address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Serves until `stop` completes. Then the port is free at once, and what is under way has a while to be answered.
pub(crate) async fn serve_connections(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    connections: usize,
    by_address: Places,
    stop: impl Future<Output = ()>,
) {
    let service = TowerToHyperService::new(router);
    let shutdown = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(connections));
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
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let _ = stream.set_nodelay(true); // small answers go out at once
        let Some(of_address) = by_address.take(peer.ip()) else {
            continue; // closed
        };
        let stream = Patient::new(stream, WRITE);
        let (acceptor, service, watcher) = (acceptor.clone(), service.clone(), shutdown.watcher());
        tokio::spawn(async move {
            let _places = (place, of_address);
            match acceptor {
                None => serve_one(stream, peer, service, watcher).await,
                Some(acceptor) => {
                    let shaken = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await;
                    if let Ok(Ok(stream)) = shaken {
                        serve_one(stream, peer, service, watcher).await;
                    }
                }
            }
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(FAREWELL, shutdown.shutdown()).await;
}

async fn serve_one(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    service: TowerToHyperService<Router>,
    watcher: Watcher,
) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (mut request, rest) = lend(request);
        request.extensions_mut().insert(Peer(peer));
        let answer = service.call(request);
        async move {
            let answer = answer.await;
            rest.drain().await;
            answer
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(BUFFER);
    // What ends a connection early is the client's or the network's doing.
    let _ = watcher.watch(builder.serve_connection(TokioIo::new(stream), service)).await;
}
