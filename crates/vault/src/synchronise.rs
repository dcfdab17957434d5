//! Sync: the one loop that performs the rules. Pull, verify, merge; freeze, push; until nothing is left.

mod report;

use std::collections::BTreeSet;

use keymoor_fail_points::reached;
use keymoor_protocol::RecordId;
use keymoor_protocol::api::{Code, Push};
use keymoor_remote::{Authorised, Error as Remote};

use crate::account::document::Compared;
use crate::account::session::REFUSED;
use crate::activity::{self, Event};
use crate::clock::now;
use crate::differences::Differences;
use crate::drafts;
use crate::error::{Alarm, Error, ServerProblem};
use crate::homes::lock::Lock;
use crate::notice::Notice;
use crate::password::{AskPassword, PasswordFor, ask};
use crate::rules::exchange::{Exchange, Next};
use crate::rules::refused::Room;
use crate::sync::pull::{Pull, Pulled};
use crate::sync::take::Outcome;
use crate::sync::{accept, age, alarms, freeze};
use crate::vault::Vault;
pub use report::{Progress, SyncOptions, SyncReport};

/// The cache's name for when the last try failed, where no sync has gone through since.
pub(crate) const FAILED: &str = "sync_failed";

impl Vault {
    /// Syncs with the account's server. A session that has ended asks for the password.
    pub fn sync(
        &mut self,
        options: &SyncOptions,
        asked: AskPassword<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<SyncReport, Error> {
        let mut given = None;
        // Signing in, and putting an older password at the server right, may both be needed.
        for _ in 0..2 {
            let problem = match self.synchronise(options, progress) {
                Err(Error::Server(
                    problem @ (ServerProblem::SignIn
                    | ServerProblem::SessionStolen
                    | ServerProblem::KeysBehind),
                )) => problem,
                done => return done,
            };
            let password = match given.take() {
                Some(password) => password,
                None => ask(asked, PasswordFor::SignIn)?,
            };
            progress(Progress::SigningIn);
            match problem {
                ServerProblem::KeysBehind => self.put_keys_back(&password)?,
                _ => drop(self.sign_in(&password)?),
            }
            given = Some(password);
        }
        self.synchronise(options, progress)
    }

    /// The same without a way to ask for a password.
    pub(crate) fn synchronise(
        &mut self,
        options: &SyncOptions,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<SyncReport, Error> {
        let done = self.try_to_synchronise(options, progress);
        if matches!(done, Ok(_) | Err(Error::Server(_))) {
            let _ = self.note_try(done.is_err()); // no reason for a sync to fail
        }
        done
    }

    /// Puts down that a try failed, to the minute, until one goes through.
    fn note_try(&mut self, failed: bool) -> Result<(), Error> {
        let noted = self.cache.read(|view| view.setting(FAILED))?;
        match (failed, noted.as_deref().and_then(failed_at)) {
            (false, None) => Ok(()),
            (true, Some(at)) if at.abs_diff(now()) < 60_000 => Ok(()),
            (false, Some(_)) => Ok(self.cache.write(|change| change.remove_setting(FAILED))?),
            (true, _) => Ok(self.cache.write(|change| change.set_setting(FAILED, &now().to_be_bytes()))?),
        }
    }

    fn try_to_synchronise(
        &mut self,
        options: &SyncOptions,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<SyncReport, Error> {
        self.note_file()?;
        self.heal_drafts()?;
        let _lock = Lock::wait(&self.config, "sync")?;
        let keys = &self.keys;
        self.cache.read(|view| drafts::device(view, keys))?;
        // Before anything is pulled: what a copy calls acknowledged is so in the log that this cache still has.
        self.read_keychain_first()?;
        self.meet_mark()?;
        progress(Progress::Waiting);
        let mut line = self.authorised()?;
        let mut outcome = Outcome::default();
        let mut pushed = 0;
        let mut done = self.rounds(&line, options, &mut outcome, &mut pushed, progress);
        if matches!(done, Err(Error::Server(ServerProblem::SignIn))) {
            line = self.authorised_anew()?;
            done = self.rounds(&line, options, &mut outcome, &mut pushed, progress);
        }
        // What the pulls did has happened, also where a push failed after them.
        for notice in std::mem::take(&mut outcome.notices) {
            match notice {
                // Another server, and not the one that was known here with less than before.
                Notice::Alarm(Alarm::PutBack) if options.moved => {}
                Notice::Alarm(alarm) => {
                    self.raise(alarm)?;
                    self.notices.push(notice);
                }
                notice => self.tell(notice),
            }
        }
        let synced = Event::Synced { pulled: outcome.pulled, pushed, deleted: outcome.deleted };
        if done.is_err() && outcome.pulled + pushed > 0 {
            self.note(&synced);
        }
        if let Err(Error::Alarm(alarm)) = &done {
            self.raise(*alarm)?;
        }
        let refused = done?;
        reached("sync.synced");
        self.drop_former()?;
        self.exchange_device_records(&line, options.asked_for, outcome.pulled + pushed > 0);
        let keys = &self.keys;
        let mirror_left = self.cache.write(|change| {
            let mut device = change.device()?.ok_or(Error::Locked)?;
            // This sync added up, so what did not before is settled.
            alarms::settle(change, keys)?;
            if change.staged_cursor()?.is_some() {
                change.clear_staged()?; // a snapshot that was cut, and is not needed any more
            }
            if change.setting(REFUSED)?.is_some() {
                change.remove_setting(REFUSED)?;
            }
            if outcome.pulled + pushed > 0 {
                activity::put(change, keys, &synced)?;
            }
            // Written only when something happened: a sync with nothing new costs no fsync.
            if device.last_sync.is_none_or(|at| at.abs_diff(now()) > 60_000) || outcome.pulled + pushed > 0 {
                device.last_sync = Some(now());
                change.set_device(&device)?;
                change.prune_history(now())?;
                age::hold(change, line.server_date())?;
            }
            Ok::<_, Error>(change.unmirrored_count()?)
        })?;
        // No reason for a sync to fail: `status` and the lists say it, too.
        let differences = match outcome.pulled {
            0 => Differences::default(),
            _ => self.differences().unwrap_or_default(),
        };
        if let Some(problem) = refused {
            return Err(Error::Server(problem)); // all else is done; what it did not take waits
        }
        Ok(SyncReport {
            pulled: outcome.pulled,
            pushed,
            conflicts: outcome.conflicts,
            deleted: outcome.deleted,
            trashed: outcome.trashed,
            erased: outcome.erased,
            differences,
            mirror_left,
        })
    }

    /// Does what the rules say until nothing is left that the server takes; returns why something waits.
    fn rounds(
        &mut self,
        line: &Authorised,
        options: &SyncOptions,
        outcome: &mut Outcome,
        pushed: &mut u64,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Option<ServerProblem>, Error> {
        let rebuilt = self.cache.read(|view| view.device())?.ok_or(Error::Locked)?.rebuilt;
        let mut exchange = Exchange::begin(rebuilt);
        let mut pull = Pull::default();
        let (mut waiting, mut frozen, mut due) = (0, None, BTreeSet::new());
        loop {
            match exchange.next() {
                Next::Pull => match self.pull(&mut pull, line, options, outcome, progress)? {
                    Pulled::Page { more } => exchange.applied(more),
                    Pulled::DoesNotFollow => exchange.does_not_follow(),
                },
                Next::Snapshot => {
                    pull = Pull::default();
                    self.snapshot(line, options, outcome)?;
                    exchange.reconciled();
                }
                Next::Look => {
                    // Before anything is pushed: a push may fail, and this device must be able to fill a lost server without
                    // it.
                    self.follow_keys_document(line)?;
                    let waits;
                    (waits, waiting, due) = self.waits(options, line)?;
                    exchange.looked(waits);
                }
                Next::Freeze => {
                    let room = Room { due: due.clone(), ..exchange.room().clone() };
                    let (keys, first) = (&self.keys, options.first_commit);
                    let mut done = Outcome::default();
                    frozen = self.cache.write(|change| {
                        let empty = drafts::device(change, keys)?.cursor.seq == 0;
                        let frozen = freeze::freeze(change, keys, empty && first, &room, &mut done);
                        reached("freeze.inside");
                        frozen
                    })?;
                    outcome.add(done);
                    reached("freeze.done");
                    exchange.froze(frozen.is_some());
                }
                Next::Push => {
                    let Some(push) = frozen.take() else { return Err(Error::Server(ServerProblem::Refused)) };
                    let total = *pushed + waiting;
                    progress(Progress::Pushing { done: *pushed, total });
                    if self.push(line, &push, &mut exchange, outcome)? {
                        self.note_forgotten(&push, &due);
                        *pushed += push.signed.commit().map_or(0, |commit| commit.changes.len() as u64);
                        progress(Progress::Pushing { done: *pushed, total: total.max(*pushed) });
                    }
                }
                Next::Done(problem) => return Ok(*problem),
            }
        }
    }

    /// Whether anything is to be sent, how many changes wait, and what is to be forgotten because of its age.
    fn waits(
        &mut self,
        options: &SyncOptions,
        line: &Authorised,
    ) -> Result<(bool, u64, BTreeSet<RecordId>), Error> {
        let (empty, waiting, more, due) = self.cache.read(|view| {
            let empty = view.device()?.is_some_and(|device| device.cursor.seq == 0);
            let more = view.frozen()?.is_some() || !view.erasures()?.is_empty();
            let due = age::due(view, line.server_date())?;
            Ok::<_, Error>((empty, view.draft_count()?, more, due))
        })?;
        self.must_have_log(empty && !options.first_commit)?;
        let waits = waiting > 0 || more || !due.is_empty() || (empty && options.first_commit);
        Ok((waits, waiting, due))
    }

    /// Sends what is frozen; returns whether the server took it.
    fn push(
        &mut self,
        line: &Authorised,
        push: &Push,
        exchange: &mut Exchange,
        outcome: &mut Outcome,
    ) -> Result<bool, Error> {
        match line.push(self.keys.vault, push) {
            Ok(cursor) => {
                reached("push.answered");
                let keys = &self.keys;
                let mut done = Outcome::default();
                self.cache.write(|change| {
                    accept::accepted(change, keys, push, cursor, &mut done)?;
                    reached("accept.inside");
                    Ok::<_, Error>(())
                })?;
                outcome.add(done);
                reached("accept.done");
                exchange.accepted();
                return Ok(true);
            }
            Err(Remote::HeadMoved(_)) => exchange.head_moved(),
            Err(Remote::Refused(Code::InvalidCommit) | Remote::KeysMoved) => {
                self.cache.write(|change| accept::let_go(change, push))?;
                // A server that was restored from a copy may know an older keys document than the commit names.
                match self.compare_keys(line)? {
                    Compared::Behind(_) | Compared::Apart => {
                        return Err(Error::Server(ServerProblem::KeysBehind));
                    }
                    Compared::Same => exchange.refused(ServerProblem::CommitRefused, push),
                    Compared::Taken => exchange.again(),
                }
            }
            Err(error @ (Remote::OverQuota | Remote::TooLarge)) => {
                self.cache.write(|change| accept::let_go(change, push))?;
                let problem = match error {
                    Remote::OverQuota => ServerProblem::OverQuota,
                    _ => ServerProblem::TooLarge,
                };
                exchange.refused(problem, push);
            }
            Err(error) => return Err(unauthenticated(error)),
        }
        Ok(false)
    }
}

/// When the try failed that this setting puts down.
pub(crate) fn failed_at(setting: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(setting.try_into().ok()?))
}

/// Inside a round every way of not being let in is "sign in"; the caller refreshes once before it believes that.
pub(crate) fn unauthenticated(error: Remote) -> Error {
    match error {
        Remote::TokenExpired | Remote::Unauthenticated => Error::Server(ServerProblem::SignIn),
        other => other.into(),
    }
}
