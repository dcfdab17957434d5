//! A key goes to its provider and nowhere else: not to a host that only looks like it, not over a connection that nobody
//! vouches for, not into a log.

use std::{
    io::Read,
    net::TcpListener,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use keymoor_providers::{
    Verdict, provider,
    verify::{Fields, Options, Reason, verify},
};
use rustls::{ServerConfig, ServerConnection, crypto::aws_lc_rs, pki_types::PrivatePkcs8KeyDer};

use crate::{fixture::Fixture, server::Server};

const PLANTED: &str = "planted-A1b2C3d4E5f6";

#[test]
fn hosts_that_are_not_the_providers_get_nothing() {
    let server = Server::start();
    for (id, secret, field, host) in [
        ("azure_openai", "api_key", "endpoint", "evil.example"),
        ("azure_openai", "api_key", "endpoint", "openai.azure.com.evil.example"),
        ("azure_openai", "api_key", "endpoint", "https://x.openai.azure.com@evil.example"),
        ("shopify_admin_token", "access_token", "shop", "myshopify.com.evil.example"),
        ("databricks", "token", "host", "evil.example/.cloud.databricks.com"),
        ("databricks", "token", "host", "x-cloud.databricks.com.evil.example"),
        ("snowflake", "token", "account", "evil.example/"),
        ("supabase_project", "secret_key", "url", "https://evil.example/x.supabase.co"),
        ("qdrant_cluster", "api_key", "url", "https://cloud.qdrant.io.evil.example"),
        ("datadog", "api_key", "site", "evil.example"),
        ("make", "api_token", "zone", "evil.example"),
        ("slack_webhook", "-", "url", "https://hooks.slack.com.evil.example/services/T/B/x"),
        ("discord_webhook", "-", "url", "https://evil.example/api/webhooks/1/x"),
    ] {
        let provider = provider(id).unwrap();
        let mut bases = Options::default().bases;
        bases.set(id, &server.base).unwrap();
        let options = Options { bases, ..Options::default() };
        let fields = Fields::new().with(secret, PLANTED).with(field, host);
        let report = verify(provider, &fields, &options);
        assert_eq!(report.verdict, Verdict::InvalidConfig, "{id} {host}");
        assert!(
            matches!(report.reason, Reason::HostRefused(_) | Reason::BadField(_)),
            "{id} {host} {report:?}"
        );
    }
    assert_eq!(server.seen(), []);
}

#[test]
fn both_addresses_of_ones_own_api_are_of_one_host() {
    let ask = |base_url: &str, check_url: &str| {
        let fields = Fields::new().with("api_key", PLANTED);
        let fields = fields.with("base_url", base_url).with("check_url", check_url);
        verify(provider("generic_http").unwrap(), &fields, &Options::default())
    };
    let other = ask("https://api.example.org/v1", "https://evil.example/");
    assert_eq!(other.reason, Reason::HostRefused("check_url".into()));
    let plain = ask("https://api.example.org/v1", "http://api.example.org/");
    assert_eq!(plain.reason, Reason::NotEncrypted("check_url".into()));
    let cloud = ask("https://169.254.169.254/", "https://169.254.169.254/latest");
    assert_eq!(cloud.verdict, Verdict::InvalidConfig);
    let nothing = verify(
        provider("generic_http").unwrap(),
        &Fields::new().with("api_key", PLANTED).with("base_url", "https://api.example.org"),
        &Options::default(),
    );
    assert_eq!((nothing.verdict, nothing.reason), (Verdict::Indeterminate, Reason::NoCheck));
}

/// A service account's file can name where its token is asked for.
#[test]
fn a_service_account_of_somebody_elses_is_not_signed_for() {
    let fixture = Fixture::all().into_iter().find(|fixture| fixture.id == "google_service_account").unwrap();
    let server = Server::start();
    for host in ["evil.example", "oauth2.googleapis.com.evil.example", "storage.googleapis.com"] {
        let json =
            fixture.fields["json"].replace("https://oauth2.googleapis.com", &format!("https://{host}"));
        let fields = Fields::new().with("json", json);
        let report = verify(provider(&fixture.id).unwrap(), &fields, &fixture.options(&server.base));
        assert_eq!(report.reason, Reason::HostRefused("json".into()), "{host}");
    }
    assert_eq!(server.seen(), []);
}

#[test]
fn a_certificate_that_nobody_vouches_for_gets_nothing() {
    let (address, heard) = tls_server();
    let fields = Fields::new().with("api_key", PLANTED);
    let url = format!("https://localhost:{}/", address.rsplit(':').next().unwrap());
    let fields = fields.with("base_url", url.clone()).with("check_url", url);
    let report = verify(provider("generic_http").unwrap(), &fields, &Options::default());
    assert_eq!((report.verdict, report.reason), (Verdict::Indeterminate, Reason::Tls));
    assert_eq!(heard.recv_timeout(Duration::from_secs(10)), Ok(Vec::new()));
}

/// A server with a certificate of its own making; it tells what a first client said over TLS.
fn tls_server() -> (String, mpsc::Receiver<Vec<u8>>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("localhost:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (tell, heard) = mpsc::channel();
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let connection = ServerConnection::new(Arc::new(config)).unwrap();
        let mut said = Vec::new();
        rustls::StreamOwned::new(connection, stream).read_to_end(&mut said).ok();
        tell.send(said).unwrap();
    });
    (address, heard)
}

#[test]
fn no_key_is_logged() {
    struct Log(Mutex<String>);
    impl log::Log for Log {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }
        fn log(&self, record: &log::Record<'_>) {
            let mut lines = self.0.lock().unwrap();
            lines.push_str(&format!("{} {}\n", record.target(), record.args()));
        }
        fn flush(&self) {}
    }
    static LOG: Log = Log(Mutex::new(String::new()));
    log::set_logger(&LOG).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    for fixture in Fixture::all() {
        fixture.check(provider(&fixture.id).unwrap()).ok();
    }
    let lines = LOG.0.lock().unwrap();
    // The log is heard, and it does not name the keys.
    assert!(lines.contains("ureq"), "{}", &lines[..lines.len().min(2000)]);
    for fixture in Fixture::all() {
        let provider = provider(&fixture.id).unwrap();
        for field in provider.fields.iter().filter(|field| field.secret) {
            let Some(value) = fixture.fields.get(&field.key).filter(|value| value.len() > 6) else {
                continue;
            };
            assert!(!lines.contains(value), "{} {}", fixture.id, field.key);
            // Of an address, the secret part too.
            let hook = value.strip_prefix("https://").and_then(|value| value.rsplit('/').next());
            assert!(hook.is_none_or(|hook| !lines.contains(hook)), "{} {}", fixture.id, field.key);
        }
    }
}
