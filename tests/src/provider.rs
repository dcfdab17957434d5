//! A pretended provider on this machine: says of each key what it was told to.

use std::{
    collections::HashMap,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use crate::device::Device;

/// What is answered to one request.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// How long it takes.
    pub after: Duration,
}

impl Reply {
    /// An answer at once.
    pub fn of(status: u16, body: &str) -> Self {
        Self { status, body: body.to_owned(), after: Duration::ZERO }
    }
}

/// A server that answers by the bearer token of a request: what was told of it, or 401. It ends with this value.
#[derive(Debug)]
pub struct Provider {
    id: &'static str,
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    replies: Mutex<HashMap<String, Reply>>,
    asked: Mutex<Vec<String>>,
    paths: Mutex<Vec<String>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Provider {
    /// Stands in for the provider of that id.
    pub fn new(id: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = Arc::clone(&serving);
                thread::spawn(move || drop(serving.answer(stream)));
            }
        });
        Self { id, address, shared }
    }

    /// Says what is answered to a key from now on; or to a request of AWS, by its action (`Action=CreateAccessKey`).
    pub fn say(&self, key: &str, reply: Reply) {
        self.shared.replies.lock().unwrap().insert(key.to_owned(), reply);
    }

    /// Has a device ask here, with `--allow-test-providers`.
    pub fn stands_in_for(&self, device: &mut Device) {
        device.set(&format!("KEYMOOR_PROVIDER_BASE_{}", self.id.to_uppercase()), self.base());
    }

    /// Where it listens.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The keys that it was asked about, each as often as it was.
    pub fn asked(&self) -> Vec<String> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// The paths of the requests, with their queries.
    pub fn paths(&self) -> Vec<String> {
        self.shared.paths.lock().unwrap().clone()
    }

    /// How many requests were here at the same time at most.
    pub fn most_at_once(&self) -> usize {
        self.shared.most.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn answer(&self, stream: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let (mut key, mut length, mut line) = (String::new(), 0, String::new());
        reader.read_line(&mut line)?;
        self.paths.lock().unwrap().extend(line.split(' ').nth(1).map(str::to_owned));
        line.clear();
        while reader.read_line(&mut line)? > 2 {
            let header = line.trim().to_owned();
            let lower = header.to_ascii_lowercase();
            if lower.starts_with("authorization: bearer ") {
                key = header["authorization: bearer ".len()..].to_owned();
            }
            if let Some(bytes) = lower.strip_prefix("content-length: ") {
                length = bytes.parse().unwrap_or(0);
            }
            line.clear();
        }
        let mut body = String::new();
        reader.take(length).read_to_string(&mut body)?;
        let action = body.split('&').find(|part| part.starts_with("Action=")).unwrap_or_default();
        let here = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(here, Ordering::SeqCst);
        self.asked.lock().unwrap().push(key.clone());
        let known = {
            let replies = self.replies.lock().unwrap();
            replies.get(action).filter(|_| !action.is_empty()).or_else(|| replies.get(&key)).cloned()
        };
        let reply = known.unwrap_or_else(|| Reply::of(401, r#"{"error":{"code":"invalid_api_key"}}"#));
        thread::sleep(reply.after);
        self.now.fetch_sub(1, Ordering::SeqCst);
        let mut stream = stream;
        write!(
            stream,
            "HTTP/1.1 {} Said\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{}",
            reply.status,
            reply.body.len(),
            reply.body
        )?;
        stream.shutdown(Shutdown::Write)
    }
}
