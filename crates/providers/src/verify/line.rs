//! The way out: one request, one answer, within limits of time and size. Over TLS only; to this machine plainly, for tests.

use std::{
    fmt,
    io::{self, Read as _},
    net::ToSocketAddrs as _,
    sync::{Arc, OnceLock},
    time::Instant,
};

use ureq::{
    Agent, Proxy, ProxyProtocol,
    config::Config,
    http::{self, HeaderValue, Uri, header},
    tls::{RootCerts, TlsConfig, TlsProvider},
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};
use zeroize::Zeroizing;

use super::{bases::Base, host::may_be_asked, reply::Reply, report::Reason, request::Request};
use crate::catalogue::Method;

/// Bytes of an answer's body. Lists of models are the longest, with some hundred kilobytes.
const BYTES_AN_ANSWER: u64 = 2 * 1024 * 1024;

/// Sends a request and reads its answer. No redirect is followed, nothing is repeated. With a base the request goes there
/// instead, saying for which host it was.
pub(super) fn send(request: Request, base: Option<&Base>, until: Instant) -> Result<Reply, Reason> {
    let Request { method, target, headers, body } = request;
    let authority = base.map_or(target.authority.as_str(), Base::authority);
    let scheme = if base.is_some() { "http" } else { "https" };
    let uri = Zeroizing::new(format!("{scheme}://{authority}{}", target.path_and_query.as_str()));
    let method = match method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
        Method::Delete => http::Method::DELETE,
    };
    let mut builder = http::Request::builder().method(method.clone()).uri(uri.as_str());
    builder = builder.header(header::HOST, &target.authority);
    for (name, value) in &headers {
        let mut value = HeaderValue::from_str(value).map_err(|_| Reason::BadField(name.clone()))?;
        value.set_sensitive(true);
        builder = builder.header(name, value);
    }
    let agent = if base.is_some() { local() } else { outward() };
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(Reason::TimedOut);
    }
    // An address that is none: the catalogue's own texts are tested, so that it comes from a field.
    let malformed = |_| Reason::Unreachable;
    let answer = match body {
        Some(body) => {
            let request = builder.body(body.as_slice()).map_err(malformed)?;
            agent.run(agent.configure_request(request).timeout_global(Some(left)).build())
        }
        None if method == http::Method::POST => {
            let request = builder.body(&[][..]).map_err(malformed)?;
            agent.run(agent.configure_request(request).timeout_global(Some(left)).build())
        }
        None => {
            let request = builder.body(()).map_err(malformed)?;
            agent.run(agent.configure_request(request).timeout_global(Some(left)).build())
        }
    };
    let (head, body) = answer.map_err(|error| reason(&error))?.into_parts();
    let mut bytes = Zeroizing::new(Vec::with_capacity(16 * 1024));
    let mut reader = body.into_with_config().limit(u64::MAX).reader().take(BYTES_AN_ANSWER + 1);
    reader.read_to_end(&mut bytes).map_err(|error| match reason(&ureq::Error::from(error)) {
        Reason::TimedOut => Reason::TimedOut,
        _ => Reason::CutOff,
    })?;
    if bytes.len() as u64 > BYTES_AN_ANSWER {
        return Err(Reason::TooLarge);
    }
    Ok(Reply::new(head.status.as_u16(), head.headers, &bytes))
}

/// What went wrong, without the error's own words: they may have the address in them, and with it the key.
fn reason(error: &ureq::Error) -> Reason {
    match error {
        ureq::Error::Timeout(_) => Reason::TimedOut,
        ureq::Error::HostNotFound => Reason::NoSuchHost,
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::TlsRequired => Reason::Tls,
        ureq::Error::Io(error) => match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Reason::TimedOut,
            // rustls wraps its complaints.
            io::ErrorKind::InvalidData => Reason::Tls,
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Reason::CutOff,
            _ => Reason::Unreachable,
        },
        ureq::Error::Protocol(_) | ureq::Error::BodyStalled => Reason::CutOff,
        ureq::Error::LargeResponseHeader(..) => Reason::TooLarge,
        _ => Reason::Unreachable,
    }
}

/// For the world: TLS that the system's own roots vouch for, through the environment's proxy if there is one.
fn outward() -> &'static Agent {
    static OUTWARD: OnceLock<Agent> = OnceLock::new();
    OUTWARD.get_or_init(|| {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::PlatformVerifier)
            // Given explicitly, so that nothing depends on which other crate of the process chose one first.
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build();
        let proxy = Proxy::try_from_env().filter(|proxy| proxy.protocol() == ProxyProtocol::Http);
        let config = common().https_only(true).tls_config(tls).proxy(proxy).build();
        Agent::with_parts(config, DefaultConnector::default(), Names)
    })
}

/// For a base of a test.
fn local() -> &'static Agent {
    static LOCAL: OnceLock<Agent> = OnceLock::new();
    LOCAL.get_or_init(|| common().proxy(None).build().new_agent())
}

fn common() -> ureq::config::ConfigBuilder<ureq::typestate::AgentScope> {
    Agent::config_builder()
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(concat!("keymoor/", env!("CARGO_PKG_VERSION")))
        // A connection that was kept may be dead, which would look like a fault of the provider.
        .max_idle_connections(0)
        .max_idle_connections_per_host(0)
}

/// Looks names up, and holds the addresses against those that nobody's server has.
struct Names;

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout);
        match found {
            Ok(addresses) if addresses.iter().all(|address| may_be_asked(address.ip())) => Ok(addresses),
            Ok(_) => Err(ureq::Error::ConnectionFailed),
            Err(ureq::Error::Io(_) | ureq::Error::HostNotFound) if parent_exists(uri) => {
                Err(ureq::Error::HostNotFound)
            }
            Err(ureq::Error::HostNotFound) => Err(ureq::Error::ConnectionFailed),
            Err(error) => Err(error),
        }
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names")
    }
}

/// Whether the domain of a host can be looked up. Without a network no name can, and systems do not tell that apart from
/// a name that does not exist.
fn parent_exists(uri: &Uri) -> bool {
    let parent = uri.host().and_then(parent_of);
    parent.is_some_and(|parent| (parent, 443).to_socket_addrs().is_ok_and(|mut found| found.next().is_some()))
}

/// The last two labels, of a name that has more.
fn parent_of(host: &str) -> Option<&str> {
    let dot = host.rmatch_indices('.').nth(1)?.0;
    Some(&host[dot + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_nobodys_are_not_connected_to() {
        let config = common().https_only(true).proxy(None).build();
        let agent = Agent::with_parts(config, DefaultConnector::default(), Names);
        for address in ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "0.0.0.0", "224.0.0.1"] {
            let error = agent.get(format!("https://{address}/")).call().unwrap_err();
            assert!(matches!(error, ureq::Error::ConnectionFailed), "{address}: {error:?}");
        }
    }

    #[test]
    fn a_name_is_looked_up_again_by_its_domain() {
        assert_eq!(parent_of("x.openai.azure.com"), Some("azure.com"));
        assert_eq!(parent_of("acme.myshopify.com"), Some("myshopify.com"));
        assert_eq!(parent_of("example.org"), None);
        assert_eq!(parent_of("localhost"), None);
    }
}
