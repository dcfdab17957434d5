//! A pulled page, verified and applied together with the cursor, in one local transaction (rule 3).

use std::collections::{BTreeMap, BTreeSet};

use keymoor_cache::{Change, View};
use keymoor_protocol::api::{Page, Push};
use keymoor_protocol::{Commit, Cursor, Kind, Record, RecordId};

use crate::drafts;
use crate::error::{Alarm, Error};
use crate::keys::Keys;
use crate::sync::accept::accept;
use crate::sync::chain::Known;
use crate::sync::take::{Outcome, forget, take};

/// A page whose links were verified.
pub(crate) struct Verified {
    commits: Vec<(Commit, Push)>,
    after: Cursor,
    last: bool,
}

/// Verifies a page's links from `known` on, and that every record is the one that its commit names.
pub(crate) fn verify(keys: &Keys, known: &mut Known, page: Page) -> Result<Verified, Alarm> {
    let after = known.cursor;
    let mut commits = Vec::with_capacity(page.commits.len());
    for push in page.commits {
        let commit = known.follow(&keys.root, &push.signed)?;
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
    /// Records that would leave a list of `live` ones, for the guard against mass deletes.
    pub(crate) fn deletes(&self) -> BTreeSet<RecordId> {
        let mut deleted = BTreeSet::new();
        for change in self.commits.iter().flat_map(|(commit, _)| &commit.changes) {
            if change.kind == Kind::Live {
                deleted.remove(&change.record);
            } else {
                deleted.insert(change.record);
            }
        }
        deleted
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.commits.is_empty()
    }

    /// Applies the page. `false` if another process moved the cursor meanwhile; nothing is done then.
    pub(crate) fn apply(
        self,
        change: &mut Change<'_>,
        keys: &Keys,
        outcome: &mut Outcome,
    ) -> Result<bool, Error> {
        let mut device = drafts::device(change, keys)?;
        if device.cursor != self.after {
            return Ok(false);
        }
        let mut actor = device.actor;
        let mut frozen = change.frozen()?;
        let latest: BTreeMap<RecordId, u64> = self
            .commits
            .iter()
            .flat_map(|(commit, _)| commit.changes.iter().map(|change| (change.record, commit.seq)))
            .collect();
        let moved = !self.commits.is_empty();
        for (commit, push) in self.commits {
            let cursor = Cursor { seq: commit.seq, head: push.signed.head() };
            if change.known(commit.seq)?.is_some_and(|head| head != cursor.head) {
                return Err(Error::Alarm(Alarm::RolledBack)); // not the log that the kit was printed from
            }
            change.append_chain(commit.seq, &push.signed)?;
            (device.cursor, device.epoch) = (cursor, device.epoch.max(commit.epoch));
            device.document_version = device.document_version.max(commit.document_version);
            if frozen.as_ref().is_some_and(|frozen| frozen.signed == push.signed) {
                // Sent before, and the answer was lost: it was accepted.
                if let Some(frozen) = frozen.take() {
                    accept(change, keys, &commit, &frozen)?;
                }
                continue;
            }
            let mut records =
                push.records.into_iter().map(|record| (record.id, record)).collect::<BTreeMap<_, _>>();
            for entry in &commit.changes {
                if latest.get(&entry.record) != Some(&commit.seq) {
                    continue; // a later commit of this page says more
                }
                match (entry.kind, records.remove(&entry.record)) {
                    (Kind::Forgotten, _) => forget(change, keys, entry.record, outcome)?,
                    (_, Some(record)) => take(change, keys, &record, commit.seq, &mut actor, outcome)?,
                    (_, None) => {} // replaced by a commit of a later page; the state hash at the end proves it
                }
            }
        }
        if moved {
            change.thaw()?; // the head moved: what was frozen can never be accepted any more
        }
        device.actor = actor; // `take` may have made a new one
        change.set_device(&device)?;
        if self.last && moved {
            adds_up(change, device.cursor)?;
        }
        Ok(true)
    }
}

/// At the end of a pull: the records here are those of the newest commit, and nothing that a kit states is missing.
pub(crate) fn adds_up(view: &View<'_>, cursor: Cursor) -> Result<(), Error> {
    if view.chain_last()?.is_some_and(|last| last.seq > cursor.seq) {
        return Err(Error::Alarm(Alarm::RolledBack));
    }
    let Some(newest) = view.chain_at(cursor.seq)? else { return Ok(()) };
    let stated = newest.commit().map_err(|_| Error::Alarm(Alarm::ChainBroken))?.state;
    if view.state()? == stated { Ok(()) } else { Err(Error::Alarm(Alarm::StateWrong)) }
}
