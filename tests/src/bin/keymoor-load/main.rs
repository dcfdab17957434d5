//! Loads a sync server, for measurements: `keymoor-load URL FOLDER`, with a folder on the disk of the server's database.
//!
//! Sixteen clients with one record each push commits that were signed before the clock starts, over connections that stay
//! open. Rounds alternate with a plain loop that writes the same rows with one transaction, and one fsync, a commit. Then
//! one client asks for news that there are none of, and listens for hints of its own commits. Prints a name and a number a line.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::panic)] // A program for a terminal, run by the benchmark.

mod client;
mod line;
mod plain;

use std::{
    env,
    path::Path,
    process::ExitCode,
    sync::Barrier,
    time::{Duration, Instant},
};

use client::{Client, Signed};
use line::Line;
use plain::Plain;

const CLIENTS: usize = 16;
/// Commits of one client in one round.
const COMMITS: usize = 250;
const ROUNDS: usize = 5;
/// A round before the others warms both sides up.
const WARM_UP: usize = 1;
const POLLS: usize = 2000;
const HINTS: usize = 500;
/// Between two commits that are to be hinted at: a stream waits a little between two hints.
const APART: Duration = Duration::from_millis(15);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [url, folder] = arguments.as_slice() else {
        println!("usage: keymoor-load URL FOLDER");
        return ExitCode::from(2);
    };
    let mut clients: Vec<Client> = (0..CLIENTS).map(|_| Client::register(url)).collect();
    let mut plain = Plain::create(&Path::new(folder).join("plain.db"), &clients);
    let (mut through_server, mut in_a_loop) = (Vec::new(), Vec::new());
    for round in 0..WARM_UP + ROUNDS {
        let batches: Vec<Vec<Signed>> = clients.iter_mut().map(|client| client.sign(COMMITS)).collect();
        let pushed = push(&mut clients, &batches);
        let written = plain.write(&batches);
        if round >= WARM_UP {
            through_server.push(pushed);
            in_a_loop.push(written);
        }
    }
    let a_second = |times: Vec<Duration>| (CLIENTS * COMMITS) as f64 / median(times).as_secs_f64();
    println!("commits_a_second {:.1}", a_second(through_server));
    println!("plain_a_second {:.1}", a_second(in_a_loop));

    let client = &mut clients[0];
    let (poll, nothing) = (client.poll(), client.nothing());
    let (mut polls, mut nothings) = (Vec::new(), Vec::new());
    for _ in 0..POLLS {
        polls.push(timed(&mut client.line, &poll));
        nothings.push(timed(&mut client.line, &nothing));
    }
    println!("poll_us {:.1}", median(polls).as_secs_f64() * 1e6);
    println!("healthz_us {:.1}", median(nothings).as_secs_f64() * 1e6);

    let mut hinted = hinted(client);
    hinted.sort_unstable();
    println!("hint_median_us {:.1}", hinted[HINTS / 2].as_secs_f64() * 1e6);
    println!("hint_worst_in_a_hundred_us {:.1}", hinted[HINTS * 99 / 100].as_secs_f64() * 1e6);
    ExitCode::SUCCESS
}

/// All clients at once, each one commit after the other.
fn push(clients: &mut [Client], batches: &[Vec<Signed>]) -> Duration {
    let start = Barrier::new(CLIENTS + 1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = clients
            .iter_mut()
            .zip(batches)
            .map(|(client, batch)| {
                let (start, line) = (&start, &mut client.line);
                scope.spawn(move || {
                    start.wait();
                    batch.iter().for_each(|signed| line.ask(&signed.request));
                })
            })
            .collect();
        start.wait();
        let begun = Instant::now();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        begun.elapsed()
    })
}

/// How long after a push is sent another connection of the account is told of it.
fn hinted(client: &mut Client) -> Vec<Duration> {
    let mut hints = client.hints();
    hints.wait_for(client.seq());
    let signed = client.sign(HINTS);
    let one = |signed: Signed| {
        std::thread::sleep(APART);
        let begun = Instant::now();
        client.line.ask(&signed.request);
        hints.wait_for(signed.cursor.seq);
        begun.elapsed()
    };
    signed.into_iter().map(one).collect()
}

fn timed(line: &mut Line, request: &[u8]) -> Duration {
    let begun = Instant::now();
    line.ask(request);
    begun.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
