//! The state hash: one hash over the whole live set, kept in 256 buckets so that a change costs one bucket.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::base64url;
use crate::ids::RecordId;
use crate::record::Digest;

/// The hash of a vault's live set, tombstones included.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StateHash(#[serde(with = "base64url")] pub [u8; 32]);

impl fmt::Debug for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(6).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One record of the live set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Which record.
    pub record: RecordId,
    /// Its version.
    pub version: u64,
    /// Its digest.
    pub digest: Digest,
    /// Whether it is a tombstone.
    pub deleted: bool,
}

/// The bucket of a record: the last byte of its id, which is random in a UUIDv7.
pub fn bucket_of(record: RecordId) -> u8 {
    record.0[15]
}

/// The hashes of the 256 buckets.
#[derive(Clone, PartialEq, Eq)]
pub struct Buckets(pub [[u8; 32]; 256]);

impl Default for Buckets {
    fn default() -> Self {
        Self([[0; 32]; 256])
    }
}

impl Buckets {
    /// The buckets of a whole set, in any order.
    pub fn of(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut sorted: Vec<Entry> = entries.into_iter().collect();
        sorted.sort_unstable_by_key(|entry| (bucket_of(entry.record), entry.record));
        let mut buckets = Self::default();
        for chunk in sorted.chunk_by(|a, b| bucket_of(a.record) == bucket_of(b.record)) {
            buckets.0[usize::from(bucket_of(chunk[0].record))] = bucket_hash(chunk.iter().copied());
        }
        buckets
    }

    /// `SHA-256("keymoor/v1/state" ‖ the 256 bucket hashes)`.
    pub fn state(&self) -> StateHash {
        let mut hash = Sha256::new_with_prefix(b"keymoor/v1/state");
        self.0.iter().for_each(|bucket| hash.update(bucket));
        StateHash(hash.finalize().into())
    }
}

/// The hash of one bucket, whose entries come sorted by record id: SHA-256 over `"keymoor/v1/bucket"` and `(record 16 |
/// version u64 | digest 32 | deleted u8)` each, or 32 zero bytes when there are none.
pub fn bucket_hash(sorted: impl IntoIterator<Item = Entry>) -> [u8; 32] {
    let mut entries = sorted.into_iter().peekable();
    if entries.peek().is_none() {
        return [0; 32];
    }
    let mut hash = Sha256::new_with_prefix(b"keymoor/v1/bucket");
    for entry in entries {
        hash.update(entry.record.0);
        hash.update(entry.version.to_be_bytes());
        hash.update(entry.digest.0);
        hash.update([u8::from(entry.deleted)]);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: u8, version: u64) -> Entry {
        Entry { record: RecordId([id; 16]), version, digest: Digest([id; 32]), deleted: false }
    }

    #[test]
    fn the_order_of_arrival_does_not_matter_and_everything_else_does() {
        let hash = |entries: &[Entry]| Buckets::of(entries.iter().copied()).state();
        let mut twin = entry(1, 1);
        twin.record.0[0] = 0; // same bucket, smaller id
        assert_eq!(hash(&[entry(1, 1), twin, entry(2, 1)]), hash(&[entry(2, 1), twin, entry(1, 1)]));
        assert_ne!(hash(&[entry(1, 1)]), hash(&[entry(1, 2)]));
        assert_ne!(hash(&[entry(1, 1)]), hash(&[Entry { deleted: true, ..entry(1, 1) }]));
        assert_ne!(hash(&[entry(1, 1)]), hash(&[]));
    }

    #[test]
    fn one_bucket_recomputed_is_the_whole_set_recomputed() {
        let mut buckets = Buckets::of([entry(1, 1), entry(2, 1)]);
        buckets.0[2] = bucket_hash([entry(2, 5)]);
        assert!(buckets == Buckets::of([entry(2, 5), entry(1, 1)]));
        buckets.0[2] = bucket_hash([]);
        assert_eq!(buckets.state(), Buckets::of([entry(1, 1)]).state());
    }
}
