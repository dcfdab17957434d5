//! Starting, serving, and stopping without cutting anybody off.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::addresses::Places;
use crate::app::App;
use crate::config::Config;
use crate::connections::serve_connections;
use crate::setup;
use crate::store::sqlite::{OpenError, Sqlite};
use crate::tls;
use crate::upkeep::keep_up;

/// The suffix of the OPAQUE setup's file.
const SETUP: &str = "opaque";

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
    /// A file of the certificate that the server made is not there; with its suffix.
    #[error(
        "the .{0} file beside the database is missing, and devices and kits know the server by that certificate: put \
             it back, it is part of the backup (if it is lost for good: keymoor-server new-certificate)"
    )]
    MissingCertificate(&'static str),
    /// Another certificate lies where the one that the server made was.
    #[error(
        "the .cert.pem file beside the database is another one than devices and kits know the server by: put the right \
             one back, it is part of the backup (if it is lost for good: keymoor-server new-certificate)"
    )]
    WrongCertificate,
    /// The address is taken or not ours.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::ErrorKind),
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
///
/// # Errors
/// A database, setup, certificate or address that cannot be used.
pub async fn serve(
    config: Config,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<Serving, Error> {
    let store = {
        let (database, limits) = (config.database.clone(), config.limits);
        let opened = tokio::task::spawn_blocking(move || Sqlite::open(&database, limits)).await;
        opened.map_err(|_| Error::Database)??
    };
    let setup = setup::setup(&store, &config.beside(SETUP)).await?;
    let encryption = tls::encryption(&store, &config).await?;
    let refused = |error: std::io::Error| Error::Listen(config.listen, error.kind());
    let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let fingerprint = encryption.as_ref().map(|encryption| encryption.fingerprint);
    let acceptor = encryption.map(|encryption| encryption.acceptor);
    let app = App::new(&config, store.clone(), setup);
    let (router, listeners) = (Arc::clone(&app).router(), app.listeners.clone());
    let stop = async move {
        stop.await;
        // Streams have no end of their own, and stopping waits for what is under way.
        listeners.close();
    };
    let places = Places::new(config.connections_per_address, &config.trusted_proxies);
    let done = async move {
        let served = serve_connections(listener, acceptor, router, config.connections, places, stop);
        // The one never ends, and stops with the other: at a step's end, for a step is the writer's.
        tokio::select! {
            () = served => {}
            () = keep_up(app) => {}
        }
    };
    let done = tokio::spawn(done);
    Ok(Serving { address, fingerprint, store, done })
}

/// Whether the database could be served, and how many accounts it has. Changes nothing.
///
/// # Errors
/// A missing, damaged, older or newer database, or an OPAQUE setup or a certificate that does not belong to it.
pub async fn check(config: &Config) -> Result<u64, Error> {
    Sqlite::check(&config.database)?;
    let store = Sqlite::open(&config.database, config.limits)?;
    setup::verify(&store, &config.beside(SETUP)).await?;
    tls::verify(&store, config).await?;
    store.accounts().await.map_err(|_| Error::Database)
}

/// Makes a certificate in place of the one that `Tls::SelfMade` made before; returns its SHA-256. Whatever pinned the old
/// one no longer knows this server.
///
/// # Errors
/// A missing or damaged database, or files that cannot be written.
pub async fn new_certificate(config: &Config) -> Result<[u8; 32], Error> {
    Sqlite::check(&config.database)?;
    tls::renew(&Sqlite::open(&config.database, config.limits)?, config).await
}
