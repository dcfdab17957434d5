//! Servers for the tests: `std::net` listeners that answer as they are told, plain or over TLS.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::ResolvesServerCert;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sha2::{Digest as _, Sha256};

use crate::Remote;
use crate::exchange::Patience;

/// Short enough for tests that wait it out.
pub(crate) const SHORT: Patience = Patience {
    connect: Duration::from_secs(2),
    idle: Duration::from_millis(400),
    body: Duration::from_secs(3),
    silence: Duration::from_millis(800),
};

/// A request as it came, header names in lower case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

/// A listener on this machine. It ends with the test's process.
pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<Mutex<usize>>,
}

/// Writes an answer; `false` closes the connection after it.
pub(crate) trait Script: Fn(&Seen, &mut dyn Write) -> bool + Send + Sync + 'static {}
impl<F: Fn(&Seen, &mut dyn Write) -> bool + Send + Sync + 'static> Script for F {}

impl Server {
    pub(crate) fn plain(script: impl Script) -> Self {
        Self::start("http", script, |stream| stream)
    }

    pub(crate) fn tls(identity: &Identity, script: impl Script) -> Self {
        let configuration = identity.server.clone();
        Self::start("https", script, move |stream| {
            StreamOwned::new(ServerConnection::new(configuration.clone()).unwrap(), stream)
        })
    }

    /// One that gives every request this answer.
    pub(crate) fn answering(status: u16, content_type: &str, body: &str) -> Self {
        let answer = answer(status, content_type, body.as_bytes());
        Self::plain(move |_, stream| stream.write_all(&answer).is_ok())
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    pub(crate) fn remote(&self) -> Remote {
        Remote::with_patience(&self.url, None, SHORT).unwrap()
    }

    fn start<S: Read + Write + 'static>(
        scheme: &str,
        script: impl Script,
        wrap: impl Fn(TcpStream) -> S + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let server = Self { url, requests: Arc::default(), connections: Arc::default() };
        let (requests, connections) = (server.requests.clone(), server.connections.clone());
        let shared = Arc::new((script, wrap));
        thread::spawn(move || {
            for stream in listener.incoming() {
                *connections.lock().unwrap() += 1;
                let (shared, requests) = (shared.clone(), requests.clone());
                thread::spawn(move || {
                    let mut stream = BufReader::new((shared.1)(stream.unwrap()));
                    while let Some(seen) = read(&mut stream) {
                        requests.lock().unwrap().push(seen.clone());
                        if !(shared.0)(&seen, stream.get_mut()) || stream.get_mut().flush().is_err() {
                            break;
                        }
                    }
                });
            }
        });
        server
    }
}

/// An HTTP answer whose connection stays open.
pub(crate) fn answer(status: u16, content_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = match status {
        204 => "HTTP/1.1 204 x\r\n\r\n".to_owned(),
        _ => {
            format!("HTTP/1.1 {status} x\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n")
        }
    };
    [head.as_bytes(), body].concat()
}

fn read(stream: &mut impl BufRead) -> Option<Seen> {
    let mut seen = Seen::default();
    stream.read_line(&mut seen.line).ok().filter(|read| *read > 0)?;
    seen.line = seen.line.trim_end().to_owned();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        seen.headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    seen.body = vec![0; length];
    stream.read_exact(&mut seen.body).ok()?;
    Some(seen)
}

/// A self-made certificate with its key.
pub(crate) struct Identity {
    pub(crate) fingerprint: [u8; 32],
    certificate: CertificateDer<'static>,
    server: Arc<ServerConfig>,
}

impl Identity {
    /// One for a name that is not the server's: a pin goes by nothing but the certificate.
    pub(crate) fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["keymoor.invalid".to_owned()]).unwrap();
        let certificate = made.cert.der().clone();
        Self::of(certificate, &made.signing_key.serialize_der())
    }

    /// This certificate in the hands of somebody who lacks its key.
    pub(crate) fn stolen(&self) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        Self::of(self.certificate.clone(), &key.serialize_der())
    }

    fn of(certificate: CertificateDer<'static>, key: &[u8]) -> Self {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let key = PrivatePkcs8KeyDer::from(key.to_vec()).into();
        let key = provider.key_provider.load_private_key(key).unwrap();
        // Put together by hand: rustls itself refuses a key that is not the certificate's.
        let certified = CertifiedKey::new(vec![certificate.clone()], key);
        let resolver: Arc<dyn ResolvesServerCert> = Arc::new(SingleCertAndKey::from(certified));
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        let fingerprint = Sha256::digest(&certificate).into();
        Self { fingerprint, certificate, server: Arc::new(server) }
    }
}
