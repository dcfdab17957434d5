//! What a watch tells, and what it leaves untold: nothing twice, and nothing that is over before anybody could read it.

use std::time::{Duration, Instant};

use super::pace::Setback;
use crate::differences::Differences;
use crate::error::{Error, KeychainProblem, ServerProblem};
use crate::notice::Notice;
use crate::synchronise::{Progress, SyncReport};

/// Something that happens while a vault is watched over.
#[derive(Debug)]
pub enum Watching {
    /// The server's hints are heard: what others change comes at once.
    Connected,
    /// The server has no hints to give. It is asked so often.
    Polling {
        /// The time between two questions.
        every: Duration,
    },
    /// How far a sync is that takes longer; twice a second. Its end is told, too.
    Syncing(Progress),
    /// Something came or went; or the first sync went through, or the first after a failure.
    Synced(SyncReport),
    /// The server is out of reach, or wants a pause. Told once, until a sync goes through.
    Offline {
        /// Why.
        problem: ServerProblem,
        /// When the next try is.
        retry: Duration,
    },
    /// The session has ended. Told once; goes on as soon as somebody has signed in, with whatever program.
    SignIn(ServerProblem),
    /// Something else holds the sync up, and is tried again rarely. Told once.
    Held(Error),
    /// The keychain gets many copies; twice a second.
    Copying {
        /// How many it has got.
        done: u64,
        /// Of how many.
        total: u64,
    },
    /// It has them all, after [`Watching::Copying`].
    Copied {
        /// How many it got.
        total: u64,
    },
    /// It takes none for now.
    CopyingStopped(KeychainProblem),
    /// What the vault put right by itself.
    Notice(Notice),
}

/// What has been told.
#[derive(Default)]
pub(super) struct Told {
    connected: bool,
    polling: bool,
    synced: bool,
    /// How far the sync is that goes on: its end is told, whatever it is.
    syncing: bool,
    /// Tries in a row that did not reach the server.
    away: u32,
    trouble: Option<String>,
    copies: Option<Copies>,
    copying_stopped: bool,
    /// What is to be settled, as it was told last.
    differences: Differences,
}

struct Copies {
    done: u64,
    pauses: Pauses,
    told: bool,
}

impl Told {
    pub(super) fn connected(&mut self, tell: &mut dyn FnMut(Watching)) {
        self.polling = false;
        if !std::mem::replace(&mut self.connected, true) {
            tell(Watching::Connected);
        }
    }

    pub(super) fn polling(&mut self, every: Duration, tell: &mut dyn FnMut(Watching)) {
        self.connected = false;
        if !std::mem::replace(&mut self.polling, true) {
            tell(Watching::Polling { every });
        }
    }

    pub(super) fn syncing(&mut self, progress: Progress, tell: &mut dyn FnMut(Watching)) {
        self.syncing = true;
        tell(Watching::Syncing(progress));
    }

    pub(super) fn synced(&mut self, mut report: SyncReport, tell: &mut dyn FnMut(Watching)) {
        if report.differences == self.differences {
            report.differences = Differences::default(); // once is enough
        } else if report.pulled > 0 {
            self.differences.clone_from(&report.differences);
        }
        self.away = 0;
        let recovered = self.trouble.take().is_some();
        let first = !std::mem::replace(&mut self.synced, true) || std::mem::take(&mut self.syncing);
        let moved = SyncReport { mirror_left: 0, ..report.clone() } != SyncReport::default();
        if first || recovered || moved {
            tell(Watching::Synced(report));
        }
    }

    pub(super) fn failed(
        &mut self,
        error: Error,
        setback: Setback,
        retry: Option<Duration>,
        tell: &mut dyn FnMut(Watching),
    ) {
        let shown = std::mem::take(&mut self.syncing);
        if shown {
            self.trouble = None;
        }
        let (trouble, told) = match (setback, error) {
            (Setback::Away | Setback::Busy(_), Error::Server(problem)) => {
                self.away = self.away.saturating_add(1);
                // A server that starts anew is back before anybody has read that it was away.
                if self.away < 2 && !shown {
                    return;
                }
                self.connected = false;
                ("away".to_owned(), Watching::Offline { problem, retry: retry.unwrap_or_default() })
            }
            (Setback::SignIn, Error::Server(problem)) => ("sign in".to_owned(), Watching::SignIn(problem)),
            (_, error) => (format!("{error:?}"), Watching::Held(error)),
        };
        if self.trouble.as_ref() != Some(&trouble) {
            self.trouble = Some(trouble);
            tell(told);
        }
    }

    pub(super) fn copied(&mut self, left: u64, now: u64, tell: &mut dyn FnMut(Watching)) {
        self.copying_stopped = false;
        let copies =
            self.copies.get_or_insert_with(|| Copies { done: 0, pauses: Pauses::default(), told: false });
        copies.done += now;
        let total = copies.done + left;
        if left == 0 {
            if copies.told {
                tell(Watching::Copied { total });
            }
            self.copies = None;
        } else if copies.pauses.over() {
            copies.told = true;
            tell(Watching::Copying { done: copies.done, total });
        }
    }

    pub(super) fn copying_stopped(&mut self, problem: KeychainProblem, tell: &mut dyn FnMut(Watching)) {
        if !std::mem::replace(&mut self.copying_stopped, true) {
            tell(Watching::CopyingStopped(problem));
        }
    }
}

/// The pauses between two words on how far something is, and the one before the first.
pub(super) struct Pauses(Instant);

const PAUSE: Duration = Duration::from_millis(500);

impl Default for Pauses {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Pauses {
    /// Whether it is time for a word.
    pub(super) fn over(&mut self) -> bool {
        let over = self.0.elapsed() >= PAUSE;
        if over {
            self.0 = Instant::now();
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differences::SharedName;

    fn told(act: impl FnOnce(&mut Told, &mut dyn FnMut(Watching))) -> (Told, Vec<String>) {
        let (mut told, mut words) = (Told::default(), Vec::new());
        act(&mut told, &mut |word| words.push(format!("{word:?}")));
        (told, words)
    }

    #[test]
    fn what_is_to_be_settled_is_told_once() {
        let differences = || Differences {
            names: vec![SharedName { provider: "a".into(), name: "b".into(), ids: Vec::new() }],
            ..Differences::default()
        };
        let mut told = Told::default();
        let mut heard = Vec::new();
        for differences in [differences(), differences(), Differences::default(), differences()] {
            let report = SyncReport { differences, ..report(1) };
            told.synced(report, &mut |event| {
                let Watching::Synced(report) = event else { panic!("{event:?}") };
                heard.push(report.differences.names.len());
            });
        }
        assert_eq!(heard, [1, 0, 0, 1]);
    }

    fn report(pulled: u64) -> SyncReport {
        SyncReport { pulled, ..SyncReport::default() }
    }

    #[test]
    fn a_sync_is_told_if_something_moved_or_it_is_the_first_of_a_kind() {
        let (_, words) = told(|told, tell| {
            told.synced(report(0), tell);
            told.synced(report(0), tell);
            told.synced(report(2), tell);
            told.synced(report(0), tell);
        });
        assert_eq!(words.len(), 2);
    }

    #[test]
    fn an_outage_is_told_once_and_so_is_its_end() {
        let away = |told: &mut Told, tell: &mut dyn FnMut(Watching)| {
            let problem = Error::Server(ServerProblem::Unreachable);
            told.failed(problem, Setback::Away, Some(Duration::from_secs(1)), tell);
        };
        let (_, words) = told(|told, tell| {
            told.synced(report(0), tell);
            told.connected(tell);
            away(told, tell);
            told.synced(report(0), tell); // it only started anew
            told.connected(tell);
            (0..5).for_each(|_| away(told, tell));
            told.synced(report(0), tell);
            told.connected(tell);
        });
        let kinds: Vec<_> = words.iter().map(|word| word.split([' ', '(']).next().unwrap()).collect();
        assert_eq!(kinds, ["Synced", "Connected", "Offline", "Synced", "Connected"]);
    }

    #[test]
    fn a_sync_that_was_seen_to_go_on_is_seen_to_end() {
        let progress = Progress::Pulling { done: 1, total: 9 };
        let (_, words) = told(|told, tell| {
            told.synced(report(0), tell);
            told.syncing(progress, tell);
            told.synced(report(0), tell);
            told.syncing(progress, tell);
            told.failed(Error::Server(ServerProblem::TimedOut), Setback::Away, None, tell);
            told.syncing(progress, tell);
            told.failed(Error::Server(ServerProblem::TimedOut), Setback::Away, None, tell);
        });
        let kinds: Vec<_> = words.iter().map(|word| word.split([' ', '(']).next().unwrap()).collect();
        assert_eq!(kinds, ["Synced", "Syncing", "Synced", "Syncing", "Offline", "Syncing", "Offline"]);
    }

    #[test]
    fn what_holds_a_sync_up_is_told_until_it_is_something_else() {
        let held = |told: &mut Told, error, setback, tell: &mut dyn FnMut(Watching)| {
            told.failed(error, setback, None, tell);
        };
        let (_, words) = told(|told, tell| {
            for _ in 0..3 {
                held(told, Error::Server(ServerProblem::SignIn), Setback::SignIn, tell);
            }
            for _ in 0..3 {
                held(told, Error::Server(ServerProblem::OverQuota), Setback::Held, tell);
            }
            held(told, Error::MassDelete { count: 30, of: 40 }, Setback::Held, tell);
        });
        assert_eq!(words.len(), 3);
        assert!(words[0].starts_with("SignIn") && words[1].contains("OverQuota"));
    }

    #[test]
    fn a_few_copies_are_not_worth_a_word() {
        let (mut after, words) = told(|told, tell| {
            told.copied(4, 4, tell);
            told.copied(0, 4, tell);
            told.copying_stopped(KeychainProblem::Locked, tell);
            told.copying_stopped(KeychainProblem::Locked, tell);
        });
        assert_eq!(words, ["CopyingStopped(Locked)"]);
        let mut words = Vec::new();
        after.copied(90, 4, &mut |_| {});
        std::thread::sleep(PAUSE);
        after.copied(86, 4, &mut |word| words.push(format!("{word:?}")));
        after.copied(0, 4, &mut |word| words.push(format!("{word:?}")));
        assert_eq!(words, ["Copying { done: 8, total: 94 }", "Copied { total: 12 }"]);
    }
}
