//! Measures how long `keymoor serve` takes to answer: `keymoor-ask ADDRESS ROUNDS`, the token on standard input.
//!
//! A credential is asked for on one connection, as a program keeps it; in turns with it, something that is refused before the
//! vault is asked (a host name of others), which is what HTTP alone takes. Prints medians, and of the first the 99th of a
//! hundred, in microseconds.
#![allow(clippy::print_stderr, clippy::print_stdout)] // A program for a terminal.

use std::{
    env,
    error::Error,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::ExitCode,
    time::{Duration, Instant},
};

use serde_json::Value;

/// Rounds before the first that counts.
const WARM_UP: usize = 50;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [address, rounds] = &arguments[..] else {
        eprintln!("usage: keymoor-ask ADDRESS ROUNDS, the token on standard input");
        return ExitCode::from(2);
    };
    match rounds.parse().map_err(Into::into).and_then(|rounds| measure(address, rounds)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("keymoor-ask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(address: &str, rounds: usize) -> Result<(), Box<dyn Error>> {
    let token = io::read_to_string(io::stdin())?;
    let mut line = Line::new(address)?;
    let request = |host: &str, path: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\n\r\n", token.trim())
    };
    let (status, body) = line.ask(&request(address, "/api/credentials/list?limit=1&offset=7"))?;
    let listed: Value = serde_json::from_slice(&body)?;
    let id = listed["credentials"][0]["id"].as_str().ok_or(format!("no credential: {status}"))?;
    let read = request(address, &format!("/api/credentials/{id}"));
    let plain = request("elsewhere.example", "/api/services");
    let (mut reads, mut plains) = (Vec::new(), Vec::new());
    for round in 0..WARM_UP + rounds {
        // Whoever is refused at the door is shown out: it is another connection each time, made before it counts.
        let mut door = Line::new(address)?;
        let asked = [(&mut line, &read, 200, &mut reads), (&mut door, &plain, 403, &mut plains)];
        for (line, request, wanted, times) in asked {
            let begun = Instant::now();
            let (status, _) = line.ask(request)?;
            let took = begun.elapsed();
            if status != wanted {
                return Err(format!("{status}").into());
            }
            if round >= WARM_UP {
                times.push(took);
            }
        }
    }
    reads.sort_unstable();
    plains.sort_unstable();
    for (name, times, percent) in
        [("read_p50_us", &reads, 50), ("read_p99_us", &reads, 99), ("plain_p50_us", &plains, 50)]
    {
        println!("{name} {:.1}", percentile(times, percent).as_secs_f64() * 1e6);
    }
    Ok(())
}

/// So many percent took no longer.
fn percentile(times: &[Duration], percent: usize) -> Duration {
    let at = (times.len() * percent).div_ceil(100).max(1) - 1;
    times.get(at).copied().unwrap_or_default()
}

/// A connection.
struct Line {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Line {
    fn new(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let reader = BufReader::new(stream.try_clone()?);
        Ok(Self { stream, reader })
    }

    fn ask(&mut self, request: &str) -> Result<(u16, Vec<u8>), Box<dyn Error>> {
        self.stream.write_all(request.as_bytes())?;
        let (mut status, mut length, mut text) = (0, 0, String::new());
        loop {
            text.clear();
            self.reader.read_line(&mut text)?;
            if let Some(rest) = text.strip_prefix("HTTP/1.1 ") {
                status = rest.get(..3).unwrap_or_default().parse()?;
            }
            if let Some(rest) = text.strip_prefix("content-length: ") {
                length = rest.trim().parse()?;
            }
            if text.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body)?;
        Ok((status, body))
    }
}
