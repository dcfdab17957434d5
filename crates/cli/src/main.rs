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

fn main() -> ExitCode {
    process::keep_memory_private();
    logging::start();
    let cli = match commands::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return words::refuse_arguments(&error),
    };
    match commands::run(cli) {
        Ok(code) => code,
        Err(failure) => words::explain(&failure),
    }
}
