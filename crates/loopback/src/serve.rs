//! Starting, serving, and stopping without cutting anybody off.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use keymoor_providers::verify::Options;
use keymoor_vault::Vault;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use crate::app::App;
use crate::connections::serve_connections;
use crate::desk::{Desk, Opener};

/// Where it listens unless told otherwise.
pub const DEFAULT_PORT: u16 = 8790;
/// Threads that work with the vaults, and those that wait for providers.
const BLOCKING: usize = 32;

/// How it is served.
#[derive(Debug, Clone)]
pub struct Config {
    /// A loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How providers are asked.
    pub verify: Options,
}

impl Default for Config {
    fn default() -> Self {
        Self { listen: (Ipv4Addr::LOCALHOST, DEFAULT_PORT).into(), verify: Options::default() }
    }
}

/// Why it does not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Other machines could reach that address.
    #[error("not a loopback address")]
    NotLoopback,
    /// Something else listens there.
    #[error("{0} is taken")]
    Taken(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, ErrorKind),
    /// The system gives no threads.
    #[error("no threads: {0}")]
    Threads(ErrorKind),
}

/// A server that listens.
pub struct Serving {
    runtime: Runtime,
    listener: TcpListener,
    address: SocketAddr,
    config: Config,
    stop: Stop,
}

/// Ends a server. Clones end the same one.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Notify>);

impl Stop {
    /// No new request is taken; those under way are answered.
    pub fn stop(&self) {
        self.0.notify_one();
    }
}

/// Listens. Nobody is answered before [`Serving::run`].
///
/// # Errors
/// An address that is not this machine's own, or is taken.
pub fn serve(config: Config) -> Result<Serving, Error> {
    if !config.listen.ip().is_loopback() {
        return Err(Error::NotLoopback);
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(BLOCKING)
        .thread_name("keymoor-serve")
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| Error::Threads(error.kind()))?;
    let refused = |error: std::io::Error| match error.kind() {
        ErrorKind::AddrInUse => Error::Taken(config.listen),
        kind => Error::Listen(config.listen, kind),
    };
    let listener = runtime.block_on(TcpListener::bind(config.listen)).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok(Serving { runtime, listener, address, config, stop: Stop::default() })
}

impl Serving {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What ends it.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Answers programs until it is stopped, and then what is under way.
    pub fn run(self, vault: Vault, opener: Opener) {
        let Self { runtime, listener, address, config, stop } = self;
        let router = App::router(Desk::new(vault, opener), address, config.verify);
        runtime.block_on(serve_connections(listener, router, stop.0.notified()));
        // What waits for a provider or a keychain is not waited for.
        runtime.shutdown_background();
    }
}
