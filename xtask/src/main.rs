//! Every chore of this repository: cargo xtask run | test | bench | pictures | dist.
//!
//! A chore prepares the machine itself, says what it does, and on failure prints the command that repeats the step.
#![allow(clippy::print_stdout, clippy::print_stderr)] // A program for a terminal.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod bench;
mod demo;
mod device;
mod dist;
mod local_server;
mod pictures;
mod process;
mod run;
mod setup;
mod step;
mod test;
mod tool;
mod workspace;
mod x_server;

use std::process::ExitCode;

/// What a chore returns: nothing, or words for the person who started it.
type Outcome<T = ()> = Result<T, String>;

const HELP: &str = "\
Every chore of this repository.

  cargo xtask run [--server] [--demo] [--release]
      Prepare this machine, build and open the window. With --server also a sync server on this machine.
      With --demo, or without a display, play the main job in the terminal: two devices and a server.
  cargo xtask test
      Prepare this machine, then every check and every test. CI calls this and nothing else.
  cargo xtask bench [NAME…]
      Figures of a release build, one line each: name, value, unit, ratio to its reference. Of all measurements, or of
      those named: read, save, sync, echo, load, recognise, list, verify, ask, window.
  cargo xtask pictures
      Pictures of every screen of the window, into docs/images/screens.
  cargo xtask dist [--try]
      Packages for this platform, of a release build. With --try, as root on Debian, the package is installed,
      looked at, and taken off again.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.split_first() {
        Some((&"run", flags)) => match run::Options::from_flags(flags) {
            Ok(options) => run::run(&options),
            Err(unknown) => return usage(&unknown),
        },
        Some((&"test", [])) => test::test(),
        Some((&"bench", names)) => bench::bench(names),
        Some((&"pictures", [])) => pictures::pictures(),
        Some((&"dist", flags)) => match dist::Options::from_flags(flags) {
            Ok(options) => dist::dist(&options),
            Err(unknown) => return usage(&unknown),
        },
        None | Some((&("help" | "--help" | "-h"), _)) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => return usage(&arguments.join(" ")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("\ncargo xtask: {words}");
            ExitCode::FAILURE
        }
    }
}

fn usage(unknown: &str) -> ExitCode {
    eprint!("cargo xtask: not understood: {unknown}\n\n{HELP}");
    ExitCode::from(2)
}
