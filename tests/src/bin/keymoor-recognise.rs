//! Measures how long it takes to recognise one pasted secret: `keymoor-recognise`.
//!
//! The secrets are the catalogue's samples, and as many strings that are nobody's. Prints the first time, which reads the
//! catalogue and builds what is searched with, and then the median and the slowest secret's median, in microseconds.
#![allow(clippy::print_stdout)] // A program for a terminal.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use keymoor_providers::{providers, recognise};

const ROUNDS: usize = 501;

fn main() {
    let started = Instant::now();
    black_box(recognise("no secret of anybody"));
    black_box(recognise("nobodys-secret-0123456789"));
    let first = started.elapsed();

    let samples = providers().flat_map(|provider| &provider.recognise).flat_map(|shape| &shape.samples);
    // The same characters in another order: as long, and nobody's.
    let secrets = samples.flat_map(|sample| [sample.clone(), sample.chars().rev().collect()]);
    let mut medians: Vec<Duration> = secrets.map(|secret| median(&secret)).collect();
    medians.sort_unstable();
    let at = |at: usize| medians.get(at).copied().unwrap_or_default().as_secs_f64() * 1e6;
    println!("first_us {:.1}", first.as_secs_f64() * 1e6);
    println!("median_us {:.2}", at(medians.len() / 2));
    println!("slowest_us {:.2}", at(medians.len().saturating_sub(1)));
}

fn median(secret: &str) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            black_box(recognise(black_box(secret)));
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    times.get(ROUNDS / 2).copied().unwrap_or_default()
}
