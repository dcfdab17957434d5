//! What a device makes of servers, and of things that are none, when they misbehave.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use keymoor_protocol::{Cursor, VaultId};

use crate::testing::{Identity, SHORT, Server, answer};
use crate::{Error, Remote};

const VAULT: VaultId = VaultId([7; 16]);

fn pull(server: &Server) -> Result<keymoor_protocol::api::Page, Error> {
    server.remote().with_token("token").pull(VAULT, Cursor::START)
}

#[test]
fn html_and_other_json_are_not_ours() {
    for (status, content_type, body) in [
        (200, "text/html", "<!doctype html><title>Log in to the hotel</title>"),
        (200, "application/json", "<html>"),
        (200, "application/json", "{}"),
        (200, "application/json", r#"{"commits":[],"head":{"seq":0,"head":"short"},"more":false}"#),
        (200, "application/json", r#"{"commits":[{"commit":"+/","tag":""}],"more":false}"#),
        (200, "application/json", ""),
        (404, "text/html", "<html>"),
        (403, "application/json", r#"{"message":"from another API"}"#),
    ] {
        let server = Server::answering(status, content_type, body);
        assert_eq!(pull(&server), Err(Error::NotOurs), "{status} {body}");
    }
    let hotel = Server::answering(200, "text/html", "<html>");
    assert_eq!(hotel.remote().health(), Err(Error::NotOurs));
    assert_eq!(hotel.remote().with_token("token").log_out(), Err(Error::NotOurs));
}

#[test]
fn another_protocol_is_not_ours() {
    let ssh = Server::plain(|_, stream| stream.write_all(b"SSH-2.0-other\r\n\r\n\r\n").is_err());
    assert_eq!(ssh.remote().health(), Err(Error::NotOurs));
    let speaking = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = speaking.local_addr().unwrap();
    thread::spawn(move || {
        for stream in speaking.incoming() {
            let mut stream = stream.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
            thread::sleep(Duration::from_secs(1));
        }
    });
    let speaking = Remote::with_patience(&format!("https://{address}"), Some([0; 32]), SHORT).unwrap();
    assert_eq!(speaking.health(), Err(Error::NotOurs));
}

#[test]
fn a_redirect_is_not_followed() {
    let there = Server::answering(200, "application/json", "{}");
    for status in [301, 302, 307, 308] {
        let target = there.url.clone();
        let here = Server::plain(move |_, stream| {
            let head = format!("HTTP/1.1 {status} x\r\nlocation: {target}/\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(head.as_bytes()).is_ok()
        });
        assert_eq!(here.remote().health(), Err(Error::NotOurs), "{status}");
        assert_eq!(pull(&here), Err(Error::NotOurs), "{status}");
    }
    assert_eq!(there.connections(), 0);
}

#[test]
fn a_silent_server_times_out() {
    let silent = Server::plain(|_, _| {
        thread::sleep(Duration::from_secs(30));
        false
    });
    let began = Instant::now();
    assert_eq!(silent.remote().health(), Err(Error::TimedOut));
    let waited = began.elapsed();
    assert!(waited >= SHORT.idle && waited < SHORT.idle * 4, "{waited:?}");
}

#[test]
fn a_server_that_falls_silent_in_its_answer_times_out() {
    let stalling = Server::plain(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 x\r\ncontent-length: 100\r\n\r\n{").unwrap();
        thread::sleep(Duration::from_secs(30));
        false
    });
    let began = Instant::now();
    assert_eq!(stalling.remote().health(), Err(Error::TimedOut));
    assert!(began.elapsed() < SHORT.idle * 4);
}

#[test]
fn a_slow_body_has_time_while_its_bytes_flow_but_not_for_ever() {
    let dripping = |bytes: usize| {
        Server::plain(move |_, stream| {
            write!(stream, "HTTP/1.1 200 x\r\ncontent-length: {bytes}\r\n\r\n").unwrap();
            (0..bytes).all(|_| {
                thread::sleep(SHORT.idle / 2);
                stream.write_all(b"1").is_ok()
            })
        })
    };
    let began = Instant::now();
    assert_eq!(dripping(5).remote().health(), Ok(()));
    assert!(began.elapsed() > SHORT.idle * 2);
    let began = Instant::now();
    assert_eq!(dripping(1000).remote().health(), Err(Error::TimedOut));
    assert!(began.elapsed() < SHORT.body * 2);
}

#[test]
fn a_cut_connection_is_unreachable() {
    let cuts: [&'static [u8]; 3] =
        [b"", b"HTTP/1.1 200 x\r\ncontent-le", b"HTTP/1.1 200 x\r\ncontent-length: 100\r\n\r\n{"];
    for cut in cuts {
        let cutting = Server::plain(move |_, stream| {
            stream.write_all(cut).unwrap();
            false
        });
        assert_eq!(pull(&cutting), Err(Error::Unreachable), "{}", String::from_utf8_lossy(cut));
    }
}

#[test]
fn nobody_there_is_unreachable() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let began = Instant::now();
    assert_eq!(Remote::new(&format!("http://{gone}"), None).unwrap().health(), Err(Error::Unreachable));
    assert_eq!(
        Remote::new(&format!("https://{gone}"), Some([0; 32])).unwrap().health(),
        Err(Error::Unreachable)
    );
    let nowhere = Remote::new("https://keymoor.invalid", Some([0; 32])).unwrap();
    assert!(matches!(nowhere.health(), Err(Error::Unreachable | Error::TimedOut)));
    assert!(began.elapsed() < Duration::from_secs(8));
}

#[test]
fn a_huge_answer_is_cut_off() {
    let mib = 1024 * 1024;
    let announced = Server::plain(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 x\r\ncontent-length: 99999999999\r\n\r\n").unwrap();
        true
    });
    assert_eq!(announced.remote().health(), Err(Error::NotOurs));
    let sent = std::sync::Arc::new(Mutex::new(0));
    let count = sent.clone();
    let endless = Server::plain(move |_, stream| {
        stream.write_all(b"HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
        let chunk = [b"100000\r\n".as_slice(), &vec![b' '; mib], b"\r\n"].concat();
        while stream.write_all(&chunk).is_ok() {
            *count.lock().unwrap() += 1;
        }
        false
    });
    assert_eq!(endless.remote().health(), Err(Error::NotOurs));
    let sent = *sent.lock().unwrap();
    assert!((32..48).contains(&sent), "{sent} MiB");
    let headers = Server::plain(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 x\r\n").unwrap();
        while stream.write_all(b"x-more: and more and more and more\r\n").is_ok() {}
        false
    });
    assert_eq!(headers.remote().health(), Err(Error::NotOurs));
}

#[test]
fn a_large_answer_fits() {
    let spaces = " ".repeat(31 * 1024 * 1024);
    let page = r#"{"commits":[],"head":{"seq":0,"head":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"more":false}"#;
    let server = Server::answering(200, "application/json", &format!("{page}{spaces}"));
    assert_eq!(pull(&server).unwrap().head, Cursor::START);
}

#[test]
fn errors_of_the_api_come_through_with_their_data() {
    let limited = Server::plain(|_, stream| {
        let body = r#"{"error":"slower","code":"RATE_LIMITED"}"#;
        let length = body.len();
        write!(stream, "HTTP/1.1 429 x\r\nretry-after: 42\r\ncontent-length: {length}\r\n\r\n{body}").is_ok()
    });
    assert_eq!(pull(&limited), Err(Error::RateLimited { retry_after_s: 42 }));
    let expired = r#"{"error":"refresh","code":"TOKEN_EXPIRED"}"#;
    assert_eq!(pull(&Server::answering(401, "application/json", expired)), Err(Error::TokenExpired));
    assert_eq!(pull(&Server::answering(502, "text/html", "<html>")), Err(Error::Server(502)));
}

#[test]
fn many_calls_share_a_connection_also_after_an_error() {
    let refusing = answer(409, "application/json", br#"{"error":"","code":"DIVERGED"}"#);
    let fine = answer(200, "application/json", b"{}");
    let script = move |seen: &crate::testing::Seen, stream: &mut dyn std::io::Write| {
        let answer = if seen.line.contains("healthz") { &fine } else { &refusing };
        stream.write_all(answer).is_ok()
    };
    let identity = Identity::new();
    let tls = Server::tls(&identity, script.clone());
    let plain = Server::plain(script);
    let pinned = Remote::with_patience(&tls.url, Some(identity.fingerprint), SHORT).unwrap();
    for (server, remote) in [(&plain, plain.remote()), (&tls, pinned)] {
        for _ in 0..20 {
            assert_eq!(remote.clone().health(), Ok(()));
            assert_eq!(remote.with_token("token").pull(VAULT, Cursor::START), Err(Error::Diverged));
        }
        assert_eq!((server.connections(), server.requests().len()), (1, 40), "{}", server.url);
    }
}

#[test]
fn a_connection_that_the_server_closed_meanwhile_is_made_anew() {
    let fine = answer(200, "application/json", b"{}");
    let closing = Server::plain(move |_, stream| {
        stream.write_all(&fine).unwrap();
        false
    });
    let remote = closing.remote();
    for expected in 1..4 {
        assert_eq!(remote.health(), Ok(()));
        assert_eq!(closing.connections(), expected);
        thread::sleep(Duration::from_millis(50));
    }
}
