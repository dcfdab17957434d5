//! The server's hints: a stream of server-sent events that says how far each log is.
//!
//! A hint is no more than that, a hint: it is not authenticated, and one that gets lost is made good by the next pull.

use std::io::{self, BufRead, BufReader};

use keymoor_protocol::api::{HEAD_EVENT, Hint};
use ureq::BodyReader;
use ureq::http::Method;
use zeroize::Zeroizing;

use crate::Error;
use crate::exchange::Line;

/// Bytes of a line. A hint has about a hundred.
const LONGEST_LINE: usize = 4096;
const EVENT_STREAM: &str = "text/event-stream";
/// A way to the server's hints. One is good for one stream.
pub struct Listener {
    line: Line,
    token: Zeroizing<String>,
}

impl Listener {
    pub(crate) fn new(line: Line, token: Zeroizing<String>) -> Self {
        Self { line, token }
    }

    /// What ends the stream from another thread, also before it was begun.
    pub fn hang_up(&self) -> HangUp {
        HangUp(self.line.clone())
    }

    /// Begins the stream; returns when the server has accepted. A server that has no events answers with
    /// [`keymoor_protocol::api::Code::NotFound`].
    pub fn listen(&self) -> Result<Heard, Error> {
        let body = self.line.call(Method::GET, "/v1/events").token(&self.token).stream(EVENT_STREAM)?;
        let reader = body.into_with_config().limit(u64::MAX).reader();
        Ok(Heard { lines: BufReader::new(reader) })
    }
}

/// Ends a stream.
#[derive(Clone)]
pub struct HangUp(Line);

impl HangUp {
    /// Whoever waits for the next hint gets an error at once.
    pub fn hang_up(&self) {
        self.0.hang_up();
    }
}

/// A stream of hints. Dropping it closes the connection.
pub struct Heard {
    lines: BufReader<BodyReader<'static>>,
}

impl Heard {
    /// Waits for the next hint. `None`: the server ended the stream, as it does when the token expires.
    ///
    /// # Errors
    /// [`Error::TimedOut`] after 45 seconds without a sign of life; [`Error::NotOurs`] for what is no such stream.
    pub fn next_hint(&mut self) -> Result<Option<Hint>, Error> {
        next(&mut self.lines)
    }
}

/// Reads up to the end of the next event that is a hint.
fn next(lines: &mut impl BufRead) -> Result<Option<Hint>, Error> {
    let (mut is_head, mut hint) = (false, None);
    while let Some(line) = line(lines)? {
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => is_head = value == HEAD_EVENT,
            // Only a hint's data is looked at: what a later version says besides may have any form.
            "data" => hint = Some(serde_json::from_str(value)),
            // An empty line ends the event.
            "" if line.is_empty() => {
                if let (true, Some(hint)) = (std::mem::take(&mut is_head), hint.take()) {
                    return hint.map(Some).map_err(|_| Error::NotOurs);
                }
            }
            // A comment keeps the connection alive.
            _ => {}
        }
    }
    Ok(None)
}

/// One line without its end; `None` where the stream ends.
fn line(lines: &mut impl BufRead) -> Result<Option<String>, Error> {
    let mut line = Vec::new();
    loop {
        let there = match lines.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            there => there.map_err(ureq::Error::from)?,
        };
        if there.is_empty() {
            return Ok(None); // an event that was not ended is none
        }
        let end = there.iter().position(|byte| *byte == b'\n');
        line.extend_from_slice(&there[..end.unwrap_or(there.len())]);
        let read = end.map_or(there.len(), |end| end + 1);
        lines.consume(read);
        if line.len() > LONGEST_LINE {
            return Err(Error::NotOurs);
        }
        if end.is_some() {
            let text = String::from_utf8(line).map_err(|_| Error::NotOurs)?;
            return Ok(Some(text.strip_suffix('\r').map(str::to_owned).unwrap_or(text)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::thread;
    use std::time::{Duration, Instant};

    use keymoor_protocol::VaultId;

    use super::*;
    use crate::Remote;
    use crate::testing::{Identity, SHORT, Server};

    const V: &str = "01010101-0101-0101-0101-010101010101";
    const OPENED: &[u8] =
        b"HTTP/1.1 200 x\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

    fn hint(seq: u64) -> Hint {
        Hint { vault: VaultId([1; 16]), seq }
    }

    fn event(seq: u64) -> String {
        format!("event: head\ndata: {{\"vault\":\"{V}\",\"seq\":{seq}}}\n\n")
    }

    fn chunk(stream: &mut dyn Write, text: &str) -> bool {
        write!(stream, "{:x}\r\n{text}\r\n", text.len()).and_then(|()| stream.flush()).is_ok()
    }

    fn hints(text: &str) -> Vec<Result<Hint, Error>> {
        let mut lines = text.as_bytes();
        std::iter::from_fn(|| next(&mut lines).transpose()).take(10).collect()
    }

    #[test]
    fn hints_are_read_and_everything_else_is_passed_over() {
        assert_eq!(hints(&(event(1) + &event(2))), [Ok(hint(1)), Ok(hint(2))]);
        assert_eq!(hints(&format!(": keep-alive\n\n{}", event(3))), [Ok(hint(3))]);
        assert_eq!(hints(&event(4).replace('\n', "\r\n")), [Ok(hint(4))]);
        assert_eq!(hints(&event(5).replace(": {", ":{")), [Ok(hint(5))]);
        // From a later version: another event, more in this one.
        assert_eq!(hints(&format!("event: news\ndata: anything\n\n{}", event(6))), [Ok(hint(6))]);
        assert_eq!(hints(&event(7).replace("}", ",\"more\":[]}")), [Ok(hint(7))]);
        assert_eq!(hints(&format!("id: 1\nretry: 5\n{}", event(8))), [Ok(hint(8))]);
        // Not named, not ended.
        assert_eq!(hints(&event(9).replace("event: head\n", "")), []);
        assert_eq!(hints(event(9).trim_end()), []);
    }

    #[test]
    fn what_is_no_hint_ends_the_stream() {
        assert_eq!(hints("event: head\ndata: <html>\n\n")[0], Err(Error::NotOurs));
        assert_eq!(hints(&event(1).replace("0101-", "01-"))[0], Err(Error::NotOurs));
        assert_eq!(hints(&format!(": {}\n{}", "x".repeat(LONGEST_LINE), event(1)))[0], Err(Error::NotOurs));
        assert_eq!(next(&mut b"event: \xff\n".as_slice()), Err(Error::NotOurs));
    }

    #[test]
    fn a_stream_is_asked_for_and_heard_as_it_comes() {
        let identity = Identity::new();
        let script = |_: &crate::testing::Seen, stream: &mut dyn Write| {
            stream.write_all(OPENED).unwrap();
            for seq in 1..=3 {
                let (begin, end) = (event(seq), ": keep-alive\n\n");
                let (first, rest) = begin.split_at(20);
                chunk(stream, end);
                chunk(stream, first);
                thread::sleep(Duration::from_millis(30));
                chunk(stream, rest);
            }
            stream.write_all(b"0\r\n\r\n").is_ok()
        };
        let (plain, tls) = (Server::plain(script), Server::tls(&identity, script));
        let pinned = Remote::with_patience(&tls.url, Some(identity.fingerprint), SHORT).unwrap();
        for (server, remote) in [(&plain, plain.remote()), (&tls, pinned)] {
            let mut heard = remote.with_token("the token").listener().listen().unwrap();
            for seq in 1..=3 {
                assert_eq!(heard.next_hint(), Ok(Some(hint(seq))));
            }
            assert_eq!(heard.next_hint(), Ok(None));
            let seen = &server.requests()[0];
            assert_eq!(seen.line, "GET /v1/events HTTP/1.1");
            assert_eq!(seen.header("accept"), Some(EVENT_STREAM));
            assert_eq!(seen.header("authorization"), Some("Bearer the token"));
        }
    }

    #[test]
    fn a_stream_may_last_longer_than_any_answer_if_it_shows_life() {
        let server = Server::plain(|_, stream| {
            stream.write_all(OPENED).unwrap();
            let begun = Instant::now();
            while begun.elapsed() < SHORT.body + SHORT.idle {
                chunk(stream, ": keep-alive\n\n");
                thread::sleep(SHORT.silence / 2);
            }
            chunk(stream, &event(1));
            thread::sleep(Duration::from_secs(30));
            false
        });
        let mut heard = server.remote().with_token("token").listener().listen().unwrap();
        assert_eq!(heard.next_hint(), Ok(Some(hint(1))));
        let begun = Instant::now();
        assert_eq!(heard.next_hint(), Err(Error::TimedOut));
        assert!(begun.elapsed() >= SHORT.silence && begun.elapsed() < SHORT.silence * 4);
    }

    #[test]
    fn hanging_up_ends_the_wait_of_another_thread_at_once() {
        let identity = Identity::new();
        let script = |_: &crate::testing::Seen, stream: &mut dyn Write| {
            stream.write_all(OPENED).unwrap();
            chunk(stream, &event(1));
            thread::sleep(Duration::from_secs(30));
            false
        };
        let (plain, tls) = (Server::plain(script), Server::tls(&identity, script));
        for (url, pin) in [(&plain.url, None), (&tls.url, Some(identity.fingerprint))] {
            let listener = Remote::new(url, pin).unwrap().with_token("token").listener();
            let hang_up = listener.hang_up();
            let waiting = thread::spawn(move || {
                let mut heard = listener.listen().unwrap();
                assert_eq!(heard.next_hint(), Ok(Some(hint(1))));
                heard.next_hint()
            });
            thread::sleep(Duration::from_millis(200));
            let begun = Instant::now();
            hang_up.hang_up();
            assert!(!matches!(waiting.join().unwrap(), Ok(Some(_))));
            assert!(begun.elapsed() < Duration::from_secs(5));
        }
        // Nor does one begin any more.
        let listener = plain.remote().with_token("token").listener();
        listener.hang_up().hang_up();
        assert!(listener.listen().is_err());
    }

    #[test]
    fn refusals_and_other_content_are_told_apart() {
        use keymoor_protocol::api::Code;
        for (status, content_type, body, expected) in [
            (404, "application/json", r#"{"error":"","code":"NOT_FOUND"}"#, Error::Refused(Code::NotFound)),
            (401, "application/json", r#"{"error":"","code":"TOKEN_EXPIRED"}"#, Error::TokenExpired),
            (
                429,
                "application/json",
                r#"{"error":"","code":"RATE_LIMITED"}"#,
                Error::RateLimited { retry_after_s: 5 },
            ),
            (200, "text/html", "<html>", Error::NotOurs),
            (200, "application/json", "{}", Error::NotOurs),
        ] {
            let server = Server::answering(status, content_type, body);
            let listened = server.remote().with_token("token").listener().listen();
            assert_eq!(listened.err(), Some(expected));
        }
    }
}
