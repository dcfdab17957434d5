//! Listeners: plain, or with TLS by a certificate of our own making or the operator's.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::{Config, Tls};
use crate::serve::Error;
use crate::setup::write_private;

/// A handshake that takes longer is given up.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// What encrypts connections, and the SHA-256 of the certificate.
pub(crate) struct Encryption {
    acceptor: TlsAcceptor,
    pub(crate) fingerprint: [u8; 32],
}

/// Prepares the encryption that `config` asks for.
pub(crate) fn encryption(config: &Config) -> Result<Option<Encryption>, Error> {
    let (certificates, key) = match &config.tls {
        Tls::Off => return Ok(None),
        Tls::SelfMade => self_made(config)?,
        Tls::Files { certificate, key } => {
            let read = || -> Result<_, rustls::pki_types::pem::Error> {
                let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
                Ok((chain, PrivateKeyDer::from_pem_file(key)?))
            };
            read().map_err(|_| Error::Certificate)?
        }
    };
    let first = certificates.first().ok_or(Error::Certificate)?;
    let fingerprint = Sha256::digest(first).into();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| Error::Certificate)?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|_| Error::Certificate)?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(Encryption { acceptor: TlsAcceptor::from(Arc::new(server)), fingerprint }))
}

/// The certificate that lies beside the database, made once: devices pin it, so it must not change.
fn self_made(config: &Config) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
    let (certificate, key) = (config.beside("cert.pem"), config.beside("key.pem"));
    if !certificate.exists() {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])
            .map_err(|_| Error::Certificate)?;
        // The key first: a certificate without its key would look finished.
        write_private(&key, made.signing_key.serialize_pem().as_bytes())?;
        write_private(&certificate, made.cert.pem().as_bytes())?;
    }
    let read = || -> Result<_, rustls::pki_types::pem::Error> {
        Ok((vec![CertificateDer::from_pem_file(&certificate)?], PrivateKeyDer::from_pem_file(&key)?))
    };
    read().map_err(|_| Error::Certificate)
}

/// Accepts connections without encryption.
pub(crate) struct PlainListener(pub(crate) TcpListener);

impl axum::serve::Listener for PlainListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            match self.0.accept().await {
                Ok((stream, peer)) => {
                    let _ = stream.set_nodelay(true); // small answers go out at once
                    return (stream, peer);
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await, // out of file descriptors, most likely
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Accepts connections and shakes hands beside each other, so that a slow client holds up nobody.
pub(crate) struct TlsListener {
    address: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
}

impl TlsListener {
    pub(crate) fn new(listener: TcpListener, encryption: Encryption) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, ready) = mpsc::channel(64);
        tokio::spawn(async move {
            loop {
                let Ok((stream, peer)) = listener.accept().await else {
                    tokio::time::sleep(Duration::from_millis(100)).await; // out of file descriptors, most likely
                    continue;
                };
                if sender.is_closed() {
                    return;
                }
                let (acceptor, sender) = (encryption.acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    let _ = stream.set_nodelay(true);
                    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                        let _ = sender.send((stream, peer)).await;
                    }
                });
            }
        });
        Ok(Self { address, ready })
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(ready) => ready,
            None => std::future::pending().await, // the accepting task lives as long as this listener
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// A client's address, over either listener.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl axum::extract::connect_info::Connected<axum::serve::IncomingStream<'_, PlainListener>> for Peer {
    fn connect_info(stream: axum::serve::IncomingStream<'_, PlainListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl axum::extract::connect_info::Connected<axum::serve::IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: axum::serve::IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}
