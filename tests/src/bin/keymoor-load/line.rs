//! A connection that stays open, and as little HTTP as will do.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

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

fn length(head: &str) -> usize {
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.unwrap().parse().unwrap()
}
