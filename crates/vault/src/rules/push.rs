//! What goes into the next commit (rules 2, 6, 10 and 15).

use keymoor_protocol::limits::{BYTES_A_RECORD, CHANGES_A_COMMIT, ENVELOPE_BYTES_A_COMMIT};
use keymoor_protocol::{Change, Digest, Kind, Record, RecordId};

use crate::content::Content;
use crate::rules::reconcile::says_all;
use crate::rules::take::{Left, left};

/// Whether a draft may be pushed.
pub(crate) enum Ready {
    /// As it is.
    Yes,
    /// Merged with its base first: it waited until this version understood both.
    Merged(Box<Content>),
    /// As it is inside, for the version that follows its base: a newer version of Keymoor wrote it and had seen all of that.
    Carried,
    /// It says no more than its base, and goes.
    Goes,
    /// Nothing that would have to be merged is pushed where a newer version of Keymoor wrote either.
    Waits,
}

/// Decides about a draft over its base.
pub(crate) fn ready(draft: &Content, base: Option<&Content>) -> Ready {
    let Some(base) = base else { return Ready::Yes };
    if base.is_newer() || draft.is_newer() {
        return match says_all(base, &draft.meta) {
            true if draft.meta == base.meta => Ready::Goes,
            true if draft.is_newer() => Ready::Carried,
            _ => Ready::Waits,
        };
    }
    match left(Some(draft), base) {
        Left::Draft(merged) if merged.meta == draft.meta => Ready::Yes,
        Left::Draft(merged) => Ready::Merged(merged),
        Left::Nothing => Ready::Goes,
    }
}

/// Whether a record fits the server at all, and, where the account is full, whether it makes it no larger. What is deleted
/// counts nothing there.
pub(crate) fn fits(record: &Record, base: Option<&Record>, full: bool) -> bool {
    let base = base.filter(|base| !base.deleted);
    let grows = !record.deleted && base.is_none_or(|base| record.size() > base.size());
    record.size() <= BYTES_A_RECORD && !(full && grows)
}

/// The first drafts that fit one commit, of (record, bytes) sorted by record. One record alone may pass the bytes.
pub(crate) fn cut(drafts: &[(RecordId, usize)], room: usize) -> usize {
    let mut bytes = 0;
    let fits = |(taken, (_, size)): &(usize, &(RecordId, usize))| {
        bytes += size;
        *taken == 0 || (bytes <= ENVELOPE_BYTES_A_COMMIT && *taken < CHANGES_A_COMMIT.min(room))
    };
    drafts.iter().enumerate().take_while(fits).count()
}

/// The changes of a commit with these records, which forgets those (each with its base's version), sorted as a commit wants.
pub(crate) fn changes(records: &[Record], forgets: &[(RecordId, u64)]) -> Vec<Change> {
    let written = records.iter().map(|record| Change {
        record: record.id,
        version: record.version,
        digest: record.digest(),
        kind: if record.deleted { Kind::Deleted } else { Kind::Live },
    });
    let forgotten = forgets.iter().map(|(id, version)| Change {
        record: *id,
        version: version + 1,
        digest: Digest([0; 32]),
        kind: Kind::Forgotten,
    });
    let mut changes: Vec<Change> = written.chain(forgotten).collect();
    changes.sort_unstable_by_key(|change| change.record);
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafts_are_cut_by_count_and_by_bytes_and_one_always_fits() {
        let drafts = |n: usize, size: usize| vec![(RecordId([1; 16]), size); n];
        assert_eq!(cut(&drafts(500, 800), usize::MAX), CHANGES_A_COMMIT);
        assert_eq!(cut(&drafts(500, 100_000), usize::MAX), ENVELOPE_BYTES_A_COMMIT / 100_000);
        assert_eq!(cut(&drafts(2, 2 * ENVELOPE_BYTES_A_COMMIT), usize::MAX), 1);
        assert_eq!(cut(&[], usize::MAX), 0);
    }
}
