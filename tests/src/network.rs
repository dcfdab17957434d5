//! A bad network: it stands between devices and the server, and loses, cuts, repeats and holds back what it is given.
//!
//! What becomes of a request is thrown by dice, so that a number reproduces it. Devices that speak one after the other
//! meet the same fates in the same order each time.

use std::{
    collections::BTreeMap,
    io::{BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::{
    dice::Dice,
    liar::{Answer, Asked, Call, pass, read_request},
    server::Server,
};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It is answered.
    Answered,
    /// Nobody takes the connection.
    Refused,
    /// It never arrives.
    Dropped,
    /// Half of it arrives.
    RequestCut,
    /// The server acts on it, and its answer is lost.
    AnswerLost,
    /// Part of the answer arrives.
    AnswerCut,
    /// The server gets it twice.
    Repeated,
    /// It takes a few milliseconds.
    Delayed,
    /// The device hears nothing, and the server gets it after later requests.
    Late,
    /// The server is killed when it has answered, and the answer is lost.
    Killed,
    /// Part of the answer arrives, and then nothing more. No dice throw this: a device waits long for the rest.
    Silent,
}

impl Fate {
    /// All that are faults.
    pub const FAULTS: [Self; 9] = [
        Self::Refused,
        Self::Dropped,
        Self::RequestCut,
        Self::AnswerLost,
        Self::AnswerCut,
        Self::Repeated,
        Self::Delayed,
        Self::Late,
        Self::Killed,
    ];

    /// One request in four meets a fault; that the server is killed costs time, and is rarer.
    fn thrown(dice: &mut Dice) -> Self {
        match dice.below(100) {
            0..=3 => Self::Dropped,
            4..=6 => Self::RequestCut,
            7..=11 => Self::AnswerLost,
            12..=14 => Self::AnswerCut,
            15..=18 => Self::Repeated,
            19..=20 => Self::Delayed,
            21..=23 => Self::Late,
            24 if dice.below(3) == 0 => Self::Killed,
            _ => Self::Answered,
        }
    }
}

/// Decides the fate of a request, in place of the dice.
type Decide = dyn FnMut(&Asked) -> Fate + Send;

/// The network before one server. Dropping it ends both.
pub struct Network {
    address: String,
    inside: Arc<Mutex<Inside>>,
    ended: Arc<AtomicBool>,
}

struct Inside {
    server: Option<Server>,
    /// Thrown for each request; none in calm weather.
    dice: Option<Dice>,
    decide: Option<Box<Decide>>,
    /// Where an answer is cut.
    cuts: Dice,
    /// What is held back, and at the how-manieth request it goes on.
    late: Vec<(u64, Asked)>,
    requests: u64,
    fates: BTreeMap<Fate, u64>,
    calls: Vec<(Call, Fate, u16)>,
}

impl Network {
    /// A network to no server yet, in calm weather.
    #[expect(clippy::new_without_default, reason = "it opens a port")]
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let inside = Inside {
            server: None,
            dice: None,
            decide: None,
            cuts: Dice::new(1),
            late: Vec::new(),
            requests: 0,
            fates: BTreeMap::new(),
            calls: Vec::new(),
        };
        let network = Self { address, inside: Arc::new(Mutex::new(inside)), ended: Arc::default() };
        let (inside, ended) = (Arc::clone(&network.inside), Arc::clone(&network.ended));
        thread::spawn(move || {
            for connection in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let stream = connection.unwrap();
                if lock(&inside).refuses() {
                    continue; // the connection is closed unheard
                }
                let inside = Arc::clone(&inside);
                thread::spawn(move || converse(stream, &inside));
            }
        });
        network
    }

    /// Where devices find the server.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it leads to this server, in calm weather. Returns the one before.
    pub fn lead_to(&self, server: Server) -> Option<Server> {
        let mut inside = lock(&self.inside);
        (inside.dice, inside.decide, inside.requests) = (None, None, 0);
        (inside.late, inside.fates, inside.calls) = Default::default();
        inside.server.replace(server)
    }

    /// From now on requests meet the fates that belong to this number.
    pub fn storm(&self, order: u64) {
        let mut inside = lock(&self.inside);
        (inside.dice, inside.cuts) = (Some(Dice::new(order)), Dice::new(order));
    }

    /// From now on this decides, if it is given; otherwise the weather.
    pub fn decide(&self, decide: Option<Box<Decide>>) {
        lock(&self.inside).decide = decide;
    }

    /// From now on every request is answered. What was held back arrives now.
    pub fn calm(&self) {
        let mut inside = lock(&self.inside);
        inside.dice = None;
        inside.deliver(u64::MAX);
    }

    /// Does something with the server itself.
    pub fn with_server<T>(&self, act: impl FnOnce(&mut Server) -> T) -> T {
        act(lock(&self.inside).server.as_mut().unwrap())
    }

    /// How often each fate was met.
    pub fn fates(&self) -> BTreeMap<Fate, u64> {
        lock(&self.inside).fates.clone()
    }

    /// The calls since this was asked last, with their fates and what the server answered (0: nothing).
    pub fn calls(&self) -> Vec<(Call, Fate, u16)> {
        std::mem::take(&mut lock(&self.inside).calls)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(&self.address); // it waits for somebody to come
    }
}

impl Inside {
    fn refuses(&mut self) -> bool {
        let refused = self.dice.as_mut().is_some_and(|dice| dice.below(40) == 0);
        if refused {
            self.met(Call::Other, Fate::Refused, 0);
        }
        refused
    }

    fn met(&mut self, call: Call, fate: Fate, status: u16) {
        *self.fates.entry(fate).or_default() += 1;
        self.calls.push((call, fate, status));
    }

    /// Throws what becomes of the next request.
    fn next(&mut self, asked: &Asked) -> Fate {
        self.requests += 1;
        self.deliver(self.requests);
        if let Some(decide) = &mut self.decide {
            return decide(asked);
        }
        self.dice.as_mut().map_or(Fate::Answered, Fate::thrown)
    }

    /// Lets what was held back until now arrive. Nobody waits for the answers.
    fn deliver(&mut self, until: u64) {
        let (due, late) = std::mem::take(&mut self.late).into_iter().partition(|(at, _)| *at <= until);
        self.late = late;
        for (_, asked) in due {
            let status = self.ask(&asked).status;
            self.calls.push((asked.call, Fate::Late, status));
        }
    }

    fn ask(&self, asked: &Asked) -> Answer {
        pass(asked, self.upstream()).0
    }

    fn upstream(&self) -> &str {
        self.server.as_ref().unwrap().address()
    }

    /// Performs a fate. The answer as far as it comes; nothing if the connection is to be closed.
    fn perform(&mut self, asked: &Asked, fate: Fate) -> Option<Answer> {
        let mut status = 0;
        let answer = match fate {
            Fate::Answered | Fate::AnswerCut | Fate::Silent | Fate::Delayed => Some(self.ask(asked)),
            Fate::Repeated => {
                let (first, second) = (self.ask(asked), self.ask(asked));
                // A login is over with its last step, and nobody repeats that: only what may be sent twice is.
                Some(if matches!(asked.call, Call::Login | Call::Other) { first } else { second })
            }
            Fate::AnswerLost => {
                status = self.ask(asked).status;
                None
            }
            Fate::Killed => {
                status = self.ask(asked).status;
                let server = self.server.as_mut().unwrap();
                server.stop();
                server.start_again();
                None
            }
            Fate::RequestCut => {
                let bytes = [&asked.head, asked.body.as_slice()].concat();
                if let Ok(mut stream) = TcpStream::connect(self.upstream()) {
                    let _ = stream.write_all(&bytes[..bytes.len() / 2]);
                }
                None
            }
            Fate::Late => {
                let wait = 1 + self.dice.as_mut().map_or(0, |dice| dice.below(12));
                self.late.push((self.requests + wait, asked.clone()));
                None
            }
            Fate::Dropped | Fate::Refused => None,
        };
        status = answer.as_ref().map_or(status, |answer| answer.status);
        self.met(asked.call, fate, status);
        answer
    }
}

fn converse(stream: TcpStream, inside: &Mutex<Inside>) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read_request(&mut reader) {
        let (fate, answer, cut) = {
            let mut inside = lock(inside);
            let fate = inside.next(&asked);
            (fate, inside.perform(&asked, fate), inside.cuts.below(1000) as usize)
        };
        let Some(Answer { status, body }) = answer else { return };
        if fate == Fate::Delayed {
            thread::sleep(Duration::from_millis(5));
        }
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let bytes = [head.as_bytes(), &body].concat();
        let is_cut = matches!(fate, Fate::AnswerCut | Fate::Silent);
        let end = if is_cut { bytes.len() * cut / 1000 } else { bytes.len() };
        let written = reader.get_mut().write_all(&bytes[..end]);
        if fate == Fate::Silent {
            let _ = reader.read(&mut [0]); // until the device is gone
        }
        if written.is_err() || end < bytes.len() {
            return;
        }
    }
}

fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}
