//! Records and directories made for tests.

use std::path::Path;

use keymoor_cache::{Cache, Change, Device, Error, Tag, Tags, View};
use keymoor_protocol::{
    AccountId, ActorId, Class, Commit, Cursor, DeviceId, Envelope, Head, Header, Record, RecordId,
    SignedCommit, VaultId, commit, state::StateHash,
};

/// A record whose envelopes differ with id, version and `salt`.
pub(crate) fn record(id: RecordId, version: u64, salt: u8) -> Record {
    sized(id, version, salt, 256)
}

/// The same with a secret of `size` bytes.
pub(crate) fn sized(id: RecordId, version: u64, salt: u8, size: usize) -> Record {
    let envelope = |class, size| {
        let header = Header { class, id: id.0, version, epoch: 1, schema: 1 };
        Envelope::new(header, &[salt; 32], &[2; 32], &vec![3; size + 16])
    };
    let (meta, secret) = (envelope(Class::Meta, 256), envelope(Class::Secret, size));
    Record { id, version, deleted: false, meta, secret }
}

pub(crate) fn deleted(record: Record) -> Record {
    Record { deleted: true, ..record }
}

pub(crate) fn tags(name: u8, full: u8) -> Tags {
    Tags { name: Tag([name; 16]), full: Tag([full; 16]) }
}

/// Tags that no two numbers share.
pub(crate) fn numbered(n: u64) -> Tags {
    let mut bytes = [0; 16];
    // As spread as a keyed hash is.
    bytes[..8].copy_from_slice(&n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    Tags { name: Tag(bytes), full: Tag(bytes.map(|byte| !byte)) }
}

pub(crate) fn head(byte: u8) -> Head {
    Head([byte; 32])
}

pub(crate) fn device() -> Device {
    Device {
        account: AccountId::generate(),
        vault: VaultId::generate(),
        device: DeviceId::generate(),
        actor: ActorId::generate(),
        keychain: "system".into(),
        epoch: 3,
        document_version: u64::MAX,
        cursor: Cursor { seq: 7, head: head(7) },
        rebuilt: true,
        server: Some("https://sync.example".into()),
        pin: Some([9; 32]),
        last_sync: Some(1_790_000_000_000),
    }
}

pub(crate) fn signed(seq: u64) -> SignedCommit {
    let commit = Commit {
        vault: VaultId([1; 16]),
        seq,
        parent: head(2),
        device: DeviceId([3; 16]),
        epoch: 1,
        document_version: 1,
        written_at: 5,
        changes: vec![],
        state: StateHash([4; 32]),
    };
    SignedCommit { bytes: commit.encode(), tag: commit::Tag([seq as u8; 32]) }
}

pub(crate) fn write<T>(cache: &mut Cache, f: impl FnOnce(&mut Change<'_>) -> Result<T, Error>) -> T {
    cache.write(f).unwrap()
}

pub(crate) fn read<T>(cache: &mut Cache, f: impl FnOnce(&View<'_>) -> Result<T, Error>) -> T {
    cache.read(f).unwrap()
}

/// A second look at the file, past the crate.
pub(crate) fn raw(dir: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(dir.join("keymoor.db")).unwrap()
}

/// Numbers that are the same in every run: splitmix64.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }
}
