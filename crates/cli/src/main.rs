//! Words in a terminal: the keymoor command.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod clipboard;
mod commands;
mod input;
mod logging;
mod output;
mod passwords;
mod process;
mod progress;
mod prompt;
mod session;
mod words;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{passwords::Passwords, session::Session, words::Failure};

fn main() -> ExitCode {
    process::keep_memory_private();
    logging::start();
    let cli = match commands::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return words::refuse_arguments(&error),
    };
    let repeatable = cli.is_repeatable();
    let done = match commands::run(cli) {
        Err(failure) if failure.is_damage() => after_mending(repeatable),
        done => done,
    };
    match done {
        Ok(code) => code,
        Err(failure) => words::explain(&failure),
    }
}

/// The cache turned out to be damaged halfway: it is mended, and the command run once more if nobody has to enter anything
/// again for that. It did nothing so far, for what it does is one transaction.
fn after_mending(repeatable: bool) -> Result<ExitCode, Failure> {
    drop(Session::mend(Passwords::new(None))?);
    match commands::Cli::try_parse() {
        Ok(cli) if repeatable => commands::run(cli),
        _ => Err(Failure::Mended),
    }
}
