//! A push that is right in itself: all that can be checked without keys and without the database.

use keymoor_protocol::api::Push;
use keymoor_protocol::limits::Limits;
use keymoor_protocol::{Commit, Head, Kind, Record, SignedCommit};

use crate::store::StoreError;

/// Such a push.
pub(crate) struct Checked {
    pub(crate) signed: SignedCommit,
    pub(crate) commit: Commit,
    pub(crate) head: Head,
    /// One for each change that is not `Forgotten`, in their order.
    pub(crate) records: Vec<Record>,
}

impl Checked {
    /// Checks form, limits, and that each change fits the record that it brings.
    pub(crate) fn new(push: Push, limits: &Limits) -> Result<Self, StoreError> {
        let Push { signed, records } = push;
        let commit = signed.commit().map_err(|_| StoreError::InvalidCommit)?;
        if too_large(&commit, &records, limits) {
            return Err(StoreError::TooLarge);
        }
        if !countable(&commit) || !fits(&commit, &records) {
            return Err(StoreError::InvalidCommit);
        }
        let head = signed.head();
        Ok(Self { signed, commit, head, records })
    }
}

/// A single record may pass the size of a commit, so that alternates never block a sync.
fn too_large(commit: &Commit, records: &[Record], limits: &Limits) -> bool {
    let bytes: usize = records.iter().map(Record::size).sum();
    commit.changes.len() as u64 > limits.commit_changes
        || records.iter().any(|record| record.size() as u64 > limits.record_bytes)
        || (bytes as u64 > limits.commit_bytes && records.len() > 1)
}

/// Databases count to 2^63. No honest number gets there.
fn countable(commit: &Commit) -> bool {
    let versions = commit.changes.iter().map(|change| change.version);
    versions.chain([commit.seq, commit.document_version]).all(|number| i64::try_from(number).is_ok())
}

fn fits(commit: &Commit, records: &[Record]) -> bool {
    let brought: Vec<_> = commit.changes.iter().filter(|change| change.kind != Kind::Forgotten).collect();
    brought.len() == records.len()
        && brought.iter().zip(records).all(|(change, record)| {
            record.id == change.record
                && record.version == change.version
                && record.deleted == (change.kind == Kind::Deleted)
                && record.is_consistent()
                && record.digest() == change.digest
        })
}
