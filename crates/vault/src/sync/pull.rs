//! Pulling one page: fetched, verified, held against the guard, applied.

use keymoor_fail_points::reached;
use keymoor_protocol::Cursor;
use keymoor_remote::{Authorised, Error as Remote};

use crate::drafts;
use crate::error::{Alarm, Error};
use crate::rules::chain::Known;
use crate::rules::guard::{GUARD, Guard};
use crate::rules::page;
use crate::sync::ahead::Ahead;
use crate::sync::apply;
use crate::sync::take::Outcome;
use crate::synchronise::{Progress, SyncOptions, unauthenticated};
use crate::vault::Vault;

/// What goes on from page to page of one pull.
#[derive(Default)]
pub(crate) struct Pull {
    begun: Option<Begun>,
    ahead: Option<Ahead>,
}

/// A pull under way.
struct Begun {
    /// What was seen of the log.
    known: Known,
    /// What it deleted so far.
    guard: Guard,
    /// What was here before it is not what the newest commit known here states: an earlier pull ended between two pages.
    cut_off: bool,
}

/// What a page was.
pub(crate) enum Pulled {
    /// Applied; whether another one follows.
    Page { more: bool },
    /// The log does not continue from here, or not with pages.
    DoesNotFollow,
}

impl Vault {
    /// Takes the next page.
    pub(crate) fn pull(
        &mut self,
        pull: &mut Pull,
        line: &Authorised,
        options: &SyncOptions,
        outcome: &mut Outcome,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Pulled, Error> {
        let Begun { mut known, mut guard, cut_off } = match pull.begun.take() {
            Some(begun) => begun,
            None => self.begin_pull()?,
        };
        let vault = self.keys.vault;
        let came = pull.ahead.take().map_or_else(|| line.pull(vault, known.cursor), Ahead::page);
        let page = match came {
            Err(Remote::Diverged | Remote::SnapshotRequired) => return Ok(Pulled::DoesNotFollow),
            page => page.map_err(unauthenticated)?,
        };
        let (more, total) = (page.more, page.head.seq);
        let verified = page::verify(&self.keys.root, &mut known, page).map_err(Error::Alarm)?;
        if verified.is_empty() {
            // The pages before may have been applied by an earlier sync, or promised more than came.
            let (adds_up, guarded) = self.cache.read(|view| {
                let guarded = view.setting(GUARD)?.is_some();
                Ok::<_, Error>((apply::adds_up(view, known.cursor), guarded))
            })?;
            if matches!(adds_up, Err(Error::Alarm(Alarm::StateWrong))) {
                return Ok(Pulled::DoesNotFollow);
            }
            adds_up?;
            if guarded {
                self.cache.write(|change| change.remove_setting(GUARD))?; // that pull has ended
            }
            return Ok(Pulled::Page { more: false });
        }
        if more {
            pull.ahead = Ahead::begin(line, vault, known.cursor);
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
        let mut done = Outcome::default();
        let applied = self.cache.write(|change| {
            // What a pull has deleted so far outlives it: pages that trickle in are one pull to the guard.
            match more {
                true => change.set_setting(GUARD, &guard.encode())?,
                false => change.remove_setting(GUARD)?,
            }
            let applied = apply::apply(change, keys, verified, &mut done);
            reached("page.inside");
            applied
        });
        reached("page.applied");
        // A page leaves out what later commits replaced. If a pull was cut off in between, and the server then lost those, what
        // is here adds up to nothing that is in the log: only the live set, proved by the chain, puts that right.
        if matches!(applied, Err(Error::Alarm(Alarm::StateWrong))) && cut_off {
            return Ok(Pulled::DoesNotFollow);
        }
        let applied = applied?;
        outcome.add(done);
        let more = applied && more; // where another process moved the cursor, the next round begins from there
        progress(Progress::Pulling { done: known.cursor.seq, total });
        if more {
            pull.begun = Some(Begun { known, guard, cut_off });
        } else {
            pull.ahead = None;
        }
        Ok(Pulled::Page { more })
    }

    fn begin_pull(&mut self) -> Result<Begun, Error> {
        let (device, newest, guard, cut_off) = self.cache.read(|view| {
            let device = view.device()?.ok_or(Error::Locked)?;
            let newest = view.chain_at(device.cursor.seq)?.and_then(|signed| signed.commit().ok());
            let guard = view.setting(GUARD)?.and_then(|bytes| Guard::decode(&bytes));
            let cut_off = match apply::adds_up(view, device.cursor) {
                Err(Error::Alarm(alarm)) => alarm == Alarm::StateWrong,
                adds_up => adds_up.map(|()| false)?,
            };
            Ok::<_, Error>((device, newest, guard.unwrap_or(Guard::of(view.live_count()?)), cut_off))
        })?;
        let at_start = device.cursor == Cursor::START;
        let known = Known {
            cursor: device.cursor,
            epoch: if at_start { 0 } else { device.epoch },
            document_version: newest.map_or(0, |commit| commit.document_version),
            ..Known::start(device.vault)
        };
        Ok(Begun { known, guard, cut_off })
    }
}
