//! A commit: one link of a vault's hash-chained log, authenticated by a key that the server lacks.
//!
//! Bytes `B`: `magic "KMC1" | vault 16 | seq u64 | parent 32 | device 16 | epoch u32 | document version u64 |
//! written at u64 | count u32 | count × (record 16 | version u64 | digest 32 | kind u8) | state hash 32`, integers
//! big-endian, changes sorted by record id, each record at most once. `tag = HMAC-SHA256(commit key,
//! "keymoor/v1/commit" ‖ B)`, `head = SHA-256("keymoor/v1/head" ‖ B ‖ tag)`.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::base64url;
use crate::bytes::{Malformed, Reader, Writer};
use crate::ids::{DeviceId, RecordId, VaultId};
use crate::record::Digest;
use crate::state::StateHash;

const MAGIC: &[u8; 4] = b"KMC1";

macro_rules! hash {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(#[serde(with = "base64url")] pub [u8; 32]);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().take(6).try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    };
}

hash!(
    /// The hash of a commit with its tag, and so of everything before it.
    Head
);
hash!(
    /// The HMAC-SHA256 by which a commit is known to come from a device of this account.
    Tag
);

impl Head {
    /// The parent of commit 1.
    pub const EMPTY: Self = Self([0; 32]);
}

/// How far a log is known: the last commit's number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The last commit's number, 0 before the first.
    pub seq: u64,
    /// Its hash.
    pub head: Head,
}

impl Cursor {
    /// Before the first commit.
    pub const START: Self = Self { seq: 0, head: Head::EMPTY };
}

/// What a commit does to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// It is there.
    Live = 1,
    /// It is in the trash: a tombstone that keeps its sealed values.
    Deleted = 2,
    /// It leaves the set for good; its digest is zero.
    Forgotten = 3,
}

/// One record's part in a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Which record.
    pub record: RecordId,
    /// Its new version: the stored one plus 1.
    pub version: u64,
    /// The digest of its new envelopes; zero when forgotten.
    pub digest: Digest,
    /// What becomes of it.
    pub kind: Kind,
}

/// The content of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Whose log.
    pub vault: VaultId,
    /// Its number: the parent's plus 1.
    pub seq: u64,
    /// The hash of the commit before.
    pub parent: Head,
    /// Who wrote it.
    pub device: DeviceId,
    /// The epoch of the root key that authenticates it; never below the parent's.
    pub epoch: u32,
    /// The version of the keys document that the writer knew.
    pub document_version: u64,
    /// Milliseconds since 1970, by the writer's clock. Information only: no rule reads it.
    pub written_at: u64,
    /// What changes, sorted by record id.
    pub changes: Vec<Change>,
    /// The hash of the live set after it.
    pub state: StateHash,
}

impl Commit {
    /// The bytes that are authenticated.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new(MAGIC)
            .raw(&self.vault.0)
            .u64(self.seq)
            .raw(&self.parent.0)
            .raw(&self.device.0)
            .u32(self.epoch)
            .u64(self.document_version)
            .u64(self.written_at)
            .u32(self.changes.len() as u32);
        for change in &self.changes {
            writer =
                writer.raw(&change.record.0).u64(change.version).raw(&change.digest.0).u8(change.kind as u8);
        }
        writer.raw(&self.state.0).finish()
    }

    /// Reads what [`Commit::encode`] wrote. Unsorted or repeated records are malformed, so that one content has
    /// exactly one encoding.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, MAGIC)?;
        let mut commit = Self {
            vault: VaultId(reader.array()?),
            seq: reader.u64()?,
            parent: Head(reader.array()?),
            device: DeviceId(reader.array()?),
            epoch: reader.u32()?,
            document_version: reader.u64()?,
            written_at: reader.u64()?,
            changes: Vec::new(),
            state: StateHash([0; 32]),
        };
        for _ in 0..reader.u32()? {
            commit.changes.push(Change {
                record: RecordId(reader.array()?),
                version: reader.u64()?,
                digest: Digest(reader.array()?),
                kind: match reader.u8()? {
                    1 => Kind::Live,
                    2 => Kind::Deleted,
                    3 => Kind::Forgotten,
                    _ => return Err(Malformed),
                },
            });
        }
        commit.state = StateHash(reader.array()?);
        reader.end()?;
        let sorted = commit.changes.windows(2).all(|pair| pair[0].record < pair[1].record);
        let forgotten_are_empty =
            commit.changes.iter().all(|c| (c.kind == Kind::Forgotten) == (c.digest == Digest([0; 32])));
        if sorted && forgotten_are_empty { Ok(commit) } else { Err(Malformed) }
    }
}

/// A commit's exact bytes with their tag, as they are stored and sent. They are never encoded anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedCommit {
    /// The bytes `B`.
    #[serde(rename = "commit", with = "base64url")]
    pub bytes: Vec<u8>,
    /// Their tag.
    pub tag: Tag,
}

impl SignedCommit {
    /// `SHA-256("keymoor/v1/head" ‖ B ‖ tag)`.
    pub fn head(&self) -> Head {
        let hash =
            Sha256::new_with_prefix(b"keymoor/v1/head").chain_update(&self.bytes).chain_update(self.tag.0);
        Head(hash.finalize().into())
    }

    /// Its content. That the tag is right is for a device to check.
    pub fn commit(&self) -> Result<Commit, Malformed> {
        Commit::decode(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit() -> Commit {
        let change = |id, kind, digest| Change {
            record: RecordId([id; 16]),
            version: 2,
            digest: Digest([digest; 32]),
            kind,
        };
        Commit {
            vault: VaultId([1; 16]),
            seq: 7,
            parent: Head([2; 32]),
            device: DeviceId([3; 16]),
            epoch: 1,
            document_version: 1,
            written_at: 1_790_000_000_000,
            changes: vec![
                change(1, Kind::Live, 9),
                change(2, Kind::Deleted, 8),
                change(3, Kind::Forgotten, 0),
            ],
            state: StateHash([4; 32]),
        }
    }

    #[test]
    fn bytes_come_back_and_every_cut_is_refused() {
        let bytes = commit().encode();
        assert_eq!(Commit::decode(&bytes), Ok(commit()));
        for cut in 0..bytes.len() {
            assert!(Commit::decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn unsorted_repeated_and_wrongly_forgotten_changes_are_refused() {
        let mut unsorted = commit();
        unsorted.changes.swap(0, 1);
        let mut repeated = commit();
        repeated.changes[1].record = repeated.changes[0].record;
        let mut forgotten = commit();
        forgotten.changes[2].digest = Digest([1; 32]);
        for commit in [unsorted, repeated, forgotten] {
            assert_eq!(Commit::decode(&commit.encode()), Err(Malformed));
        }
    }

    #[test]
    fn the_head_covers_bytes_and_tag() {
        let signed = SignedCommit { bytes: commit().encode(), tag: Tag([5; 32]) };
        assert_ne!(signed.head(), SignedCommit { tag: Tag([6; 32]), ..signed.clone() }.head());
        assert_ne!(signed.head(), SignedCommit { bytes: vec![1], ..signed.clone() }.head());
    }
}
