//! A provider's stand-in: an HTTP server on this machine that answers as it was told last, and keeps what it was asked.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// A request as it came; names of headers in lower case.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path_and_query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

/// How requests are answered from now on.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// As it should be.
    Whole { status: u16, headers: Vec<(String, String)>, body: String },
    /// The same after a while.
    Late(Duration, Box<Answer>),
    /// One for requests to this host, another for all others.
    At(String, Box<Answer>, Box<Answer>),
    /// Half of the body, then the connection ends.
    Half(Box<Answer>),
}

impl Answer {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self::Whole { status, headers, body: body.to_owned() }
    }

    fn write(&self, stream: &mut impl Write, host: &str) -> std::io::Result<()> {
        match self {
            Self::Late(..) => panic!("late once"),
            Self::At(named, answer, _) if named == host => answer.write(stream, host),
            Self::At(.., otherwise) => otherwise.write(stream, host),
            Self::Whole { body, .. } => stream.write_all(format!("{}{body}", self.head()).as_bytes()),
            Self::Half(answer) => {
                let Self::Whole { body, .. } = &**answer else { panic!("half of what?") };
                stream.write_all(answer.head().as_bytes())?;
                stream.write_all(&body.as_bytes()[..body.len() / 2])
            }
        }
    }

    fn head(&self) -> String {
        let Self::Whole { status, headers, body } = self else { panic!("no head") };
        let mut head = format!("HTTP/1.1 {status} x\r\nconnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        // A 204 has no body, and must not speak of one.
        if *status != 204 {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        head + "\r\n"
    }
}

/// Runs until the test's process ends.
pub(crate) struct Server {
    pub(crate) base: String,
    state: Arc<State>,
}

struct State {
    answer: Mutex<Answer>,
    seen: Mutex<Vec<Seen>>,
    running: AtomicUsize,
    most: AtomicUsize,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            answer: Mutex::new(Answer::json(200, "{}")),
            seen: Mutex::default(),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let server = Self { base, state: Arc::clone(&state) };
        thread::spawn(move || {
            for stream in listener.incoming() {
                let state = Arc::clone(&state);
                thread::spawn(move || state.serve(stream.unwrap()));
            }
        });
        server
    }

    pub(crate) fn answer(&self, answer: Answer) {
        *self.state.answer.lock().unwrap() = answer;
    }

    /// What it was asked since the last time.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.state.seen.lock().unwrap())
    }

    /// How many requests there were at once, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.state.most.load(Ordering::SeqCst)
    }
}

impl State {
    fn serve(&self, stream: TcpStream) {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        let mut stream = BufReader::new(stream);
        if let Some(seen) = read(&mut stream) {
            let host = seen.header("host").unwrap_or_default().to_owned();
            self.seen.lock().unwrap().push(seen);
            let answer = self.answer.lock().unwrap().clone();
            let answer = match answer {
                Answer::Late(time, answer) => {
                    thread::sleep(time);
                    *answer
                }
                answer => answer,
            };
            // Before the answer: whoever has it may ask again.
            self.running.fetch_sub(1, Ordering::SeqCst);
            // A client may have given up.
            answer.write(stream.get_mut(), &host).ok();
        }
    }
}

fn read(stream: &mut impl BufRead) -> Option<Seen> {
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut parts = line.split(' ');
    let (method, path_and_query) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let mut seen = Seen { method, path_and_query, ..Seen::default() };
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        seen.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    seen.body = vec![0; length];
    stream.read_exact(&mut seen.body).ok()?;
    Some(seen)
}
