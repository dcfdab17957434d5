//! A server, as docs/sync.md says: what it checks, and what it answers.

use std::collections::{BTreeMap, BTreeSet};

use keymoor_protocol::api::{Page, Placed, Push};
use keymoor_protocol::state::{Buckets, Entry, StateHash};
use keymoor_protocol::{Commit, Cursor, Kind, Record, RecordId, SignedCommit};

use super::Without;

/// Commits in a page: few, so that pulls have several.
const PAGE: usize = 3;
/// Records in a page of a snapshot.
const SNAPSHOT_PAGE: usize = 4;

#[derive(Clone, Default)]
pub(super) struct Server {
    log: Vec<(Push, Commit)>,
    pub(super) live: BTreeMap<RecordId, Placed>,
    forgotten: BTreeSet<RecordId>,
    floor: u64,
}

/// What it answers to a commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Taken(Cursor),
    HeadMoved,
    Invalid,
}

/// What it answers to a pull.
pub(super) enum Pulled {
    Page(Page),
    Diverged,
    SnapshotRequired,
}

pub(super) fn state_of<'a>(records: impl Iterator<Item = &'a Record>) -> StateHash {
    let entry = |record: &Record| Entry {
        record: record.id,
        version: record.version,
        digest: record.digest(),
        deleted: record.deleted,
    };
    Buckets::of(records.map(entry)).state()
}

impl Server {
    pub(super) fn head(&self) -> Cursor {
        self.log
            .last()
            .map_or(Cursor::START, |(push, commit)| Cursor { seq: commit.seq, head: push.signed.head() })
    }

    /// Rule 1: compared and moved in one step.
    pub(super) fn push(&mut self, push: &Push) -> Answer {
        let commit = push.signed.commit().unwrap();
        if self.log.last().is_some_and(|(last, _)| last.signed == push.signed) {
            return Answer::Taken(self.head()); // a retry
        }
        let here = self.head();
        let follows = (commit.seq, commit.parent) == (here.seq + 1, here.head);
        if !follows && !Without::HeadCompared.is_on() {
            return Answer::HeadMoved;
        }
        let (mut live, mut forgotten) = (self.live.clone(), self.forgotten.clone());
        for change in &commit.changes {
            let stored = self.live.get(&change.record).map_or(0, |placed| placed.record.version);
            let again = self.forgotten.contains(&change.record);
            if (change.version != stored + 1 || again) && follows {
                return Answer::Invalid;
            }
            let record = push.records.iter().find(|record| record.id == change.record);
            match (change.kind, record) {
                (Kind::Forgotten, _) => {
                    live.remove(&change.record);
                    forgotten.insert(change.record);
                }
                (_, Some(record)) => {
                    live.insert(change.record, Placed { seq: commit.seq, record: record.clone() });
                }
                (_, None) => return Answer::Invalid,
            }
        }
        if follows && state_of(live.values().map(|placed| &placed.record)) != commit.state {
            return Answer::Invalid;
        }
        (self.live, self.forgotten) = (live, forgotten);
        self.log.push((push.clone(), commit));
        Answer::Taken(self.head())
    }

    pub(super) fn pull(&self, after: Cursor) -> Pulled {
        let at = match after.seq {
            0 => Some(Cursor::START.head),
            seq => self.log.get(seq as usize - 1).map(|(push, _)| push.signed.head()),
        };
        if at != Some(after.head) && !Without::HeadsCompared.is_on() {
            return Pulled::Diverged;
        }
        if after.seq < self.floor {
            return Pulled::SnapshotRequired;
        }
        let left = self.log.get(after.seq as usize..).unwrap_or_default();
        let commits: Vec<Push> =
            left.iter().take(PAGE).map(|(push, commit)| self.still(push, commit.seq)).collect();
        Pulled::Page(Page { more: left.len() > commits.len(), commits, head: self.head() })
    }

    /// A commit with those of its records that no later one replaced.
    fn still(&self, push: &Push, seq: u64) -> Push {
        let is_live = |record: &&Record| self.live.get(&record.id).is_some_and(|placed| placed.seq == seq);
        let records = push.records.iter().filter(is_live).cloned().collect();
        Push { signed: push.signed.clone(), records }
    }

    pub(super) fn chain(&self, from: u64) -> Vec<SignedCommit> {
        self.log.iter().skip(from as usize - 1).take(PAGE).map(|(push, _)| push.signed.clone()).collect()
    }

    /// A page of the live set, and where the next begins.
    pub(super) fn snapshot(&self, after: Option<RecordId>) -> (Vec<Placed>, Option<RecordId>) {
        let left: Vec<_> = self.live.iter().filter(|(id, _)| Some(**id) > after).collect();
        let page: Vec<Placed> =
            left.iter().take(SNAPSHOT_PAGE).map(|(_, placed)| (*placed).clone()).collect();
        let next = if left.len() > page.len() { page.last().map(|placed| placed.record.id) } else { None };
        (page, next)
    }

    /// Its pages reach back no further than this.
    pub(super) fn prune(&mut self) {
        self.floor = self.head().seq;
    }
}
