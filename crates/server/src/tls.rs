//! TLS by a certificate of our own making or the operator's.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};
use tokio_rustls::TlsAcceptor;

use crate::config::{Config, Tls};
use crate::serve::Error;
use crate::setup::write_private;
use crate::store::sqlite::Sqlite;

/// SHA-256 of the certificate that belongs to this database.
const KEY: &str = "certificate";
/// Suffixes of the files beside the database.
const CERTIFICATE: &str = "cert.pem";
const PRIVATE_KEY: &str = "key.pem";

type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// What encrypts connections, and the SHA-256 of the certificate.
pub(crate) struct Encryption {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) fingerprint: [u8; 32],
}

/// Prepares the encryption that `config` asks for.
pub(crate) async fn encryption(store: &Sqlite, config: &Config) -> Result<Option<Encryption>, Error> {
    let (certificates, key) = match &config.tls {
        Tls::Off => return Ok(None),
        Tls::SelfMade => self_made(store, config).await?,
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

/// Whether the certificate that belongs to `store` lies beside it; changes nothing.
pub(crate) async fn verify(store: &Sqlite, config: &Config) -> Result<(), Error> {
    match known(store).await? {
        Some(known) => read(config).and_then(|pair| is_known(&pair, &known)),
        None => Ok(()), // it never made one
    }
}

/// Makes a certificate and a key in place of those beside the database; returns the certificate's SHA-256.
pub(crate) async fn renew(store: &Sqlite, config: &Config) -> Result<[u8; 32], Error> {
    // Forgotten first: killed in between, the next start takes the files for what they are.
    store.forget_meta(KEY).await.map_err(|_| Error::Database)?;
    make(config)?;
    remember(store, &read(config)?).await
}

/// The certificate that lies beside the database, made once. Devices and printed kits pin it: where it is gone or another
/// one lies there, a new one would shut all of them out.
async fn self_made(store: &Sqlite, config: &Config) -> Result<Pair, Error> {
    if let Some(known) = known(store).await? {
        let pair = read(config)?;
        return is_known(&pair, &known).map(|()| pair);
    }
    if !config.beside(CERTIFICATE).exists() {
        make(config)?;
    }
    // Also one that was written before a kill, and the database did not hear of.
    let pair = read(config)?;
    remember(store, &pair).await?;
    Ok(pair)
}

fn make(config: &Config) -> Result<(), Error> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])
        .map_err(|_| Error::Certificate)?;
    // The key first: a certificate without its key would look finished.
    write_private(&config.beside(PRIVATE_KEY), made.signing_key.serialize_pem().as_bytes())?;
    write_private(&config.beside(CERTIFICATE), made.cert.pem().as_bytes())
}

fn read(config: &Config) -> Result<Pair, Error> {
    let (certificate, key) = (config.beside(CERTIFICATE), config.beside(PRIVATE_KEY));
    for (path, suffix) in [(&certificate, CERTIFICATE), (&key, PRIVATE_KEY)] {
        if !path.exists() {
            return Err(Error::MissingCertificate(suffix));
        }
    }
    let read = || -> Result<_, rustls::pki_types::pem::Error> {
        Ok((vec![CertificateDer::from_pem_file(&certificate)?], PrivateKeyDer::from_pem_file(&key)?))
    };
    read().map_err(|_| Error::Certificate)
}

async fn known(store: &Sqlite) -> Result<Option<Vec<u8>>, Error> {
    store.meta(KEY).await.map_err(|_| Error::Database)
}

fn is_known((certificates, _): &Pair, known: &[u8]) -> Result<(), Error> {
    let is_known = certificates.first().is_some_and(|first| known == Sha256::digest(first).as_slice());
    if is_known { Ok(()) } else { Err(Error::WrongCertificate) }
}

async fn remember(store: &Sqlite, (certificates, _): &Pair) -> Result<[u8; 32], Error> {
    let first = certificates.first().ok_or(Error::Certificate)?;
    let fingerprint: [u8; 32] = Sha256::digest(first).into();
    store.set_meta(KEY, fingerprint.to_vec()).await.map_err(|_| Error::Database)?;
    Ok(fingerprint)
}
