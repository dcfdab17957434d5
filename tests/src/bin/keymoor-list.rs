//! Measures how long the vault of this environment takes to list its credentials with their statuses: `keymoor-list`.
//!
//! A server on this machine is asked about each before, and refuses it. Prints how many have a status, and in microseconds the
//! first time, which opens every record, and the median, where only what changed would be opened.
#![allow(clippy::print_stdout, clippy::print_stderr)] // A program for a terminal.

use std::{
    env, fs,
    hint::black_box,
    process::ExitCode,
    time::{Duration, Instant},
};

use keymoor_journeys::Provider;
use keymoor_vault::{CheckStatus, Config, Filter, Patience, Vault, VerifyOptions};
use secrecy::SecretString;

const ROUNDS: usize = 31;

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("keymoor-list: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<(), Box<dyn std::error::Error>> {
    let mut vault = Vault::open(Config::from_environment()?, Patience::default(), &mut |_| password())?;
    let provider = Provider::new("openai");
    let mut options = VerifyOptions::default();
    options.ask.bases.set("openai", &provider.base())?;
    let ids = vault.verifiable()?;
    let mut heard = Vec::with_capacity(ids.len());
    vault.questions(&ids)?.ask(&options, |asked| heard.push(asked));
    vault.heard(&heard)?;

    let mut times = Vec::with_capacity(ROUNDS);
    let mut count = 0;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let list = black_box(vault.list(&Filter::default())?);
        times.push(started.elapsed());
        count = list.iter().filter(|listing| listing.status == CheckStatus::Error).count();
    }
    let us = |time: Option<&Duration>| time.copied().unwrap_or_default().as_secs_f64() * 1e6;
    println!("records {count}\nfirst_us {:.1}", us(times.first()));
    times.sort_unstable();
    println!("median_us {:.1}", us(times.get(ROUNDS / 2)));
    Ok(())
}

/// The first line of the file that `KEYMOOR_PASSWORD_FILE` names.
fn password() -> Option<SecretString> {
    let text = fs::read_to_string(env::var_os("KEYMOOR_PASSWORD_FILE")?).ok()?;
    Some(text.lines().next()?.into())
}
