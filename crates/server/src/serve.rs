//! Starting, serving, and stopping without cutting anybody off.

use std::future::Future;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::config::Config;
use crate::setup::setup;
use crate::store::sqlite::{OpenError, Sqlite};
use crate::tls::{Peer, PlainListener, TlsListener, encryption};

/// Why a server does not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The database does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database does not answer.
    #[error("the database does not answer")]
    Database,
    /// The OPAQUE setup beside the database is not the one that it was made with.
    #[error("the OPAQUE setup file is not the one that this database was made with: put the right one back")]
    WrongSetup,
    /// There is none.
    #[error("the OPAQUE setup file of this database is missing: put it back, it is part of the backup")]
    MissingSetup,
    /// A file beside the database cannot be read or written.
    #[error("a file beside the database cannot be read or written")]
    File,
    /// The certificate or its key cannot be used.
    #[error("the TLS certificate or its key cannot be used")]
    Certificate,
    /// The address is taken or not ours.
    #[error("cannot listen on that address")]
    Listen,
}

/// A server that runs.
pub struct Serving {
    /// Where it listens.
    pub address: SocketAddr,
    /// SHA-256 of its certificate; `None` without TLS.
    pub fingerprint: Option<[u8; 32]>,
    /// Its database, for tests that count transactions.
    pub store: Sqlite,
    /// Ends when everything was answered after `stop`.
    pub done: JoinHandle<()>,
}

/// Starts a server; it runs until `stop` completes, and then answers what is under way.
pub async fn serve(
    config: Config,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<Serving, Error> {
    let store = {
        let database = config.database.clone();
        let opened = tokio::task::spawn_blocking(move || Sqlite::open(&database)).await;
        opened.map_err(|_| Error::Database)??
    };
    let setup = setup(&store, &config.beside("opaque")).await?;
    let encryption = encryption(&config)?;
    let listener = TcpListener::bind(config.listen).await.map_err(|_| Error::Listen)?;
    let address = listener.local_addr().map_err(|_| Error::Listen)?;
    let fingerprint = encryption.as_ref().map(|encryption| encryption.fingerprint);
    let service =
        App::new(&config, store.clone(), setup).router().into_make_service_with_connect_info::<Peer>();
    let done = match encryption {
        None => {
            let listener = PlainListener(listener);
            tokio::spawn(async move {
                let _ = axum::serve(listener, service).with_graceful_shutdown(stop).await;
            })
        }
        Some(encryption) => {
            let listener = TlsListener::new(listener, encryption).map_err(|_| Error::Listen)?;
            tokio::spawn(async move {
                let _ = axum::serve(listener, service).with_graceful_shutdown(stop).await;
            })
        }
    };
    Ok(Serving { address, fingerprint, store, done })
}
