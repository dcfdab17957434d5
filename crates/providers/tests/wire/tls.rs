//! A key goes over TLS only, to whom the system trusts under that name.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    process::Command,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keymoor_providers::{
    Verdict, provider,
    verify::{Fields, Options, Reason, Report, verify},
};
use rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::aws_lc_rs, pki_types::PrivatePkcs8KeyDer};

const PLANTED: &str = "planted-A1b2C3d4E5f6";

/// A server of its own certificate, for one name.
struct Server {
    port: u16,
    certificate: String,
    /// The first lines that a client said over TLS.
    heard: mpsc::Receiver<Vec<String>>,
}

impl Server {
    fn start(name: &str) -> Self {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let encoded = BASE64_STANDARD.encode(made.cert.der());
        let certificate = format!("-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n");
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("localhost:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, heard) = mpsc::channel();
        thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let connection = ServerConnection::new(Arc::new(config)).unwrap();
            let mut stream = BufReader::new(StreamOwned::new(connection, stream));
            let mut said = Vec::new();
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).is_err() || line.trim().is_empty() {
                    break;
                }
                said.push(line.trim_end().to_owned());
            }
            stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").ok();
            stream.get_mut().flush().ok();
            tell.send(said).unwrap();
        });
        Self { port, certificate, heard }
    }
}

fn ask(port: &str) -> Report {
    let url = format!("https://localhost:{port}/me");
    let fields = Fields::new().with("api_key", PLANTED).with("header", "X-Key");
    let fields = fields.with("base_url", url.clone()).with("check_url", url);
    verify(provider("generic_http").unwrap(), &fields, &Options::default())
}

/// The role of a process whose system trusts a certificate: ask, and say what came of it.
#[test]
fn asks_in_another_process() {
    let Ok(port) = std::env::var("KEYMOOR_TEST_TLS_PORT") else { return };
    let report = ask(&port);
    let wanted = std::env::var("KEYMOOR_TEST_TLS_REASON").unwrap();
    assert_eq!(format!("{:?} {:?}", report.verdict, report.reason), wanted);
}

/// Asks where the system trusts this server's certificate and no other.
#[cfg(target_os = "linux")]
fn ask_where_it_is_trusted(server: &Server, wanted: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, &server.certificate).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tls::asks_in_another_process"])
        .env("SSL_CERT_FILE", &roots)
        .env("NO_PROXY", "localhost")
        .env("KEYMOOR_TEST_TLS_PORT", server.port.to_string())
        .env("KEYMOOR_TEST_TLS_REASON", wanted)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && words.contains("1 passed"), "{words}");
    server.heard.recv_timeout(Duration::from_secs(20)).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn who_is_trusted_under_his_name_gets_the_key() {
    let server = Server::start("localhost");
    let heard = ask_where_it_is_trusted(&server, "Valid Answered");
    assert_eq!(heard[0], "GET /me HTTP/1.1");
    assert!(heard.contains(&format!("host: localhost:{}", server.port)), "{heard:?}");
    assert!(heard.contains(&format!("x-key: {PLANTED}")), "{heard:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn who_is_trusted_under_another_name_gets_nothing() {
    let server = Server::start("another.example");
    assert_eq!(ask_where_it_is_trusted(&server, "Indeterminate Tls"), Vec::<String>::new());
}

#[test]
fn a_certificate_that_nobody_vouches_for_gets_nothing() {
    let server = Server::start("localhost");
    let report = ask(&server.port.to_string());
    assert_eq!((report.verdict, report.reason), (Verdict::Indeterminate, Reason::Tls));
    assert_eq!(server.heard.recv_timeout(Duration::from_secs(20)), Ok(Vec::new()));
}
