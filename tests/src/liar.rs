//! A server that lies: it stands between the devices and the real one, passes everything on, and changes what it is told to.

use std::{
    cell::RefCell,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use serde::{Serialize, de::DeserializeOwned};

use crate::server::Server;

/// What is asked, as far as lies tell calls apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// `POST …/commits`
    Push,
    /// `GET …/commits`
    Pull,
    /// `GET …/chain`
    Chain,
    /// `GET …/snapshot`
    Snapshot,
    /// `GET /keys`
    Keys,
    /// `POST /sessions/refresh`
    Refresh,
    /// `POST /sessions`, the end of a login
    Login,
    /// Anything else
    Other,
}

/// A request on its way.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Which call.
    pub call: Call,
    /// GET, POST, PUT or DELETE.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Its body.
    pub body: Vec<u8>,
    pub(crate) head: Vec<u8>,
}

/// An answer on its way.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON.
    pub body: Vec<u8>,
}

impl Answer {
    /// One that the server never gave.
    pub fn made_up(status: u16, body: &impl Serialize) -> Self {
        Self { status, body: serde_json::to_vec(body).unwrap() }
    }

    /// An error in the protocol's form.
    pub fn error(status: u16, code: &str) -> Self {
        Self::made_up(status, &serde_json::json!({ "error": "a lie", "code": code }))
    }

    /// The same, with something changed in it. An answer that is no `T`, such as an error, goes on as it is.
    pub fn change<T: Serialize + DeserializeOwned>(self, change: impl FnOnce(&mut T)) -> Self {
        let Ok(mut told) = serde_json::from_slice::<T>(&self.body) else { return self };
        change(&mut told);
        Self::made_up(self.status, &told)
    }
}

/// Answers a request; `pass` asks the real server.
type Lie = dyn Fn(&Asked, &dyn Fn(&Asked) -> Answer) -> Answer + Send + Sync;

/// The server between. Dropping it ends it.
pub struct Liar {
    address: String,
    lie: Arc<Mutex<Arc<Lie>>>,
    calls: Arc<AtomicUsize>,
    date: Arc<Mutex<Option<String>>>,
    ended: Arc<AtomicBool>,
}

impl Liar {
    /// Stands before `server`, and is honest to begin with.
    pub fn before(server: &Server) -> Self {
        Self::at("127.0.0.1:0", &server.url())
    }

    /// The same at this address, before the server at `url`; that may start later, or never.
    pub fn at(address: &str, url: &str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let truth: Arc<Lie> = Arc::new(|asked, pass| pass(asked));
        let lie = Arc::new(Mutex::new(truth));
        let liar = Self { address, lie, calls: Arc::default(), date: Arc::default(), ended: Arc::default() };
        let upstream = url.trim_start_matches("http://").to_owned();
        let (lie, calls, ended) = (Arc::clone(&liar.lie), Arc::clone(&liar.calls), Arc::clone(&liar.ended));
        let date = Arc::clone(&liar.date);
        thread::spawn(move || {
            for connection in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let (lie, calls, upstream) = (Arc::clone(&lie), Arc::clone(&calls), upstream.clone());
                let date = Arc::clone(&date);
                thread::spawn(move || converse(connection.unwrap(), &lie, &calls, &date, &upstream));
            }
        });
        liar
    }

    /// Where devices find it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it says this.
    pub fn tells(&self, lie: impl Fn(&Asked, &dyn Fn(&Asked) -> Answer) -> Answer + Send + Sync + 'static) {
        *self.lie.lock().unwrap() = Arc::new(lie);
    }

    /// From now on it changes the answers to this call.
    pub fn changes<T: Serialize + DeserializeOwned>(
        &self,
        call: Call,
        change: impl Fn(&mut T) + Send + Sync + 'static,
    ) {
        self.tells(move |asked, pass| {
            let answer = pass(asked);
            if asked.call == call { answer.change(&change) } else { answer }
        });
    }

    /// From now on its answers bear this date, as HTTP writes it; with `None` that of the server.
    pub fn dates(&self, date: Option<&str>) {
        *self.date.lock().unwrap() = date.map(str::to_owned);
    }

    /// From now on it passes everything on.
    pub fn is_honest(&self) {
        self.tells(|asked, pass| pass(asked));
    }

    /// How many requests came since this was asked last.
    pub fn calls(&self) -> usize {
        self.calls.swap(0, Ordering::Relaxed)
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(&self.address); // it waits for somebody to come
    }
}

fn converse(
    stream: TcpStream,
    lie: &Mutex<Arc<Lie>>,
    calls: &AtomicUsize,
    date: &Mutex<Option<String>>,
    upstream: &str,
) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read_request(&mut reader) {
        calls.fetch_add(1, Ordering::Relaxed);
        let lie = Arc::clone(&lie.lock().unwrap());
        let servers = RefCell::new(None);
        let Answer { status, body } = lie(&asked, &|asked| {
            let (answer, date) = pass(asked, upstream);
            servers.replace(date);
            answer
        });
        let date = date.lock().unwrap().clone().or(servers.into_inner());
        let date = date.map(|date| format!("date: {date}\r\n")).unwrap_or_default();
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} x\r\n{date}content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        let stream = reader.get_mut();
        if stream.write_all(&[head.as_bytes(), &body].concat()).is_err() {
            return; // the device has ended
        }
    }
}

/// Asks the real server, on a connection of its own. Returns its date, too.
pub(crate) fn pass(asked: &Asked, upstream: &str) -> (Answer, Option<String>) {
    let Ok(mut stream) = TcpStream::connect(upstream) else {
        return (Answer::error(503, "UNAVAILABLE"), None);
    };
    stream.write_all(&[&asked.head, asked.body.as_slice()].concat()).unwrap();
    let mut reader = BufReader::new(stream);
    let (line, headers) = read_head(&mut reader).unwrap();
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    let date = headers.iter().find(|(name, _)| name == "date").map(|(_, value)| value.clone());
    (Answer { status, body: read_body(&mut reader, &headers).unwrap() }, date)
}

pub(crate) fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let (line, headers) = read_head(reader)?;
    let mut parts = line.split(' ');
    let (method, path) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let body = read_body(reader, &headers)?;
    let mut head = format!("{line}\r\nconnection: close\r\n");
    for (name, value) in headers.iter().filter(|(name, _)| name != "connection") {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let end = path.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let call = match (method.as_str(), end) {
        ("POST", "commits") => Call::Push,
        ("GET", "commits") => Call::Pull,
        ("GET", "chain") => Call::Chain,
        ("GET", "snapshot") => Call::Snapshot,
        ("GET", "keys") => Call::Keys,
        ("POST", "refresh") => Call::Refresh,
        ("POST", "sessions") => Call::Login,
        _ => Call::Other,
    };
    Some(Asked { call, method, path, body, head: head.into_bytes() })
}

type Headers = Vec<(String, String)>;

fn read_head(reader: &mut BufReader<TcpStream>) -> Option<(String, Headers)> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Some((first.trim_end().to_owned(), headers))
}

fn read_body(reader: &mut BufReader<TcpStream>, headers: &Headers) -> Option<Vec<u8>> {
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}
