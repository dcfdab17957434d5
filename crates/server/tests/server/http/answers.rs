//! The one format of errors, whatever comes in, and limits on how much and how often.

use std::time::Duration;

use keymoor_protocol::api::Code;
use keymoor_protocol::limits::Limits;
use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{AccountId, Cursor, DeviceId, RecordId, base64url};
use keymoor_remote::Error;

use super::running::Running;
use crate::author::Edit;

#[test]
fn whatever_comes_in_errors_have_one_format_and_echo_nothing() {
    let server = Running::start(|_| {});
    let member = server.account();
    let auth = format!("authorization: Bearer {}", member.session.access_token);
    let json = "content-type: application/json";
    let vault = member.author.vault;
    let refresh = "POST /v1/sessions/refresh HTTP/1.1";
    for (head, body, status, code) in [
        (format!("{refresh}\r\n{json}"), "{PLANTED", 400, Code::BadRequest),
        (format!("{refresh}\r\n{json}"), r#"{"PLANTED":1}"#, 400, Code::BadRequest),
        (format!("{refresh}\r\n{json}"), "", 400, Code::BadRequest),
        (format!("{refresh}\r\ncontent-type: text/PLANTED"), r#"{"a":1}"#, 400, Code::BadRequest),
        (refresh.to_owned(), "PLANTED", 400, Code::BadRequest),
        ("DELETE /v1/sessions/refresh HTTP/1.1".to_owned(), "", 400, Code::BadRequest),
        ("GET /PLANTED HTTP/1.1".to_owned(), "", 404, Code::NotFound),
        ("GET /v1/PLANTED HTTP/1.1".to_owned(), "", 404, Code::NotFound),
        ("GET /v1/%ff HTTP/1.1".to_owned(), "", 404, Code::NotFound),
        (format!("GET /v1/vaults/%ff/chain?from=1 HTTP/1.1\r\n{auth}"), "", 400, Code::BadRequest),
        (format!("GET /v1/vaults/{vault}/records/%ff/history HTTP/1.1\r\n{auth}"), "", 400, Code::BadRequest),
        (
            format!("GET /v1/vaults/{vault}/records/PLANTED/history HTTP/1.1\r\n{auth}"),
            "",
            404,
            Code::NotFound,
        ),
        (format!("GET /v1/vaults/PLANTED/chain?from=1 HTTP/1.1\r\n{auth}"), "", 404, Code::NotFound),
        (format!("DELETE /v1/devices/%ff HTTP/1.1\r\n{auth}"), "", 400, Code::BadRequest),
        (format!("DELETE /v1/devices/PLANTED HTTP/1.1\r\n{auth}"), "", 404, Code::NotFound),
        (format!("GET /v1/vaults/{vault}/chain HTTP/1.1\r\n{auth}"), "", 400, Code::BadRequest),
        (format!("GET /v1/vaults/{vault}/chain?from=PLANTED HTTP/1.1\r\n{auth}"), "", 400, Code::BadRequest),
        (
            format!("GET /v1/vaults/{vault}/chain?from={} HTTP/1.1\r\n{auth}", u64::MAX),
            "",
            400,
            Code::BadRequest,
        ),
        (
            format!("GET /v1/vaults/{vault}/commits?after=0&head=AA HTTP/1.1\r\n{auth}"),
            "",
            400,
            Code::BadRequest,
        ),
        (
            format!("GET /v1/vaults/{vault}/snapshot?after=PLANTED HTTP/1.1\r\n{auth}"),
            "",
            400,
            Code::BadRequest,
        ),
        ("GET /v1/devices HTTP/1.1".to_owned(), "", 401, Code::Unauthenticated),
        (
            "GET /v1/devices HTTP/1.1\r\nauthorization: Basic PLANTED".to_owned(),
            "",
            401,
            Code::Unauthenticated,
        ),
        (
            "GET /v1/devices HTTP/1.1\r\nauthorization: Bearer PLANTED".to_owned(),
            "",
            401,
            Code::Unauthenticated,
        ),
    ] {
        let answer = server.ask(&head, body.as_bytes());
        let error = answer.error();
        assert_eq!((answer.status, error.code), (status, code), "{head} {body}");
        assert!(!error.error.is_empty());
        assert!(!format!("{answer:?}").contains("PLANTED"), "{answer:?}");
    }
}

#[test]
fn an_early_answer_reaches_a_client_that_sends_its_whole_body_first() {
    let server = Running::start(|_| {});
    let member = server.account();
    let push =
        format!("POST /v1/vaults/{}/commits HTTP/1.1\r\ncontent-type: application/json", member.author.vault);
    let auth = format!("authorization: Bearer {}", member.session.access_token);
    let body = vec![b' '; 8 * 1024 * 1024];
    for _ in 0..5 {
        let answer = server.ask(&format!("{push}\r\n{auth}"), &body);
        assert_eq!((answer.status, answer.error().code), (413, Code::TooLarge));
        let answer = server.ask(&push, &body);
        assert_eq!((answer.status, answer.error().code), (401, Code::Unauthenticated));
    }
    // The client of the devices sees the same.
    let mut author = member.author.clone();
    let push = author.write(&[Edit::Put(RecordId::generate(), 5_000_000)]);
    assert_eq!(member.server().push(author.vault, &push), Err(Error::TooLarge));
}

#[test]
fn a_record_of_the_largest_size_passes_and_one_beyond_does_not() {
    let server = Running::start(|_| {});
    let mut member = server.account();
    let limits = member.server().limits().unwrap();
    assert_eq!(limits, Limits::default());
    let id = RecordId::generate();
    let overhead = crate::author::record(id, 1, false, 0).size();
    let largest = usize::try_from(limits.record_bytes).unwrap() - overhead;
    let beyond = member.author.draft(&[Edit::Put(id, largest + 1)]);
    assert_eq!(member.server().push(member.author.vault, &beyond.push()), Err(Error::TooLarge));
    let push = member.author.write(&[Edit::Put(id, largest)]);
    assert_eq!(member.server().push(member.author.vault, &push), Ok(member.author.cursor));
}

#[test]
fn what_an_account_may_hold_and_what_is_kept_for_it_is_told() {
    let server = Running::start(|_| {});
    let answer = server.ask("GET /v1/limits HTTP/1.1", b"");
    let told: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let expected = serde_json::json!({
        "records": 10_000,
        "bytes": 50 * 1024 * 1024,
        "record_bytes": 512 * 1024,
        "commit_changes": 200,
        "commit_bytes": 1024 * 1024,
        "history_versions": 20,
        "history_seconds": 90 * 24 * 60 * 60,
        "log_seconds": 180 * 24 * 60 * 60,
        "log_commits": 10_000,
        "keep_alive_seconds": 20,
    });
    assert_eq!((answer.status, told), (200, expected));
}

#[test]
fn the_running_server_purges_and_sends_whoever_is_behind_to_a_snapshot() {
    let server = Running::start(|config| config.limits.log_seconds = 1);
    let mut member = server.account();
    let push = member.author.write(&[Edit::Put(RecordId::generate(), 10)]);
    member.server().push(member.author.vault, &push).unwrap();
    let begun = std::time::Instant::now();
    let pull = || member.server().pull(member.author.vault, Cursor::START);
    while pull().is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(20), "nothing was purged");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(pull(), Err(Error::SnapshotRequired));
    let snapshot = member.server().snapshot(member.author.vault, None).unwrap();
    assert_eq!((snapshot.head, snapshot.records.len()), (member.author.cursor, 1));
    let after = member.server().pull(member.author.vault, snapshot.head).unwrap();
    assert_eq!((after.commits.len(), after.more), (0, false));
}

#[test]
fn limits_are_the_configured_ones() {
    let limits = Limits { records: 1, ..Limits::default() };
    let server = Running::start(|config| config.limits = limits);
    let mut member = server.account();
    assert_eq!(member.server().limits().unwrap(), limits);
    let two = member.author.draft(&[Edit::Put(RecordId::generate(), 1), Edit::Put(RecordId::generate(), 1)]);
    assert_eq!(member.server().push(member.author.vault, &two.push()), Err(Error::OverQuota));
    let one = member.author.write(&[Edit::Put(RecordId::generate(), 1)]);
    member.server().push(member.author.vault, &one).unwrap();
}

#[test]
fn too_many_requests_of_an_account_are_told_when_to_come_back() {
    let server = Running::start(|config| (config.rate, config.burst) = (0.1, 3.0));
    let (one, two) = (server.account(), server.account());
    for _ in 0..3 {
        one.server().devices().unwrap();
    }
    let head = format!("GET /v1/devices HTTP/1.1\r\nauthorization: Bearer {}", one.session.access_token);
    let answer = server.ask(&head, b"");
    assert_eq!((answer.status, answer.error().code), (429, Code::RateLimited));
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((5..=10).contains(&wait), "{wait}");
    two.server().devices().unwrap();
}

#[test]
fn every_limit_on_how_often_says_when_to_come_back() {
    let server = Running::start(|config| {
        (config.rate, config.burst, config.logins) = (0.1, 1.0, 4.0);
        config.trusted_proxies = vec![[127, 0, 0, 1].into()];
    });
    let member = server.account();
    let json = "content-type: application/json";
    let (account, token) = (member.author.account, &member.session.access_token);
    let start = format!(r#"{{"account":"{account}","kind":"password","request":"AAAA"}}"#);
    let refresh = |token: &str| format!(r#"{{"refresh_token":"{token}","refresh_id":"{}"}}"#, "A".repeat(22));
    let made_up = base64url::encode(&[7; 48]);
    let from = "x-forwarded-for: 192.0.2.7";
    for (what, head, body) in [
        ("an account's requests", format!("GET /v1/devices HTTP/1.1\r\nauthorization: Bearer {token}"), ""),
        ("its logins", format!("POST /v1/sessions/start HTTP/1.1\r\n{json}\r\n{from}1"), &start),
        ("registrations", format!("POST /v1/accounts/registration HTTP/1.1\r\n{json}\r\n{from}2"), &start),
        (
            "made-up tokens",
            format!("GET /v1/devices HTTP/1.1\r\nauthorization: Bearer {made_up}\r\n{from}3"),
            "",
        ),
        (
            "made-up refresh tokens",
            format!("POST /v1/sessions/refresh HTTP/1.1\r\n{json}\r\n{from}4"),
            &refresh(&made_up),
        ),
        (
            "refreshes of one session",
            format!("POST /v1/sessions/refresh HTTP/1.1\r\n{json}\r\n{from}5"),
            &refresh(&member.session.refresh_token),
        ),
    ] {
        let limited =
            (0..100).map(|_| server.ask(&head, body.as_bytes())).find(|answer| answer.status == 429);
        let answer = limited.unwrap_or_else(|| panic!("{what}: no limit"));
        assert_eq!(answer.error().code, Code::RateLimited, "{what}");
        let wait: u64 = answer.header("retry-after").expect(what).parse().unwrap();
        assert!((1..=60).contains(&wait), "{what}: {wait}");
    }
}

#[test]
fn guessing_a_password_is_slow_for_an_account_and_for_an_address() {
    let server = Running::start(|config| config.logins = 8.0);
    let member = server.account();
    let guess = |account| {
        member.remote.log_in(account, LoginKind::Password, DeviceId::generate(), b"guess").map(drop)
    };
    let account = member.author.account;
    let refused =
        std::iter::repeat_with(|| guess(account)).take_while(|r| *r == Err(Error::LoginRefused)).count();
    assert!((3..=5).contains(&refused), "registering took four of eight: {refused}");
    assert!(matches!(guess(account), Err(Error::RateLimited { .. })));
    assert_eq!(guess(AccountId::generate()), Err(Error::LoginRefused), "another account is free");
    let strangers = || guess(AccountId::generate());
    let refused =
        std::iter::repeat_with(strangers).take(100).filter(|r| *r == Err(Error::LoginRefused)).count();
    assert!((50..100).contains(&refused), "80 a minute for this address: {refused}");
}

#[test]
fn health_and_readiness_answer_and_connections_beyond_the_number_wait() {
    let server = Running::start(|config| config.connections = 2);
    assert_eq!(server.ask("GET /readyz HTTP/1.1", b"").status, 200);
    let alive = server.ask("GET /healthz HTTP/1.1", b"");
    assert_eq!((alive.status, alive.body.contains("keymoor-server")), (200, true));
    let idle: Vec<_> = (0..2).map(|_| std::net::TcpStream::connect(server.address).unwrap()).collect();
    std::thread::scope(|scope| {
        let third = scope.spawn(|| server.ask("GET /healthz HTTP/1.1", b"").status);
        std::thread::sleep(Duration::from_millis(300));
        assert!(!third.is_finished(), "it waits for a place");
        drop(idle);
        assert_eq!(third.join().unwrap(), 200);
    });
    let bytes = base64url::encode(&[0; 48]);
    let unknown = server.ask(&format!("GET /v1/devices HTTP/1.1\r\nauthorization: Bearer {bytes}"), b"");
    assert_eq!(unknown.error().code, Code::Unauthenticated);
}
