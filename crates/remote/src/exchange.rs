//! One request and its answer: limits of time and size, and the types that an answer must fit.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use keymoor_protocol::base64url;
use rustls::ClientConfig;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use ureq::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, RETRY_AFTER};
use ureq::http::response::Parts;
use ureq::http::{HeaderMap, HeaderValue, Method, Request};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::{Agent, Proxy, ProxyProtocol};
use zeroize::Zeroizing;

use crate::Error;
use crate::address::Address;
use crate::transport::connector;

/// Bytes of an answer's body. The largest that the API gives are pages of a few MiB.
const BYTES_AN_ANSWER: u64 = 32 * 1024 * 1024;

/// How long a server may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// To look its name up, and again until a connection stands.
    pub(crate) connect: Duration,
    /// Until the next bytes come or go.
    pub(crate) idle: Duration,
    /// For a whole body in one direction, however well its bytes flow.
    pub(crate) body: Duration,
    /// Between two signs of life of a stream that has no end.
    pub(crate) silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        // A stream is kept alive every 20 seconds; one such sign may be late or lost.
        let [connect, idle, body, silence] = [5, 15, 300, 45].map(Duration::from_secs);
        Self { connect, idle, body, silence }
    }
}

/// Where requests go. Clones share their connections, which stay open between requests.
#[derive(Clone)]
pub(crate) struct Line {
    agent: Agent,
    address: Address,
    tls: Option<Arc<ClientConfig>>,
    patience: Patience,
    /// What the newest answer gave as its date: seconds since 1970, 0 for none yet.
    date: Arc<AtomicU64>,
}

impl Line {
    pub(crate) fn new(address: Address, tls: Option<Arc<ClientConfig>>, patience: Patience) -> Self {
        let agent = agent(&address, tls.clone(), patience, Some(patience.body));
        Self { agent, address, tls, patience, date: Arc::default() }
    }

    /// A line of its own to the same server, for one answer without an end: it may be silent for longer, but not for ever.
    pub(crate) fn endless(&self) -> Self {
        let patience = Patience { idle: self.patience.silence, ..self.patience };
        let agent = agent(&self.address, self.tls.clone(), patience, None);
        Self {
            agent,
            address: self.address.clone(),
            tls: self.tls.clone(),
            patience,
            date: Arc::clone(&self.date),
        }
    }

    /// Ends every request of this line, also those that other threads wait for; there can be no more.
    pub(crate) fn hang_up(&self) {
        self.agent.clone().shutdown();
    }

    pub(crate) fn url(&self) -> &str {
        self.address.as_str()
    }

    /// The server's clock as its newest answer gave it, milliseconds since 1970.
    pub(crate) fn server_date(&self) -> Option<u64> {
        match self.date.load(Ordering::Relaxed) {
            0 => None,
            seconds => Some(seconds.saturating_mul(1000)),
        }
    }

    /// Begins a request to a path of this server.
    pub(crate) fn call(&self, method: Method, path: &str) -> Call<'_> {
        let url = format!("{}{path}", self.url());
        let (agent, date) = (&self.agent, &*self.date);
        Call { agent, date, method, url, token: None, proof: None, body: Ok(None), accept: JSON }
    }
}

/// The client; `answer` is the longest that a body may take, if anything is.
fn agent(
    address: &Address,
    tls: Option<Arc<ClientConfig>>,
    patience: Patience,
    answer: Option<Duration>,
) -> Agent {
    // A name on this machine needs no network to be looked up, and so no limit, which would cost a thread.
    let lookup = (!address.is_loopback()).then_some(patience.connect);
    let configuration = Agent::config_builder()
        .proxy(if address.is_loopback() { None } else { proxy() })
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(concat!("keymoor/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(lookup)
        .timeout_connect(Some(patience.connect))
        .timeout_per_read(Some(patience.idle))
        .timeout_per_write(Some(patience.idle))
        .timeout_send_body(Some(patience.body))
        .timeout_recv_response(Some(patience.idle))
        .timeout_recv_body(answer)
        .build();
    Agent::with_parts(configuration, connector(tls), DefaultResolver::default())
}

/// HTTP proxies only, as the environment names them; ureq is built without the others.
fn proxy() -> Option<Proxy> {
    Proxy::try_from_env().filter(|proxy| proxy.protocol() == ProxyProtocol::Http)
}

/// A request in the making.
pub(crate) struct Call<'a> {
    agent: &'a Agent,
    date: &'a AtomicU64,
    method: Method,
    url: String,
    token: Option<&'a str>,
    proof: Option<&'a [u8; 32]>,
    body: Result<Option<Zeroizing<Vec<u8>>>, Error>,
    accept: &'static str,
}

impl<'a> Call<'a> {
    pub(crate) fn token(self, token: &'a str) -> Self {
        Self { token: Some(token), ..self }
    }

    pub(crate) fn proof(self, proof: Option<&'a [u8; 32]>) -> Self {
        Self { proof, ..self }
    }

    pub(crate) fn body(self, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).map(|bytes| Some(Zeroizing::new(bytes)));
        Self { body: body.map_err(|_| Error::NotOurs), ..self }
    }

    /// Sends it and reads the answer as `T`.
    pub(crate) fn answer<T: DeserializeOwned>(self) -> Result<T, Error> {
        serde_json::from_slice(&self.send()?).map_err(|_| Error::NotOurs)
    }

    /// Sends it where the answer says no more than that it is done. Should there be a body, it is JSON; a page of HTML
    /// comes from something else.
    pub(crate) fn done(self) -> Result<(), Error> {
        let body = self.send()?;
        if body.is_empty() || serde_json::from_slice::<IgnoredAny>(&body).is_ok() {
            Ok(())
        } else {
            Err(Error::NotOurs)
        }
    }

    /// Sends it where the answer is a stream of this type, and returns that once the server has accepted.
    pub(crate) fn stream(self, content_type: &'static str) -> Result<ureq::Body, Error> {
        let (head, body) = Self { accept: content_type, ..self }.begin()?;
        if !head.status.is_success() {
            return Err(refusal(&head, body));
        }
        let told = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if told.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(content_type)) {
            Ok(body)
        } else {
            Err(Error::NotOurs)
        }
    }

    fn send(self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (head, body) = self.begin()?;
        if head.status.is_success() { read(body) } else { Err(refusal(&head, body)) }
    }

    fn begin(self) -> Result<(Parts, ureq::Body), Error> {
        let mut request = Request::builder().method(self.method).uri(self.url).header(ACCEPT, self.accept);
        if let Some(token) = self.token {
            let bearer = Zeroizing::new(format!("Bearer {token}"));
            request = request.header(AUTHORIZATION, hidden(&bearer).ok_or(Error::Unauthenticated)?);
        }
        if let Some(proof) = self.proof {
            let proof = Zeroizing::new(base64url::encode(proof));
            request = request
                .header(keymoor_protocol::api::PROOF_HEADER, hidden(&proof).ok_or(Error::ProofRequired)?);
        }
        let answer = match self.body? {
            Some(body) => {
                let request = request.header(CONTENT_TYPE, JSON).body(body.as_slice());
                self.agent.run(request.map_err(ureq::Error::Http)?)?
            }
            None => self.agent.run(request.body(()).map_err(ureq::Error::Http)?)?,
        };
        let (head, body) = answer.into_parts();
        self.date.store(date_of(&head.headers), Ordering::Relaxed);
        Ok((head, body))
    }
}

/// What an answer that is no success means.
fn refusal(head: &Parts, body: ureq::Body) -> Error {
    match read(body) {
        Ok(body) => {
            let retry_after = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            Error::from_answer(head.status.as_u16(), retry_after, &body)
        }
        Err(error) => error,
    }
}

/// The `Date` of an answer in seconds since 1970; 0 without one.
fn date_of(headers: &HeaderMap) -> u64 {
    let text = headers.get(DATE).and_then(|value| value.to_str().ok());
    let date = text.and_then(|text| httpdate::parse_http_date(text).ok());
    date.and_then(|date| date.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_secs())
}

const JSON: &str = "application/json";

/// A header that is kept out of logs, unless it cannot be one.
fn hidden(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The whole body; it may hold tokens. One read at its announced size leaves no copies of it behind.
fn read(body: ureq::Body) -> Result<Zeroizing<Vec<u8>>, Error> {
    let announced = body.content_length().unwrap_or(0);
    if announced > BYTES_AN_ANSWER {
        return Err(Error::NotOurs);
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(announced as usize + 1));
    let mut reader = body.into_with_config().limit(u64::MAX).reader().take(BYTES_AN_ANSWER + 1);
    reader.read_to_end(&mut bytes).map_err(ureq::Error::from)?;
    if bytes.len() as u64 > BYTES_AN_ANSWER { Err(Error::NotOurs) } else { Ok(bytes) }
}
