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
            Progress::Waiting => "Waiting for the server.".to_owned(),
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

#[cfg(test)]
mod tests {
    use keymoor_vault::{Alarm, Error, KeychainProblem, Notice, ServerProblem, SyncReport};

    use super::*;

    #[test]
    fn whatever_happens_is_one_line_and_says_what_to_do() {
        let report = SyncReport { pulled: 2, pushed: 1, conflicts: 1, ..SyncReport::default() };
        let minute = Duration::from_secs(60);
        let offline = |problem| Watching::Offline { problem, retry: minute };
        for (event, said) in [
            (Watching::Connected, "Connected"),
            (Watching::Polling { every: minute }, "every minute"),
            (
                Watching::Syncing(Progress::Pulling { done: 1200, total: 10_000 }),
                "From the server: 1,200 of 10,000",
            ),
            (
                Watching::Synced(report),
                "2 changes received, 1 change sent. 1 credential was changed on two devices",
            ),
            (offline(ServerProblem::Unreachable), "The server cannot be reached. Changes wait here"),
            (offline(ServerProblem::RateLimited(9)), "asks for a pause"),
            (Watching::SignIn(ServerProblem::SignIn), "has ended. Sign in to sync: run keymoor sync"),
            (Watching::SignIn(ServerProblem::SessionStolen), "used again. Sign in to sync: run keymoor sync"),
            (
                Watching::Held(Error::MassDelete { count: 30, of: 40 }),
                "Nothing was deleted on this device. If that was meant: keymoor sync",
            ),
            (
                Watching::Held(Error::Alarm(Alarm::ChainBroken)),
                "Sync has stopped. Everything on this device can be read",
            ),
            (Watching::Held(Error::Server(ServerProblem::OverQuota)), "keymoor erase NAME"),
            (Watching::Copying { done: 5, total: 10_000 }, "To the keychain: 5 of 10,000"),
            (Watching::Copied { total: 10_000 }, "10,000 credentials"),
            (Watching::CopyingStopped(KeychainProblem::Locked), "Not all copies are in it yet"),
            (Watching::Notice(Notice::PasswordWaits), "The new password holds"),
        ] {
            let line = watching(&event);
            assert!(line.contains(said) && !line.contains('\n'), "{line}");
        }
    }
}
