//! A pulled page: its links verified, and what it does here, step by step (rules 2, 3 and 8).

use std::collections::BTreeMap;

use keymoor_protocol::api::{Page, Push};
use keymoor_protocol::{Commit, Cursor, Kind, Record, RecordId, SignedCommit};
use keymoor_sealing::RootKey;

use crate::error::Alarm;
use crate::rules::chain::Known;

/// A page whose links were verified.
pub(crate) struct Verified {
    commits: Vec<(Commit, Push)>,
    after: Cursor,
    last: bool,
}

/// What a page does, in its order. All of it and the cursor are one local transaction.
pub(crate) enum Step {
    /// The log goes on with this commit; its number, epoch and document version are the newest seen.
    Link(Link),
    /// The commit that lies frozen here is in the log: it was sent before, and the answer was lost.
    Accepted(Commit),
    /// The record left the set for good.
    Forget(RecordId),
    /// The record has this version, written by the commit of that number.
    Take(Record, u64),
}

/// A link of the log.
pub(crate) struct Link {
    pub(crate) cursor: Cursor,
    pub(crate) signed: SignedCommit,
    pub(crate) epoch: u32,
    pub(crate) document_version: u64,
}

/// Verifies a page's links from `known` on, and that every record is the one that its commit names.
pub(crate) fn verify(root: &RootKey, known: &mut Known, page: Page) -> Result<Verified, Alarm> {
    if page.more && page.commits.is_empty() {
        return Err(Alarm::ChainBroken); // it would never end
    }
    let after = known.cursor;
    let mut commits = Vec::with_capacity(page.commits.len());
    for push in page.commits {
        let commit = known.follow(root, &push.signed)?;
        for record in &push.records {
            belongs(&commit, record)?;
        }
        commits.push((commit, push));
    }
    if !page.more && known.cursor != page.head {
        return Err(Alarm::ChainBroken);
    }
    Ok(Verified { commits, after, last: !page.more })
}

fn belongs(commit: &Commit, record: &Record) -> Result<(), Alarm> {
    let at = commit.changes.binary_search_by_key(&record.id, |change| change.record);
    let change = at.ok().map(|at| &commit.changes[at]).ok_or(Alarm::ChainBroken)?;
    let kind = if record.deleted { Kind::Deleted } else { Kind::Live };
    let fits = record.is_consistent()
        && change.version == record.version
        && change.digest == record.digest()
        && change.kind == kind;
    if fits { Ok(()) } else { Err(Alarm::ChainBroken) }
}

impl Verified {
    /// The cursor that it follows.
    pub(crate) fn after(&self) -> Cursor {
        self.after
    }

    /// Whether nothing comes after it.
    pub(crate) fn is_last(&self) -> bool {
        self.last
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.commits.is_empty()
    }

    /// Records that are in the trash or gone after it, for the guard against mass deletes.
    pub(crate) fn deletes(&self) -> Vec<RecordId> {
        let changes = self.commits.iter().flat_map(|(commit, _)| &commit.changes);
        let last: BTreeMap<RecordId, Kind> = changes.map(|change| (change.record, change.kind)).collect();
        last.into_iter().filter(|(_, kind)| *kind != Kind::Live).map(|(id, _)| id).collect()
    }

    /// What it does on a device with this frozen commit. Once a page brought anything, the head has moved, and what is still
    /// frozen then can never be accepted any more.
    pub(crate) fn steps(self, frozen: Option<&SignedCommit>) -> Vec<Step> {
        let changes = self
            .commits
            .iter()
            .flat_map(|(commit, _)| commit.changes.iter().map(|change| (change.record, commit.seq)));
        let latest: BTreeMap<RecordId, u64> = changes.collect();
        let mut steps = Vec::new();
        for (commit, push) in self.commits {
            let is_frozen = frozen == Some(&push.signed);
            let cursor = Cursor { seq: commit.seq, head: push.signed.head() };
            let (epoch, document_version) = (commit.epoch, commit.document_version);
            steps.push(Step::Link(Link { cursor, signed: push.signed, epoch, document_version }));
            if is_frozen {
                steps.push(Step::Accepted(commit));
                continue;
            }
            let mut records: BTreeMap<_, _> =
                push.records.into_iter().map(|record| (record.id, record)).collect();
            for change in &commit.changes {
                if latest.get(&change.record) != Some(&commit.seq) {
                    continue; // a later commit of this page says more
                }
                match (change.kind, records.remove(&change.record)) {
                    (Kind::Forgotten, _) => steps.push(Step::Forget(change.record)),
                    (_, Some(record)) => steps.push(Step::Take(record, commit.seq)),
                    (_, None) => {} // replaced by a commit of a later page; the state hash at the end proves it
                }
            }
        }
        steps
    }
}
