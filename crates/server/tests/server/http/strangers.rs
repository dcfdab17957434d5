//! What somebody without a session can cost: bodies, connections, look-ups, and time.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use keymoor_protocol::api::{Code, Refresh};
use keymoor_protocol::base64url;

use super::running::Running;

const JSON: &str = "content-type: application/json";

#[test]
fn only_a_commit_may_be_large() {
    let server = Running::start(|_| {});
    let member = server.account();
    let auth = format!("authorization: Bearer {}", member.session.access_token);
    let vault = member.author.vault;
    let push = format!("POST /v1/vaults/{vault}/commits");
    let device = format!("PUT /v1/devices/{}", member.author.device);
    for (call, taken) in [
        ("POST /v1/sessions/start", 16 * 1024),
        ("POST /v1/sessions", 16 * 1024),
        ("POST /v1/sessions/refresh", 16 * 1024),
        ("POST /v1/accounts/registration", 16 * 1024),
        ("POST /v1/accounts", 128 * 1024),
        ("PUT /v1/password", 128 * 1024),
        ("PUT /v1/keys", 128 * 1024),
        (&device, 128 * 1024),
        (&push, 2 * 1024 * 1024),
    ] {
        let head = format!("{call} HTTP/1.1\r\n{JSON}\r\n{auth}");
        for (size, code) in [(taken, Code::BadRequest), (taken + 1, Code::TooLarge)] {
            assert_eq!(server.ask(&head, &vec![b' '; size]).error().code, code, "{call} {size}");
        }
    }
}

#[test]
fn one_address_holds_so_many_connections_and_no_more() {
    let server = Running::start(|config| config.connections_per_address = 2);
    let idle: Vec<_> = (0..2).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    std::thread::sleep(Duration::from_millis(300));
    let mut third = TcpStream::connect(server.address).unwrap();
    third.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    assert_eq!(third.read(&mut [0]).unwrap(), 0, "closed");
    drop(idle);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(server.ask("GET /healthz HTTP/1.1", b"").status, 200);
}

#[test]
fn a_trusted_proxy_may_hold_more() {
    let server = Running::start(|config| {
        config.connections_per_address = 2;
        config.trusted_proxies = vec![[127, 0, 0, 1].into()];
    });
    let _idle: Vec<_> = (0..10).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    assert_eq!(server.ask("GET /healthz HTTP/1.1", b"").status, 200);
}

#[test]
fn behind_a_proxy_each_address_is_counted_alone_and_a_known_session_is_refreshed_all_the_same() {
    let server = Running::start(|config| {
        config.logins = 4.0; // 40 for an address; registering takes what an account has
        config.trusted_proxies = vec![[127, 0, 0, 1].into()];
    });
    let member = server.account();
    let made_up = base64url::encode(&[7; 48]);
    let devices = |token: &str, from: &str| {
        let head =
            format!("GET /v1/devices HTTP/1.1\r\nauthorization: Bearer {token}\r\nx-forwarded-for: {from}");
        server.ask(&head, b"")
    };
    let here = "203.0.113.9, 198.51.100.1";
    assert_eq!(devices(&member.session.access_token, here).status, 200);
    let refused = (0..100).take_while(|_| devices(&made_up, here).error().code == Code::Unauthenticated);
    let refused = refused.count();
    assert!((35..60).contains(&refused), "{refused}");
    assert_eq!(devices(&made_up, "203.0.113.10, 198.51.100.1").status, 429, "the client's own claim");
    assert_eq!(devices(&made_up, "198.51.100.2").status, 401, "another address");
    assert_eq!(devices(&member.session.access_token, here).status, 200);
    let refresh = |token: &str| {
        let refresh = Refresh { refresh_token: token.to_owned(), refresh_id: [1; 16] };
        let head = format!("POST /v1/sessions/refresh HTTP/1.1\r\n{JSON}\r\nx-forwarded-for: {here}");
        server.ask(&head, &serde_json::to_vec(&refresh).unwrap())
    };
    assert_eq!(refresh(&made_up).status, 429);
    assert_eq!(refresh(&member.session.refresh_token).status, 200);
}

#[test]
fn readiness_does_not_stand_in_the_writer_s_line() {
    let server = Running::start(|_| {});
    let other = rusqlite::Connection::open(&server.config.database).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    assert_eq!(server.ask("GET /readyz HTTP/1.1", b"").status, 200);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    other.execute_batch("ROLLBACK").unwrap();
}

#[test]
fn a_client_that_never_finishes_does_not_keep_the_server_from_stopping() {
    let server = Running::start(|_| {});
    let mut stream = TcpStream::connect(server.address).unwrap();
    let head =
        format!("POST /v1/sessions/start HTTP/1.1\r\nhost: test\r\n{JSON}\r\ncontent-length: 100\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    server.restart();
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
}
