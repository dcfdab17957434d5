//! What happens while a vault is watched over: one line each.

use std::time::Duration;

use keymoor_vault::{Progress, Watching};

use super::{Words, done, notice, server, vault};
use crate::output::{counted, grouped};

/// The event in one line.
pub(crate) fn watching(event: &Watching) -> String {
    match event {
        Watching::Connected => "Connected: what changes on other devices arrives at once.".to_owned(),
        Watching::Polling { every } => {
            format!("This server does not say when something is new: it is asked every {}.", span(*every))
        }
        Watching::Syncing(progress) => match *progress {
            Progress::SigningIn => "Signing in.".to_owned(),
            Progress::Pulling { done, total } => of("From the server", done, total),
            Progress::Pushing { done, total } => of("To the server", done, total),
        },
        Watching::Synced(report) => one_line(&done::synced(report)),
        Watching::Offline { problem, .. } => {
            format!("{} Changes wait here and go out by themselves.", server::sentence(*problem))
        }
        Watching::SignIn(problem) => {
            format!("{} Sign in to sync: run keymoor sync", server::sentence(*problem))
        }
        Watching::Held(error) => joined(&vault::words(error)),
        Watching::Copying { done, total } => of("To the keychain", *done, *total),
        Watching::Copied { total } => {
            format!("The keychain has its copies: {}.", counted(*total, "credential", "credentials"))
        }
        Watching::CopyingStopped(problem) => done::mirror_stopped(*problem),
        Watching::Notice(told) => notice(told),
    }
}

/// All that there is to say, one sentence after the other.
fn joined(words: &Words) -> String {
    one_line(&[words.what.as_str(), &words.safe, &words.hint].join("\n"))
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn of(what: &str, done: u64, total: u64) -> String {
    format!("{what}: {} of {}", grouped(done), grouped(total))
}

fn span(time: Duration) -> String {
    match time.as_secs() {
        60 => "minute".to_owned(),
        seconds => counted(seconds, "second", "seconds"),
    }
}
