//! Background sync: what a window does while it is open, and `keymoor sync --watch` until it is stopped.
//!
//! One loop acts: it syncs when the server hints that something is new, when something was changed here, and now and then;
//! and it writes the keychain copies that are behind. Two threads listen, one to the server and one to the cache. When to
//! do what is decided in [`pace`], which is pure. Nobody is ever asked for a password.

mod event;
mod glance;
mod hear;
mod inbox;
mod pace;
pub(crate) mod remembered;
mod seen;
mod setback;

use std::time::{Duration, Instant};

use keymoor_protocol::api::Code;
use keymoor_remote::Error as Remote;

use crate::error::{Error, ServerProblem};
use crate::homes::lock::Lock;
use crate::synchronise::{Progress, SyncOptions};
use crate::vault::Vault;

pub use event::Watching;

use event::{Pauses, Told};
use hear::Ear;
use inbox::Inbox;
use pace::{Moment, Pace, ROUND_DEAF};
use remembered::Remembered;
use seen::Seen;
use setback::{luck, setback};

/// Copies that are written before anything else gets its turn: about twenty milliseconds of work.
const COPIES_AT_ONCE: u32 = 4;
/// Writing that leaves as much as before so often leads nowhere, unless somebody saves as quickly; either way it can wait.
const STUCK: u32 = 20;

/// A watch over a vault. The vault is lent to it for each step, so that others may use it in between.
pub struct Watch {
    began: Instant,
    inbox: Inbox,
    pace: Pace,
    ear: Option<Ear>,
    told: Told,
    /// How the cache was when the last sync began; its log as it was seen last.
    tried: Seen,
    /// Which session ended.
    ended: Option<Vec<u8>>,
    /// How many keychain copies were left, and how often in a row they did not become fewer.
    copies: (u64, u32),
}

/// Nobody reads the mail any more: the threads that write it end.
impl Drop for Watch {
    fn drop(&mut self) {
        self.inbox.stop();
    }
}

/// Ends a watch, from any thread.
#[derive(Clone)]
pub struct StopWatch(Inbox);

impl StopWatch {
    /// Ends it after the step that goes on.
    pub fn stop(&self) {
        self.0.stop();
    }
}

impl Watch {
    /// Begins to watch over this vault: what waits is done with the first step.
    ///
    /// # Errors
    /// [`Error::NoAccount`] if there is no server to sync with.
    pub fn begin(vault: &mut Vault) -> Result<Self, Error> {
        Seen::of(vault)?;
        let inbox = Inbox::default();
        let seen = vault.changes()?;
        glance::follow(vault.config.home(), seen, &inbox)?;
        let mut watch = Self {
            began: Instant::now(),
            inbox,
            pace: Pace::new(),
            ear: None,
            told: Told::default(),
            tried: Seen::default(),
            ended: None,
            copies: (u64::MAX, 0),
        };
        watch.look(vault)?;
        Ok(watch)
    }

    /// What ends it.
    pub fn stopper(&self) -> StopWatch {
        StopWatch(self.inbox.clone())
    }

    /// Waits until there is something to do; `false` once it was stopped.
    pub fn wait(&mut self) -> bool {
        self.inbox.wait(self.pace.next().map(|at| self.began + at));
        !self.inbox.is_stopped()
    }

    /// Does what is to be done now, and tells of it. What does not go through is told and tried again later.
    ///
    /// # Errors
    /// The vault has to be opened anew: its cache is damaged or another file, its keys are another account's.
    pub fn step(&mut self, vault: &mut Vault, tell: &mut dyn FnMut(Watching)) -> Result<(), Error> {
        vault.remembered.get_or_insert_default();
        self.read_mail(vault, tell)?;
        if self.pace.sync_at().is_some_and(|at| at <= self.now()) {
            self.sync(vault, tell)?;
        }
        if self.pace.listen_at().is_some_and(|at| at <= self.now()) {
            self.listen(vault)?;
        }
        if self.pace.mirror_at().is_some_and(|at| at <= self.now()) && !self.inbox.is_stopped() {
            self.mirror(vault, tell)?;
        }
        Ok(())
    }

    /// Takes up what the two threads left.
    fn read_mail(&mut self, vault: &mut Vault, tell: &mut dyn FnMut(Watching)) -> Result<(), Error> {
        let (mail, now) = (self.inbox.take(), self.now());
        if mail.replaced {
            // If it is the old one after all, whoever opens it anew finds it so.
            return Err(Error::Cache(keymoor_cache::Error::Replaced));
        }
        if mail.touched {
            self.look(vault)?;
        }
        if mail.hurry {
            self.pace.hurry(now);
        }
        if mail.heard {
            self.pace.connected(now);
            self.told.connected(tell);
        }
        if let Some(seq) = mail.hinted {
            self.pace.hinted(seq, now);
        }
        if let Some(end) = mail.deaf {
            self.ear = None;
            self.deafened(end, vault, tell);
        }
        Ok(())
    }

    /// Whether there is something to send, to copy, or to sign in with.
    fn look(&mut self, vault: &mut Vault) -> Result<(), Error> {
        let now = self.now();
        let seen = Seen::of(vault)?;
        if self.pace.wants_session() {
            if seen.session.is_some() && seen.session != self.ended {
                self.pace.session_changed(now);
            }
        } else if seen.seq != self.tried.seq {
            self.pace.known(seen.seq, now);
        }
        if seen.outgoing != self.tried.outgoing && !seen.outgoing.is_empty() {
            self.pace.changed(now);
        }
        if seen.behind > 0 && vault.keychain.is_some() {
            self.pace.copies_wait(now);
        }
        self.tried.seq = seen.seq;
        Ok(())
    }

    fn sync(&mut self, vault: &mut Vault, tell: &mut dyn FnMut(Watching)) -> Result<(), Error> {
        self.pace.begin(self.now());
        self.tried = Seen::of(vault)?;
        let mut pauses = Pauses::default();
        let told = &mut self.told;
        let mut progress = |progress: Progress| {
            if progress != Progress::Waiting && pauses.over() {
                told.syncing(progress, tell);
            }
        };
        let options = SyncOptions::default();
        let mut done = vault.synchronise(&options, &mut progress);
        if matches!(done, Err(Error::Server(ServerProblem::SignIn))) {
            // It may have been the session that was remembered, where another process has got a new one.
            vault.remembered = Some(Remembered::default());
            done = vault.synchronise(&options, &mut progress);
        }
        let (now, seen) = (self.now(), Seen::of(vault)?);
        self.tried.seq = seen.seq;
        match done {
            Ok(report) => {
                self.pace.synced(seen.seq, now, luck());
                // Saved meanwhile, or what is left after some of it passed.
                if seen.outgoing != self.tried.outgoing && !seen.outgoing.is_empty() {
                    self.pace.changed(now);
                }
                if seen.behind > 0 && vault.keychain.is_some() {
                    self.pace.copies_wait(now);
                }
                self.told.synced(report, tell);
            }
            Err(error) => {
                let Some(setback) = setback(&error) else { return Err(error) };
                self.pace.failed(setback, now, luck());
                self.ended.clone_from(&self.tried.session); // another process may have stored a good one meanwhile
                let retry = self.pace.sync_at().map(|at| at.saturating_sub(now));
                self.told.failed(error, setback, retry, tell);
            }
        }
        Ok(())
    }

    /// Asks for the stream of hints, with the session that the last sync used.
    fn listen(&mut self, vault: &mut Vault) -> Result<(), Error> {
        let line = Lock::wait(&vault.config, "sync").and_then(|_lock| vault.authorised());
        match line {
            Ok(line) => {
                self.pace.listening();
                self.ear = Some(Ear::open(line.listener(), vault.keys.vault, &self.inbox));
                Ok(())
            }
            Err(error) if setback(&error).is_some() => {
                self.pace.deafened(self.now(), luck()); // a sync comes first, and tells why
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn deafened(&mut self, end: Option<Remote>, vault: &mut Vault, tell: &mut dyn FnMut(Watching)) {
        let (now, luck) = (self.now(), luck());
        match end {
            Some(Remote::Refused(Code::NotFound)) => {
                self.pace.no_stream(now);
                self.told.polling(ROUND_DEAF, tell);
            }
            Some(Remote::RateLimited { retry_after_s }) => {
                self.pace.put_off_stream(Duration::from_secs(retry_after_s), now, luck);
            }
            Some(Remote::TokenExpired | Remote::Unauthenticated) => {
                vault.remembered = Some(Remembered::default());
                self.pace.deafened(now, luck);
            }
            _ => self.pace.deafened(now, luck),
        }
    }

    /// Writes a few keychain copies.
    fn mirror(&mut self, vault: &mut Vault, tell: &mut dyn FnMut(Watching)) -> Result<(), Error> {
        match vault.mirror(COPIES_AT_ONCE) {
            Ok(left) => {
                let fewer = left == 0 || left < self.copies.0;
                self.copies = (left, if fewer { 0 } else { self.copies.1 + 1 });
                if self.copies.1 < STUCK {
                    self.pace.copied(left > 0, self.now());
                } else {
                    self.pace.copies_failed(self.now());
                }
                self.told.copied(left, u64::from(COPIES_AT_ONCE), tell);
            }
            Err(Error::Keychain(problem)) => {
                self.pace.copies_failed(self.now());
                self.told.copying_stopped(problem, tell);
            }
            Err(error) if setback(&error).is_some() => self.pace.copies_failed(self.now()),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn now(&self) -> Moment {
        self.began.elapsed()
    }
}

impl Vault {
    /// Watches until it is stopped. `begun` is told first how to do that.
    ///
    /// # Errors
    /// As [`Watch::begin`] and [`Watch::step`].
    pub fn watch(
        &mut self,
        begun: impl FnOnce(StopWatch),
        tell: &mut dyn FnMut(Watching),
    ) -> Result<(), Error> {
        let mut watch = Watch::begin(self)?;
        begun(watch.stopper());
        while watch.wait() {
            watch.step(self, tell)?;
            for notice in self.notices() {
                tell(Watching::Notice(notice));
            }
        }
        Ok(())
    }
}
