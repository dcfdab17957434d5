//! Taking a snapshot: the live set, staged page by page, proved along the whole chain, reconciled in one local transaction.
//!
//! Nothing of it is believed because the server says so: which commit wrote a record, which version is the newest and which
//! records there are follow from the chain, whose every link is authenticated (rule 8).

use std::collections::BTreeMap;

use keymoor_fail_points::reached;
use keymoor_protocol::api::Placed;
use keymoor_protocol::{Cursor, Head, Kind};
use keymoor_remote::{Authorised, Error as Remote};

use crate::error::{Alarm, Error};
use crate::rules::chain::{Known, Proved, Proving};
use crate::sync::reconcile;
use crate::sync::take::Outcome;
use crate::synchronise::{SyncOptions, unauthenticated};
use crate::vault::Vault;

/// Records that a snapshot may bring. Ten times what a server advertises: beyond that it only fills the disk.
const MOST: u64 = 100_000;

/// Pages that they may come in: a server fills a page with hundreds of records.
const PAGES: u64 = 1_000;

impl Vault {
    /// Takes the server's live set over. One that was cut goes on where it was.
    pub(crate) fn snapshot(
        &mut self,
        line: &Authorised,
        options: &SyncOptions,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let goes_on = self.cache.read(|view| view.staged_cursor())?.is_some();
        match self.take_snapshot(line, options, outcome) {
            Err(Error::Alarm(alarm)) => {
                // What does not add up is not kept. The server may have been put back since the earlier pages were taken.
                self.cache.write(|change| change.clear_staged())?;
                if goes_on { self.take_snapshot(line, options, outcome) } else { Err(Error::Alarm(alarm)) }
            }
            done => done,
        }
    }

    fn take_snapshot(
        &mut self,
        line: &Authorised,
        options: &SyncOptions,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let head = self.stage(line)?;
        // A log that was lost is begun again by `account create` alone. Anything else that shows none to a device that has
        // seen one is not believed, or it would be filled again, and erased keys with it, on the server's word.
        let begun = self.cache.read(|view| view.device())?.ok_or(Error::Locked)?.cursor != Cursor::START;
        if head == Cursor::START && begun && !options.first_commit {
            return Err(Error::Alarm(Alarm::RolledBack));
        }
        reached("snapshot.staged");
        let proved = self.prove(line, head)?;
        let keys = &self.keys;
        let mut taken = Outcome::default();
        reached("reconcile.before");
        let done = self.cache.write(|change| {
            // An empty log proves an empty set, and nothing else.
            if change.staged_state()? != proved.state {
                return Err(Error::Alarm(Alarm::StateWrong));
            }
            let done = reconcile::reconcile(change, keys, &proved, options.accept_deletes, &mut taken);
            reached("reconcile.inside");
            done
        });
        reached("reconcile.done");
        done?;
        outcome.add(taken);
        Ok(())
    }

    /// Stages the pages, then what was written while they were taken; returns how far that reaches.
    fn stage(&mut self, line: &Authorised) -> Result<Cursor, Error> {
        let vault = self.keys.vault;
        let (begun, mut count) =
            self.cache.read(|view| Ok::<_, Error>((view.staged_cursor()?, view.staged_count()?)))?;
        let (mut head, mut after) = begun.map_or((None, None), |(head, after)| (Some(head), after));
        let (mut whole, mut pages) = (begun.is_some() && after.is_none(), 0);
        while !whole {
            let page = line.snapshot(vault, after).map_err(unauthenticated)?;
            let first: Cursor = *head.get_or_insert(page.head);
            (count, pages) = (count + page.records.len() as u64, pages + 1);
            let last = page.records.last().map(|placed| placed.record.id);
            let goes_on = page.next.is_none() || (page.next == last && last > after);
            if !goes_on || count > MOST || pages > PAGES {
                return Err(Error::Alarm(Alarm::StateWrong)); // it would never end
            }
            self.cache.write(|change| {
                change.stage(&page.records)?;
                reached("stage.inside");
                change.set_staged_cursor(first, page.next)
            })?;
            reached("stage.page");
            after = page.next;
            whole = after.is_none();
        }
        // What follows has to follow, or it could go on for ever.
        let mut known = Known { cursor: head.unwrap_or(Cursor::START), ..Known::start(vault) };
        loop {
            let page = match line.pull(vault, known.cursor) {
                // It does not know the head that it named a moment ago.
                Err(Remote::Diverged | Remote::SnapshotRequired) => {
                    return Err(Error::Alarm(Alarm::ChainBroken));
                }
                page => page.map_err(unauthenticated)?,
            };
            if page.more && page.commits.is_empty() {
                return Err(Error::Alarm(Alarm::ChainBroken));
            }
            let root = &self.keys.root;
            self.cache.write(|change| {
                for push in page.commits {
                    let commit = known.follow(root, &push.signed).map_err(Error::Alarm)?;
                    let records = push.records.into_iter();
                    let placed: Vec<_> = records.map(|record| Placed { seq: commit.seq, record }).collect();
                    change.stage(&placed)?;
                    for gone in commit.changes.iter().filter(|change| change.kind == Kind::Forgotten) {
                        change.unstage(gone.record)?;
                    }
                }
                Ok::<_, Error>(change.set_staged_cursor(known.cursor, None)?)
            })?;
            if !page.more {
                return Ok(known.cursor);
            }
        }
    }

    /// Follows the server's log from its first commit to `head`, every link verified, and finds the last commit that this
    /// device knows, too. Whoever claims an ancestor has to prove it with a chain.
    fn prove(&mut self, line: &Authorised, head: Cursor) -> Result<Proved, Error> {
        let (device, known_here) = self.cache.read(|view| {
            let heads = view.known_range(1, u32::MAX)?;
            Ok::<_, Error>((view.device()?.ok_or(Error::Locked)?, heads))
        })?;
        let mut heads: BTreeMap<u64, Head> =
            known_here.into_iter().map(|known| (known.seq, known.head)).collect();
        heads.insert(device.cursor.seq, device.cursor.head);
        let mut proving = Proving::begin(device.vault, head);
        while let Some(from) = proving.next() {
            let page = line.chain(device.vault, from).map_err(unauthenticated)?;
            proving.follow(&self.keys.root, page.commits).map_err(Error::Alarm)?;
        }
        proving.end(&heads, device.cursor.seq).map_err(Error::Alarm)
    }
}
