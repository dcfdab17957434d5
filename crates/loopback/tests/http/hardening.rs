//! Web pages, strangers, and requests that nobody should send.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::place::{CANARY, Place};

#[test]
fn a_rebound_name_and_a_web_page_are_turned_away_with_a_right_token() {
    let place = Place::new();
    let client = place.client();
    let token = format!("Authorization: Bearer {}", client.token);
    let port = place.address().port();
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")] {
        let answer = place.bare("GET", "/api/services", &[&format!("Host: {host}"), &token], b"");
        assert_eq!(answer.status, 200, "{host}");
    }
    for host in ["evil.example".to_owned(), format!("evil.example:{port}"), "127.0.0.1".to_owned()] {
        for path in ["/api/services", "/openapi.json", "/api/nothing"] {
            let answer = place.bare("GET", path, &[&format!("Host: {host}"), &token], b"");
            assert_eq!(answer.code(), (403, "host_refused"), "{host} {path}");
        }
    }
    assert_eq!(place.bare("GET", "/api/services", &[&token], b"").code(), (403, "host_refused"));
    // A proxy's form of a request, which names the host a second time.
    let own = format!("Host: 127.0.0.1:{port}");
    for (target, status) in [("evil.example", 403), (format!("127.0.0.1:{port}").as_str(), 200)] {
        let target = format!("http://{target}/api/services");
        assert_eq!(place.bare("GET", &target, &[&own, &token], b"").status, status, "{target}");
    }
    for header in [
        "Origin: https://evil.example",
        "Origin: null",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-origin",
    ] {
        for method in ["GET", "POST", "OPTIONS"] {
            let answer = client.call_with(method, "/api/services/openai/disable", &[header], None);
            assert_eq!(answer.code(), (403, "origin_refused"), "{method} {header}");
        }
    }
    let own = format!("Origin: http://127.0.0.1:{port}");
    assert_eq!(client.call_with("GET", "/api/services", &[&own], None).code(), (403, "origin_refused"));
    assert_eq!(client.call_with("GET", "/api/services", &["Sec-Fetch-Site: none"], None).status, 200);
}

#[test]
fn only_json_is_read_and_not_too_much_or_too_deep() {
    let place = Place::new();
    let client = place.client();
    let body = json!({ "provider": "openai", "name": "work", "secret": format!("{CANARY}1") }).to_string();
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html"]
    {
        let kind = format!("Content-Type: {kind}");
        let answer = client.call_with("POST", "/api/credentials/save", &[&kind], Some(body.clone()));
        assert_eq!(answer.code(), (415, "unsupported_media_type"), "{kind}");
    }
    for (text, code) in [
        ("{".to_owned(), (400, "bad_request")),
        ("\u{feff}{}".to_owned(), (400, "bad_request")),
        (format!("{body} {body}"), (400, "bad_request")),
        ("[".repeat(100_000), (400, "bad_request")),
        (format!("{{\"fields\":{}", "{\"a\":".repeat(40_000)), (400, "bad_request")),
        (body.replace("\"work\"", "1e999"), (400, "bad_request")),
        (body.replace(&format!("\"{CANARY}1\""), "1"), (400, "bad_request")),
        (format!("{{\"note\":\"{}\"}}", "n".repeat(300 * 1024)), (413, "too_large")),
        (" ".repeat(8 * 1024 * 1024), (413, "too_large")),
    ] {
        let answer = client.call_with("POST", "/api/credentials/save", &[], Some(text.clone()));
        assert_eq!(answer.code(), code, "{text:.60}");
    }
    // Broken UTF-8.
    let head = format!(
        "POST /api/credentials/save HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: 4\r\n\r\n",
        place.address(),
        client.token
    );
    let answer = place.send(&[head.as_bytes(), b"{\"\xff\"".as_slice()].concat());
    assert_eq!(answer.code(), (400, "bad_request"));
}

#[test]
fn a_head_without_end_and_a_request_that_is_none_do_no_harm() {
    let place = Place::new();
    let client = place.client();
    let mut stream = TcpStream::connect(place.address()).unwrap();
    let long = format!("GET / HTTP/1.1\r\nX: {}\r\n", "x".repeat(1024 * 1024));
    let _ = stream.write_all(long.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    let mut stream = TcpStream::connect(place.address()).unwrap();
    stream.write_all(b"\x16\x03\x01 not HTTP at all\r\n\r\n").unwrap();
    let _ = stream.read_to_end(&mut answer);
    for path in
        ["/api/credentials/..%2f..%2fetc", "/api/credentials/%00", "/api/credentials/%ff", "//api//services"]
    {
        let answer = client.get(path);
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
    }
    assert_eq!(client.get("/api/services").status, 200);
}

#[test]
fn a_body_that_does_not_come_is_given_up_and_holds_up_nobody() {
    let place = Place::new();
    let client = place.client();
    let mut waiting: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut stream = TcpStream::connect(place.address()).unwrap();
            write!(
                stream,
                "POST /api/credentials/save HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
                 Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
                place.address(),
                client.token
            )
            .unwrap();
            stream
        })
        .collect();
    let begun = Instant::now();
    assert_eq!(client.get("/api/services").status, 200);
    assert!(begun.elapsed() < Duration::from_secs(5));
    let mut text = String::new();
    waiting[0].read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 408") && text.contains("\"timed_out\""), "{text}");
}

#[test]
fn who_never_reads_keeps_no_place() {
    let place = Place::new();
    let client = place.client();
    let ask = format!("GET /openapi.json HTTP/1.1\r\nHost: {}\r\n\r\n", place.address());
    // As many as there are places, each with more answers than the system keeps for one that does not read them.
    let waiting: Vec<TcpStream> = (0..128)
        .map(|_| {
            let mut stream = TcpStream::connect(place.address()).unwrap();
            stream.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
            let _ = stream.write_all(ask.repeat(300).as_bytes());
            stream
        })
        .collect();
    let mut stream = TcpStream::connect(place.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    write!(
        stream,
        "GET /api/services HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        place.address(),
        client.token
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text:.200}");
    drop(waiting);
}

#[test]
fn who_may_not_ask_keeps_no_connection() {
    let place = Place::new();
    let host = format!("Host: {}", place.address());
    let mut stream = TcpStream::connect(place.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET /api/services HTTP/1.1\r\n{host}\r\n\r\n").unwrap();
    let (mut text, begun) = (String::new(), Instant::now());
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 401") && text.to_lowercase().contains("connection: close"), "{text}");
    assert!(begun.elapsed() < Duration::from_secs(4), "it was closed, and not given up for idleness");
}

/// Asks on a connection that is kept.
fn ask_on(stream: &mut TcpStream, host: &str, token: &str) -> std::io::Result<String> {
    write!(stream, "GET /api/services HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n")?;
    let (mut text, mut part) = (String::new(), [0; 4096]);
    while !text.ends_with('}') {
        let read = stream.read(&mut part)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        text.push_str(&String::from_utf8_lossy(&part[..read]));
    }
    Ok(text)
}

fn line_to(place: &Place) -> TcpStream {
    let stream = TcpStream::connect(place.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

#[test]
fn many_who_are_silent_keep_nobody_out_and_cut_nobody_off() {
    let place = Place::new();
    let client = place.client();
    let host = place.address().to_string();
    let mut kept = line_to(&place);
    assert!(ask_on(&mut kept, &host, &client.token).unwrap().starts_with("HTTP/1.1 200"));
    let mut silent = Vec::new();
    let begun = Instant::now();
    // Four times as many as there are places: nothing, half a head, a body that never comes to a wrong token.
    for part in ["", "GET / HT", "POST /x HTTP/1.1\r\nHost: HOST\r\nContent-Length: 9\r\n\r\n"] {
        for _ in 0..170 {
            let mut stream = TcpStream::connect(place.address()).unwrap();
            let _ = stream.write_all(part.replace("HOST", &host).as_bytes());
            silent.push(stream);
        }
        assert!(ask_on(&mut kept, &host, &client.token).unwrap().starts_with("HTTP/1.1 200"), "kept: {part}");
        assert_eq!(client.get("/api/services").status, 200, "a new one: {part}");
    }
    // Had they been waited for, each 128 of them would have taken five seconds.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    drop(silent);
}

#[test]
fn a_program_may_be_silent_for_a_while_and_a_stranger_not() {
    let place = Place::new();
    let client = place.client();
    let host = place.address().to_string();
    let (mut kept, mut stranger, mut slow) = (line_to(&place), line_to(&place), line_to(&place));
    ask_on(&mut kept, &host, &client.token).unwrap();
    slow.write_all(b"GET /api/services HTTP/1.1\r\n").unwrap();
    let begun = Instant::now();
    let mut nothing = [0; 1];
    assert_eq!(stranger.read(&mut nothing).unwrap_or(0), 0);
    assert!(begun.elapsed() > Duration::from_secs(3), "{:?}", begun.elapsed());
    // A head that comes a little at a time has no longer.
    while begun.elapsed() < Duration::from_secs(9) && slow.write_all(b"X: y\r\n").is_ok() {
        std::thread::sleep(Duration::from_millis(500));
    }
    assert!(begun.elapsed() < Duration::from_secs(9), "it was given up");
    assert!(ask_on(&mut kept, &host, &client.token).unwrap().starts_with("HTTP/1.1 200"));
}
