//! How far a sync is: one line on a terminal, written over, and nothing where nobody watches.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

use keymoor_vault::Progress;

use crate::output::{grouped, plain};

/// Ten times a second is smooth enough and does not flicker.
const PAUSE: Duration = Duration::from_millis(100);

/// The line. It vanishes with this value, so that what is said afterwards stands alone.
pub(crate) struct ProgressLine {
    terminal: bool,
    drawn: Option<Instant>,
}

impl ProgressLine {
    pub(crate) fn new() -> Self {
        Self { terminal: io::stderr().is_terminal(), drawn: None }
    }

    /// How far a sync is.
    pub(crate) fn show(&mut self, progress: Progress) {
        match progress {
            Progress::SigningIn => self.write(|| "Signing in".to_owned()),
            Progress::Waiting => self.write(|| "Waiting for the server".to_owned()),
            Progress::Pulling { done, total } => self.write(|| of("From the server", done, total)),
            Progress::Pushing { done, total } => self.write(|| of("To the server", done, total)),
        }
    }

    /// How many credentials the providers were asked about.
    pub(crate) fn show_verifying(&mut self, done: u64, total: u64) {
        self.write(|| of("Verified", done, total));
    }

    /// That somebody is being asked, who may take a while.
    pub(crate) fn show_asking(&mut self, name: &str) {
        self.write(|| format!("Asking {}", plain(name)));
    }

    /// How far the keychain copies are.
    pub(crate) fn show_mirroring(&mut self, done: u64, total: u64) {
        self.write(|| of("To the keychain", done, total));
    }

    fn write(&mut self, line: impl Fn() -> String) {
        if self.terminal && self.drawn.is_none_or(|drawn| drawn.elapsed() >= PAUSE) {
            let _ = write!(io::stderr(), "\r{}\x1b[K", line());
            self.drawn = Some(Instant::now());
        }
    }

    /// Takes the line away, before something else is written there.
    pub(crate) fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.clear();
    }
}

fn of(what: &str, done: u64, total: u64) -> String {
    match total {
        0 => format!("{what}: {}", grouped(done)),
        _ => format!("{what}: {} of {}", grouped(done), grouped(total)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_total_is_not_made_up() {
        assert_eq!(of("From the server", 1200, 0), "From the server: 1,200");
        assert_eq!(of("To the keychain", 7, 10_000), "To the keychain: 7 of 10,000");
    }
}
