//! Which certificate a server may present: one that the system trusts, exactly the pinned one, or, to look at it once,
//! any. Whatever is accepted, the server must prove that it holds the certificate's key.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use sha2::{Digest as _, Sha256};

/// SHA-256 of a certificate in DER.
pub(crate) type Fingerprint = [u8; 32];

/// Accepts what the system's own roots vouch for, under the server's name.
pub(crate) fn trusted_by_the_system() -> Result<Arc<ClientConfig>, Error> {
    let provider = provider();
    let verifier = rustls_platform_verifier::Verifier::new(provider.clone())?;
    configuration(provider, Arc::new(verifier))
}

/// Accepts exactly one certificate, whatever names and dates it states.
pub(crate) fn pinned(pin: Fingerprint) -> Result<Arc<ClientConfig>, Error> {
    let provider = provider();
    configuration(provider.clone(), Arc::new(Proven { provider, rule: Rule::Pinned(pin) }))
}

/// Accepts any certificate and remembers it. For a look only: nothing that matters may be sent over it.
pub(crate) fn observed() -> Result<(Arc<ClientConfig>, Observed), Error> {
    let (provider, observed) = (provider(), Observed::default());
    let rule = Rule::Observed(observed.clone());
    Ok((configuration(provider.clone(), Arc::new(Proven { provider, rule }))?, observed))
}

/// Whether a handshake failed because another certificate than the pinned one came.
pub(crate) fn is_wrong_pin(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::Other(other)) => other.0.is::<NotThePinnedOne>(),
        _ => false,
    }
}

/// What [`observed`] saw first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Observed(Arc<OnceLock<Fingerprint>>);

impl Observed {
    pub(crate) fn fingerprint(&self) -> Option<Fingerprint> {
        self.0.get().copied()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("not the pinned certificate")]
struct NotThePinnedOne;

#[derive(Debug)]
enum Rule {
    Pinned(Fingerprint),
    Observed(Observed),
}

/// Leaves names, dates and issuers aside, never the proof of possession.
struct Proven {
    provider: Arc<CryptoProvider>,
    rule: Rule,
}

impl ServerCertVerifier for Proven {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let fingerprint: Fingerprint = Sha256::digest(certificate).into();
        match &self.rule {
            Rule::Pinned(pin) if *pin != fingerprint => {
                let other = rustls::OtherError(Arc::new(NotThePinnedOne));
                return Err(CertificateError::Other(other).into());
            }
            Rule::Pinned(_) => {}
            Rule::Observed(observed) => {
                observed.0.get_or_init(|| fingerprint);
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl fmt::Debug for Proven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rule.fmt(f)
    }
}

/// Given explicitly, so that nothing depends on which other crate of the process chose one first.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn configuration(
    provider: Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<Arc<ClientConfig>, Error> {
    let configuration = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(Arc::new(configuration))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Remote;
    use crate::testing::{Identity, SHORT, Server, answer};

    fn server(identity: &Identity) -> Server {
        let fine = answer(200, "application/json", b"{}");
        Server::tls(identity, move |_, stream| stream.write_all(&fine).is_ok())
    }

    fn health(server: &Server, pin: Option<Fingerprint>) -> Result<(), crate::Error> {
        Remote::with_patience(&server.url, pin, SHORT).and_then(|remote| remote.health())
    }

    #[test]
    fn the_pinned_certificate_is_accepted_and_no_other() {
        let (identity, other) = (Identity::new(), Identity::new());
        let server = server(&identity);
        assert_eq!(health(&server, Some(identity.fingerprint)), Ok(()));
        assert_eq!(health(&server, Some(other.fingerprint)), Err(crate::Error::WrongPin));
        let mut nearly = identity.fingerprint;
        nearly[31] ^= 1;
        assert_eq!(health(&server, Some(nearly)), Err(crate::Error::WrongPin));
        assert_eq!(server.requests().len(), 1);
    }

    #[test]
    fn the_pinned_certificate_without_its_key_is_refused() {
        let identity = Identity::new();
        let thief = server(&identity.stolen());
        assert_eq!(health(&thief, Some(identity.fingerprint)), Err(crate::Error::Tls));
        assert_eq!(Remote::fingerprint_with_patience(&thief.url, SHORT), Err(crate::Error::Tls));
        assert!(thief.requests().is_empty());
    }

    #[test]
    fn a_self_made_certificate_is_not_trusted_without_a_pin() {
        let server = server(&Identity::new());
        assert_eq!(health(&server, None), Err(crate::Error::Tls));
        assert!(server.requests().is_empty());
    }

    #[test]
    fn the_fingerprint_is_that_of_the_certificate() {
        let identity = Identity::new();
        let server = server(&identity);
        let seen = Remote::fingerprint_with_patience(&server.url, SHORT);
        assert_eq!(seen, Ok(Some(identity.fingerprint)));
        assert_eq!(Remote::fingerprint("http://127.0.0.1:9"), Ok(None));
        assert_eq!(Remote::fingerprint("http://example.org"), Err(crate::Error::PlainHttp));
    }

    #[test]
    fn a_pin_is_never_given_up_for_plain_http() {
        let refused = Remote::new("http://127.0.0.1:9", Some([0; 32]));
        assert_eq!(refused.err(), Some(crate::Error::PlainHttp));
    }
}
