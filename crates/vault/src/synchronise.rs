//! Sync: the one loop that performs the rules. Pull, verify, merge; freeze, push; until nothing is left.

use std::collections::BTreeSet;

use keymoor_cache::View;
use keymoor_protocol::api::{Code, Push};
use keymoor_protocol::{Kind, RecordId};
use keymoor_remote::{Authorised, Error as Remote};

use crate::account::document::Compared;
use crate::activity::{self, Event};
use crate::clock::now;
use crate::drafts;
use crate::error::{Alarm, Error, ServerProblem};
use crate::homes::lock::Lock;
use crate::notice::Notice;
use crate::password::{AskPassword, PasswordFor, ask};
use crate::sync::ahead::Ahead;
use crate::sync::chain::Known;
use crate::sync::refused::{Refused, Room};
use crate::sync::take::Outcome;
use crate::sync::{accept, apply, forgetting, freeze, plan};
use crate::vault::Vault;

/// Rounds of pull and push before somebody else's writing counts as endless.
const ROUNDS: usize = 100;

/// How long the status tells of what happened and stops nothing.
const SHOWN_MS: u64 = 24 * 60 * 60 * 1000;

/// How to sync.
#[derive(Debug, Clone, Default)]
pub struct SyncOptions {
    /// Let a pull delete very many records. Without it such a pull stops and asks.
    pub accept_deletes: bool,
    /// Push commit 1 even if there are no records.
    pub(crate) first_commit: bool,
}

/// What a sync did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Records that came or changed.
    pub pulled: u64,
    /// Records that went to the server.
    pub pushed: u64,
    /// Records with fields to settle.
    pub conflicts: u64,
    /// Records that others deleted.
    pub deleted: u64,
    /// Keychain copies that are behind; [`Vault::mirror`] writes them.
    pub mirror_left: u64,
}

/// What a wait is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Proving who this is.
    SigningIn,
    /// Fetching; the total in commits.
    Pulling {
        /// Commits taken.
        done: u64,
        /// Of how many.
        total: u64,
    },
    /// Sending; the total in records.
    Pushing {
        /// Records taken by the server.
        done: u64,
        /// Of how many.
        total: u64,
    },
}

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
        self.heal_drafts()?;
        let _lock = Lock::wait(&self.config, "sync")?;
        let keys = &self.keys;
        self.cache.read(|view| drafts::device(view, keys))?;
        self.meet_mark()?;
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
        self.drop_former()?;
        self.exchange_device_records(&line, outcome.pulled + pushed > 0);
        let keys = &self.keys;
        let mirror_left = self.cache.write(|change| {
            let mut device = change.device()?.ok_or(Error::Locked)?;
            // This sync added up, so what did not before is settled.
            for alarm in change.alarms()? {
                if !Alarm::from_code(&alarm.code).is_some_and(Alarm::informs) || alarm.at + SHOWN_MS < now() {
                    change.clear_alarm(&alarm.code)?;
                    if let Some(alarm) = Alarm::from_code(&alarm.code).filter(|alarm| !alarm.informs()) {
                        activity::put(change, keys, &Event::AlarmOver { alarm })?;
                    }
                }
            }
            if outcome.pulled + pushed > 0 {
                activity::put(change, keys, &synced)?;
            }
            // Written only when something happened: a sync with nothing new costs no fsync.
            if device.last_sync.is_none_or(|at| at + 60_000 < now()) || outcome.pulled + pushed > 0 {
                device.last_sync = Some(now());
                change.set_device(&device)?;
                change.prune_history(now())?;
                if let Some(now) = forgetting::agreed(now(), line.server_date())
                    && change.tombstones_are_behind()?
                {
                    change.hold_tombstones(now)?;
                }
            }
            Ok::<_, Error>(change.unmirrored_count()?)
        })?;
        if let Some(problem) = refused {
            return Err(Error::Server(problem)); // all else is done; what it did not take waits
        }
        Ok(SyncReport {
            pulled: outcome.pulled,
            pushed,
            conflicts: outcome.conflicts,
            deleted: outcome.deleted,
            mirror_left,
        })
    }

    /// Pulls and pushes until nothing is left that the server takes; returns why something waits.
    fn rounds(
        &mut self,
        line: &Authorised,
        options: &SyncOptions,
        outcome: &mut Outcome,
        pushed: &mut u64,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Option<ServerProblem>, Error> {
        let mut refused = Refused::default();
        for _ in 0..ROUNDS {
            self.pull(line, options, outcome, progress)?;
            // Before anything is pushed: a push may fail, and this device must be able to fill a lost server without it.
            self.follow_keys_document(line)?;
            let (empty, waiting, due) = self.cache.read(|view| {
                let empty = view.device()?.is_some_and(|d| d.cursor.seq == 0);
                Ok::<_, Error>((empty, view.draft_count()?, due(view, line)?))
            })?;
            self.must_have_log(empty && !options.first_commit)?;
            let keys = &self.keys;
            let first = empty && options.first_commit;
            if waiting == 0
                && !first
                && due.is_empty()
                && self
                    .cache
                    .read(|view| Ok::<_, Error>(view.frozen()?.is_none() && view.erasures()?.is_empty()))?
            {
                return Ok(None);
            }
            let room = Room { due, ..refused.room().clone() };
            let Some(push) = self.cache.write(|change| freeze::freeze(change, keys, first, &room))? else {
                if refused.try_all() {
                    continue;
                }
                return Ok(refused.problem());
            };
            progress(Progress::Pushing { done: *pushed, total: *pushed + waiting });
            let vault = keys.vault;
            let changes = push.signed.commit().map_or(0, |commit| commit.changes.len() as u64);
            match line.push(vault, &push) {
                Ok(cursor) => {
                    let keys = &self.keys;
                    self.cache.write(|change| accept::accepted(change, keys, &push, cursor))?;
                    refused.accepted();
                    self.note_forgotten(&push, &room.due);
                    *pushed += changes;
                    progress(Progress::Pushing { done: *pushed, total: *pushed + waiting });
                }
                Err(Remote::HeadMoved(_)) => {} // the next pull brings what came first
                Err(Remote::Refused(Code::InvalidCommit) | Remote::KeysMoved) => {
                    self.cache.write(|change| accept::let_go(change, &push))?;
                    // A server that was restored from a copy may know an older keys document than the commit names.
                    match self.compare_keys(line)? {
                        Compared::Behind(_) | Compared::Apart => {
                            return Err(Error::Server(ServerProblem::KeysBehind));
                        }
                        Compared::Same if !refused.refused(ServerProblem::CommitRefused, &push) => {
                            return Ok(Some(ServerProblem::CommitRefused));
                        }
                        Compared::Same | Compared::Taken => {}
                    }
                }
                Err(error @ (Remote::OverQuota | Remote::TooLarge)) => {
                    self.cache.write(|change| accept::let_go(change, &push))?;
                    let problem = match error {
                        Remote::OverQuota => ServerProblem::OverQuota,
                        _ => ServerProblem::TooLarge,
                    };
                    if !refused.refused(problem, &push) {
                        return Ok(Some(problem));
                    }
                }
                Err(error) => return Err(unauthenticated(error)),
            }
        }
        Err(Error::Server(ServerProblem::Refused))
    }

    /// Pulls everything, as pages or, where those do not follow from what is known here, as a snapshot.
    fn pull(
        &mut self,
        line: &Authorised,
        options: &SyncOptions,
        outcome: &mut Outcome,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Error> {
        let (device, newest, guard) = self.cache.read(|view| {
            let device = view.device()?.ok_or(Error::Locked)?;
            let newest = view.chain_at(device.cursor.seq)?.and_then(|signed| signed.commit().ok());
            let guard = view.setting(plan::GUARD)?.and_then(|bytes| plan::Guard::decode(&bytes));
            Ok::<_, Error>((device, newest, guard.unwrap_or(plan::Guard::of(view.live_count()?))))
        })?;
        if device.rebuilt {
            return self.snapshot(line, options, outcome);
        }
        let mut known = Known {
            cursor: device.cursor,
            epoch: if device.cursor.seq == 0 { 0 } else { device.epoch },
            document_version: newest.map_or(0, |commit| commit.document_version),
            ..Known::start(device.vault)
        };
        let mut guard = guard;
        let mut ahead = None;
        loop {
            let came = ahead.take().map_or_else(|| line.pull(device.vault, known.cursor), Ahead::page);
            let page = match came {
                Ok(page) => page,
                Err(Remote::Diverged | Remote::SnapshotRequired) => {
                    return self.snapshot(line, options, outcome);
                }
                Err(error) => return Err(unauthenticated(error)),
            };
            let (more, total) = (page.more, page.head.seq);
            if more && page.commits.is_empty() {
                return Err(Error::Alarm(Alarm::ChainBroken)); // it would never end
            }
            let verified = apply::verify(&self.keys, &mut known, page).map_err(Error::Alarm)?;
            if verified.is_empty() && !more {
                // The pages before may have been applied by an earlier sync, or promised more than came.
                return self.cache.read(|view| apply::adds_up(view, known.cursor));
            }
            if more {
                ahead = Ahead::begin(line, device.vault, known.cursor);
            }
            guard.deleted += self.cache.read(|view| {
                // Only what is in use here counts: a long absence brings many deletes of records never seen.
                verified.deletes().into_iter().try_fold(0, |count, id| {
                    let current = drafts::legible(view.current(id))?;
                    let live = current.is_some_and(|current| !current.record().deleted);
                    Ok::<_, Error>(count + u64::from(live))
                })
            })?;
            if !options.accept_deletes && guard.stops() {
                return Err(Error::MassDelete { count: guard.deleted, of: guard.live });
            }
            let keys = &self.keys;
            let told = outcome.notices.len();
            let applied = self.cache.write(|change| {
                // What a pull has deleted so far outlives it: pages that trickle in are one pull to the guard.
                match more {
                    true => change.set_setting(plan::GUARD, &guard.encode())?,
                    false => change.remove_setting(plan::GUARD)?,
                }
                verified.apply(change, keys, outcome)
            });
            if applied.is_err() {
                outcome.notices.truncate(told); // nothing of it has happened
            }
            let applied = applied?;
            progress(Progress::Pulling { done: known.cursor.seq, total });
            if !applied || !more {
                return Ok(()); // where another process moved the cursor, the next round begins from there
            }
        }
    }

    /// Keeps in the activity how many records a commit forgot because of their age.
    fn note_forgotten(&mut self, push: &Push, due: &BTreeSet<RecordId>) {
        let changes = push.signed.commit().map(|commit| commit.changes).unwrap_or_default();
        let aged = |change: &&keymoor_protocol::Change| {
            change.kind == Kind::Forgotten && due.contains(&change.record)
        };
        let count = changes.iter().filter(aged).count() as u64;
        if count > 0 {
            self.note(&Event::Forgotten { count });
        }
    }

    /// Shows an alarm in the status, and keeps it in the activity: once for as long as it stands.
    pub(crate) fn raise(&mut self, alarm: Alarm) -> Result<(), Error> {
        let keys = &self.keys;
        self.cache.write(|change| {
            if change.alarms()?.iter().all(|raised| raised.code != alarm.code()) || alarm.informs() {
                activity::put(change, keys, &Event::Alarm { alarm })?;
            }
            Ok::<_, Error>(change.raise_alarm(&keymoor_cache::Alarm {
                code: alarm.code().to_owned(),
                at: now(),
                details: Vec::new(),
            })?)
        })
    }
}

/// The deleted records that were held for long enough, if the server's date says so, too.
fn due(view: &View<'_>, line: &Authorised) -> Result<BTreeSet<RecordId>, Error> {
    let Some(now) = forgetting::agreed(now(), line.server_date()) else { return Ok(BTreeSet::new()) };
    Ok(forgetting::due(&view.tombstones()?, now).into_iter().collect())
}

/// Inside a round every way of not being let in is "sign in"; the caller refreshes once before it believes that.
pub(crate) fn unauthenticated(error: Remote) -> Error {
    match error {
        Remote::TokenExpired | Remote::Unauthenticated => Error::Server(ServerProblem::SignIn),
        other => other.into(),
    }
}
