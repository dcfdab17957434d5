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

/// What encrypts connections, and the SHA-256 of the certificate.
pub(crate) struct Encryption {
    pub(crate) acceptor: TlsAcceptor,
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
