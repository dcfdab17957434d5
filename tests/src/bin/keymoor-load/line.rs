//! A connection that stays open, and as little HTTP as will do.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
};

use keymoor_protocol::api::Hint;

/// One connection.
pub(crate) struct Line {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Line {
    pub(crate) fn to(url: &str) -> Self {
        let stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, answer: vec![0; 16 * 1024] }
    }

    /// Sends a request as it stands and reads its answer, which has to be a 200.
    pub(crate) fn ask(&mut self, request: &[u8]) {
        self.stream.write_all(request).unwrap();
        let mut read = 0;
        loop {
            let more = self.stream.read(&mut self.answer[read..]).unwrap();
            assert!(more > 0, "the server hung up");
            read += more;
            let text = std::str::from_utf8(&self.answer[..read]).unwrap();
            if let Some((head, body)) = text.split_once("\r\n\r\n")
                && body.len() >= length(head)
            {
                assert!(head.starts_with("HTTP/1.1 200 "), "{text}");
                return;
            }
        }
    }
}

/// A stream of hints.
pub(crate) struct Hints(BufReader<TcpStream>);

impl Hints {
    /// Opens it with a request as it stands.
    pub(crate) fn of(line: Line, request: &[u8]) -> Self {
        let mut stream = line.stream;
        stream.write_all(request).unwrap();
        Self(BufReader::new(stream))
    }

    /// Waits until it tells of this commit or a later one.
    pub(crate) fn wait_for(&mut self, seq: u64) {
        let mut text = String::new();
        loop {
            text.clear();
            assert!(self.0.read_line(&mut text).unwrap() > 0, "the stream ended");
            let told = text.strip_prefix("data: ").map(|hint| serde_json::from_str::<Hint>(hint).unwrap());
            if told.is_some_and(|hint| hint.seq >= seq) {
                return;
            }
        }
    }
}

fn length(head: &str) -> usize {
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.unwrap().parse().unwrap()
}
