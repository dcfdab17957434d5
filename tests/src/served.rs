//! `keymoor serve`, running beside the test, and programs that ask it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::Value;

use crate::device::Device;

/// The local interface of a device; it ends when dropped.
#[derive(Debug)]
pub struct Served {
    process: Child,
    address: String,
    _out: BufReader<ChildStdout>,
}

/// What it answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub json: Value,
}

impl Said {
    /// Status and code of a refusal.
    pub fn code(&self) -> (u16, &str) {
        (self.status, self.json["error"]["code"].as_str().unwrap_or("none"))
    }
}

impl Served {
    /// Starts it on this device, on a free port; providers may be pretended ones.
    pub fn start(device: &Device) -> Self {
        Self::start_as(device.command(&["serve", "--listen", "127.0.0.1:0", "--allow-test-providers"]))
    }

    /// The same as this command says.
    pub fn start_as(mut command: Command) -> Self {
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let address =
            line.trim().strip_prefix("listening on http://").unwrap_or_else(|| panic!("said: {line}"));
        Self { address: address.to_owned(), process, _out: out }
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Asks with a token.
    pub fn ask(&self, token: &str, method: &str, path: &str, body: Option<&Value>) -> Said {
        self.ask_as(
            &[&format!("Host: {}", self.address), &format!("Authorization: Bearer {token}")],
            method,
            path,
            body,
        )
    }

    /// Asks with these headers.
    pub fn ask_as(&self, headers: &[&str], method: &str, path: &str, body: Option<&Value>) -> Said {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        headers.iter().for_each(|header| request.push_str(&format!("{header}\r\n")));
        if !body.is_empty() {
            request
                .push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
        }
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(format!("{request}\r\n{body}").as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Said { status, json: serde_json::from_str(body).unwrap_or_default() }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: &str) {
        let signal = format!("-{signal}");
        assert!(Command::new("kill").args([&signal, &self.id().to_string()]).status().unwrap().success());
    }

    /// Waits until it has ended; its exit code, `None` if a signal ended it.
    pub fn wait(mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
