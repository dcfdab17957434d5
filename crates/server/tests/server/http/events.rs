//! Streams of hints: what begins them, what they tell, and everything that ends them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use keymoor_protocol::api::{Code, HEAD_EVENT, Hint, Refresh, Session};
use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{DeviceId, RecordId};
use keymoor_remote::Error;

use super::running::{Member, Running};
use crate::author::{Edit, PROOF};

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// Long enough that what must not come would have come.
const QUIET: Duration = Duration::from_millis(500);
/// Between two hints of one stream.
const PACE: Duration = Duration::from_millis(10);

/// A client of one stream.
struct Events {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Events {
    fn open(server: &Running, session: &Session) -> Self {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let token = &session.access_token;
        write!(stream, "GET /v1/events HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {token}\r\n\r\n")
            .unwrap();
        let mut events = Self { stream: BufReader::new(stream), head: String::new() };
        while !events.head.ends_with("\r\n\r\n") {
            assert!(events.stream.read_line(&mut events.head).unwrap() > 0, "cut");
        }
        events
    }

    /// What comes next as it stands; `None` at the stream's end.
    fn text(&mut self) -> Option<String> {
        let mut size = String::new();
        self.stream.read_line(&mut size).unwrap();
        let size = usize::from_str_radix(size.trim(), 16).expect("cut off, not ended");
        let mut chunk = vec![0; size + 2];
        self.stream.read_exact(&mut chunk).unwrap();
        chunk.truncate(size);
        (size > 0).then(|| String::from_utf8(chunk).unwrap())
    }

    /// The next hint.
    fn hint(&mut self) -> Option<Hint> {
        let text = self.text()?;
        let data = text.strip_prefix(&format!("event: {HEAD_EVENT}\ndata: ")).unwrap();
        Some(serde_json::from_str(data.strip_suffix("\n\n").unwrap()).unwrap())
    }

    fn seq(&mut self) -> Option<u64> {
        self.hint().map(|hint| hint.seq)
    }

    /// Nothing comes, and it goes on.
    fn is_silent(&mut self) -> bool {
        self.stream.get_ref().set_read_timeout(Some(QUIET)).unwrap();
        let silent = self.stream.fill_buf().is_err();
        self.stream.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
        silent
    }
}

fn push(member: &mut Member) -> u64 {
    let push = member.author.write(&[Edit::Put(RecordId::generate(), 10)]);
    member.server().push(member.author.vault, &push).unwrap().seq
}

fn log_in(member: &Member, device: DeviceId) -> Session {
    member.remote.log_in(member.author.account, LoginKind::Password, device, b"password").unwrap()
}

fn refresh(member: &Member, session: &Session, id: u8) -> Result<Session, Error> {
    let refresh_token = session.refresh_token.clone();
    member.remote.refresh(&Refresh { refresh_token, refresh_id: [id; 16] })
}

#[test]
fn a_stream_begins_with_the_head_and_tells_each_commit() {
    let server = Running::start(|_| {});
    let mut member = server.account();
    let mut events = Events::open(&server, &member.session);
    assert!(events.head.starts_with("HTTP/1.1 200 "), "{}", events.head);
    assert!(events.head.contains("content-type: text/event-stream\r\n"), "{}", events.head);
    let vault = member.author.vault;
    let begins = format!("event: head\ndata: {{\"vault\":\"{vault}\",\"seq\":0}}\n\n");
    assert_eq!(events.text(), Some(begins));
    for seq in 1..=3 {
        assert_eq!(push(&mut member), seq);
        assert_eq!(events.hint(), Some(Hint { vault, seq }));
    }
    // The same commit again, and one that is refused, move nothing.
    let wrong = member.author.draft(&[Edit::Put(RecordId::generate(), 600_000)]);
    assert_eq!(member.server().push(vault, &wrong.push()), Err(Error::TooLarge));
    assert!(events.is_silent());
    assert_eq!(Events::open(&server, &member.session).hint(), Some(Hint { vault, seq: 3 }));
}

#[test]
fn an_account_hears_of_its_own_vault_alone() {
    let server = Running::start(|_| {});
    let (mut one, two) = (server.account(), server.account());
    let mut events = Events::open(&server, &two.session);
    assert_eq!(events.hint(), Some(Hint { vault: two.author.vault, seq: 0 }));
    push(&mut one);
    assert!(events.is_silent());
}

#[test]
fn a_hint_comes_after_the_commit_is_on_the_disk_also_when_its_sender_is_gone() {
    let server = Running::start(|_| {});
    let mut member = server.account();
    let mut events = Events::open(&server, &member.session);
    assert_eq!(events.seq(), Some(0));
    let push = member.author.write(&[Edit::Put(RecordId::generate(), 10)]);
    // Somebody else writes, so the writer has to wait. Meanwhile the sender hangs up.
    let other = rusqlite::Connection::open(&server.config.database).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut sender = TcpStream::connect(server.address).unwrap();
    let (token, body) = (&member.session.access_token, serde_json::to_string(&push).unwrap());
    let (vault, length) = (member.author.vault, body.len());
    let head =
        format!("POST /v1/vaults/{vault}/commits HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {token}");
    write!(sender, "{head}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .unwrap();
    assert!(events.is_silent(), "told before it was written");
    drop(sender);
    std::thread::sleep(QUIET);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(events.seq(), Some(1));
    let stored = other.query_row("SELECT count(*) FROM commits", (), |row| row.get::<_, i64>(0));
    assert_eq!(stored, Ok(1), "told what another connection does not see");
}

#[test]
fn a_reader_that_stalls_gets_the_newest_and_not_all_before() {
    const COMMITS: u64 = 200;
    let server = Running::start(|_| {});
    let mut member = server.account();
    let mut events = Events::open(&server, &member.session);
    assert_eq!(events.seq(), Some(0));
    let begun = Instant::now();
    for seq in 1..=COMMITS {
        assert_eq!(push(&mut member), seq);
    }
    let stalled = begun.elapsed();
    let (mut told, mut last) = (0, 0);
    while last < COMMITS {
        let seq = events.seq().unwrap();
        assert!(seq > last, "{seq} after {last}");
        (told, last) = (told + 1, seq);
    }
    // On a disk that takes longer for a commit than a stream waits between hints, each is told.
    let most = stalled.as_millis() / PACE.as_millis() + 2;
    assert!(told <= most, "{told} hints of {COMMITS} commits in {stalled:?}");
    assert!(begun.elapsed() < stalled + Duration::from_secs(5), "the newest is there at once");
}

#[test]
fn silence_is_broken_by_a_sign_of_life() {
    let server = Running::start(|config| config.limits.keep_alive_seconds = 1);
    let mut member = server.account();
    assert_eq!(member.server().limits().unwrap().keep_alive_seconds, 1);
    let mut events = Events::open(&server, &member.session);
    assert_eq!(events.seq(), Some(0));
    for _ in 0..2 {
        let begun = Instant::now();
        assert_eq!(events.text().as_deref(), Some(": keep-alive\n\n"));
        assert!(begun.elapsed() > Duration::from_millis(700), "{:?}", begun.elapsed());
    }
    push(&mut member);
    assert_eq!(events.seq(), Some(1));
}

#[test]
fn a_stream_ends_with_its_access_token() {
    let server = Running::start(|_| {});
    let member = server.account();
    server.alter("UPDATE session SET access_expires_at = CAST(unixepoch('subsec') * 1000 AS INTEGER) + 2000");
    let mut events = Events::open(&server, &member.session);
    assert_eq!(events.seq(), Some(0));
    let begun = Instant::now();
    assert_eq!(events.text(), None);
    let lasted = begun.elapsed();
    assert!(lasted > Duration::from_millis(500) && lasted < Duration::from_secs(10), "{lasted:?}");
    let again = Events::open(&server, &member.session);
    assert!(again.head.starts_with("HTTP/1.1 401 "), "{}", again.head);
    // With the next token another one begins.
    let next = refresh(&member, &member.session, 1).unwrap();
    assert_eq!(Events::open(&server, &next).seq(), Some(0));
}

#[test]
fn a_stream_ends_at_once_with_its_session() {
    type End = fn(&Member, &Session, DeviceId);
    let ends: [(&str, End); 4] = [
        ("signed out", |member, session, _| {
            member.remote.with_token(&session.access_token).log_out().unwrap();
        }),
        ("device deleted", |member, _, device| member.server().revoke_device(device, Some(&PROOF)).unwrap()),
        ("a used refresh token came back", |member, session, _| {
            let next = refresh(member, session, 1).unwrap();
            member.remote.with_token(&next.access_token).devices().unwrap();
            assert_eq!(refresh(member, session, 1).map(drop), Err(Error::RefreshReused));
        }),
        ("logged in anew", |member, _, device| drop(log_in(member, device))),
    ];
    let server = Running::start(|_| {});
    let mut member = server.account();
    let mut others = Events::open(&server, &member.session);
    assert_eq!(others.seq(), Some(0));
    for (what, end) in ends {
        let device = DeviceId::generate();
        let session = log_in(&member, device);
        let mut events = Events::open(&server, &session);
        assert_eq!(events.seq(), Some(0), "{what}");
        assert!(events.is_silent(), "{what}");
        end(&member, &session, device);
        let begun = Instant::now();
        assert_eq!(events.text(), None, "{what}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{what}");
    }
    // Another device's session goes on, and so does one whose tokens only rotate.
    let next = refresh(&member, &member.session, 1).unwrap();
    assert!(others.is_silent());
    member.session = next;
    assert_eq!(push(&mut member), 1);
    assert_eq!(others.seq(), Some(1));
}

#[test]
fn one_stream_too_many_ends_the_oldest_of_that_device() {
    let server = Running::start(|_| {});
    let mut member = server.account();
    let mut other = Events::open(&server, &log_in(&member, DeviceId::generate()));
    assert_eq!(other.seq(), Some(0));
    let mut streams: Vec<_> = (0..5).map(|_| Events::open(&server, &member.session)).collect();
    for events in &mut streams {
        assert_eq!(events.seq(), Some(0));
    }
    assert_eq!(streams[0].text(), None);
    push(&mut member);
    for events in streams[1..].iter_mut().chain([&mut other]) {
        assert_eq!(events.seq(), Some(1));
    }
}

#[test]
fn streams_leave_connections_for_calls() {
    let server = Running::start(|config| config.connections = 4);
    let member = server.account();
    drop(member.remote);
    let other = server.account();
    let streams: Vec<_> = (0..3).map(|_| Events::open(&server, &other.session)).collect();
    assert!(streams.iter().all(|events| events.head.starts_with("HTTP/1.1 200 ")));
    let head = format!("GET /v1/events HTTP/1.1\r\nauthorization: Bearer {}", member.session.access_token);
    drop(other.remote);
    let answer = server.ask(&head, b"");
    assert_eq!((answer.status, answer.error().code), (503, Code::Unavailable));
    assert_eq!(answer.header("retry-after"), Some("60"));
    drop(streams);
}

#[test]
fn only_a_session_of_the_password_may_listen() {
    let server = Running::start(|_| {});
    let member = server.account();
    let head = "GET /v1/events HTTP/1.1";
    assert_eq!(server.ask(head, b"").error().code, Code::Unauthenticated);
    let recovery =
        member.remote.log_in(member.author.account, LoginKind::Recovery, member.author.device, b"recovery");
    let head = format!("{head}\r\nauthorization: Bearer {}", recovery.unwrap().access_token);
    assert_eq!(server.ask(&head, b"").error().code, Code::Forbidden);
}

#[test]
fn stopping_ends_streams_and_does_not_wait_for_them() {
    let server = Running::start(|_| {});
    let member = server.account();
    let mut events = Events::open(&server, &member.session);
    assert_eq!(events.seq(), Some(0));
    let begun = Instant::now();
    let _server = server.restart();
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(events.text(), None);
}
