//! A device as the server sees one: it writes commits over records whose seals nobody here opens.

use std::collections::BTreeMap;

use keymoor_protocol::api::{Keys, NewAccount, Push};
use keymoor_protocol::state::{Buckets, Entry};
use keymoor_protocol::{
    AccountId, Change, Class, Commit, Cursor, DeviceId, Digest, Envelope, Header, KeysDocument, Kind, Record,
    RecordId, SignedCommit, Tag, VaultId,
};
use keymoor_server::store::Store;
use sha2::{Digest as _, Sha256};

/// What the account proof is, in every account of these tests.
pub(crate) const PROOF: [u8; 32] = [42; 32];

/// One account's only writer, with all that it has written.
#[derive(Clone)]
pub(crate) struct Author {
    pub(crate) account: AccountId,
    pub(crate) vault: VaultId,
    pub(crate) device: DeviceId,
    pub(crate) cursor: Cursor,
    pub(crate) set: BTreeMap<RecordId, Record>,
}

/// What a commit is to do.
#[derive(Clone, Copy)]
pub(crate) enum Edit {
    /// Writes a record whose `secret` is this many bytes of ciphertext.
    Put(RecordId, usize),
    Delete(RecordId),
    Forget(RecordId),
}

/// A commit that was not sent yet, to be spoilt by whoever wants to.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) commit: Commit,
    pub(crate) records: Vec<Record>,
    set: BTreeMap<RecordId, Record>,
}

impl Draft {
    /// Makes the state hash agree with the changes, as a device would that believes them.
    pub(crate) fn settle(&mut self) {
        let mut entries: BTreeMap<RecordId, Entry> =
            self.set.values().map(|record| (record.id, entry(record))).collect();
        for change in &self.commit.changes {
            let (record, version, digest) = (change.record, change.version, change.digest);
            let deleted = change.kind == Kind::Deleted;
            entries.insert(record, Entry { record, version, digest, deleted });
        }
        self.commit.state = Buckets::of(entries.into_values()).state();
    }

    pub(crate) fn push(&self) -> Push {
        let signed = SignedCommit { bytes: self.commit.encode(), tag: Tag([7; 32]) };
        Push { signed, records: self.records.clone() }
    }
}

impl Author {
    pub(crate) fn new() -> Self {
        Self {
            account: AccountId::generate(),
            vault: VaultId::generate(),
            device: DeviceId::generate(),
            cursor: Cursor::START,
            set: BTreeMap::new(),
        }
    }

    /// An account with registrations that nobody can log in with.
    pub(crate) fn new_account(&self) -> NewAccount {
        NewAccount {
            account: self.account,
            vault: self.vault,
            password: b"password".to_vec(),
            recovery: b"recovery".to_vec(),
            keys: self.keys(1, 1),
            proof_hash: Sha256::digest(PROOF).into(),
        }
    }

    pub(crate) fn keys(&self, version: u64, epoch: u32) -> Keys {
        let document = KeysDocument {
            account: self.account,
            vault: self.vault,
            version,
            epoch,
            wraps: Vec::new(),
            secret_key: envelope(Class::SecretKey, [0; 16], 1, 64),
            previous: Vec::new(),
            more: Vec::new(),
            mac: [1; 32],
        };
        Keys { version, epoch, document: document.encode() }
    }

    /// The next commit.
    pub(crate) fn draft(&self, edits: &[Edit]) -> Draft {
        let mut set = self.set.clone();
        let (mut changes, mut records) = (Vec::new(), Vec::new());
        for edit in edits {
            let (Edit::Put(id, _) | Edit::Delete(id) | Edit::Forget(id)) = *edit;
            let version = set.get(&id).map_or(0, |record| record.version) + 1;
            let record = match *edit {
                Edit::Put(_, size) => Some(record(id, version, false, size)),
                Edit::Delete(_) => Some(record(id, version, true, 64)),
                Edit::Forget(_) => None,
            };
            let (kind, digest) = match &record {
                Some(record) if record.deleted => (Kind::Deleted, record.digest()),
                Some(record) => (Kind::Live, record.digest()),
                None => (Kind::Forgotten, Digest([0; 32])),
            };
            changes.push(Change { record: id, version, digest, kind });
            match record {
                Some(record) => {
                    set.insert(id, record.clone());
                    records.push(record);
                }
                None => drop(set.remove(&id)),
            }
        }
        changes.sort_by_key(|change| change.record);
        records.sort_by_key(|record| record.id);
        let commit = Commit {
            vault: self.vault,
            seq: self.cursor.seq + 1,
            parent: self.cursor.head,
            device: self.device,
            epoch: 1,
            document_version: 1,
            written_at: 1_790_000_000_000,
            changes,
            state: Buckets::of(set.values().map(entry)).state(),
        };
        Draft { commit, records, set }
    }

    /// The server has taken it.
    pub(crate) fn taken(&mut self, draft: Draft) -> Cursor {
        self.cursor = Cursor { seq: draft.commit.seq, head: draft.push().signed.head() };
        self.set = draft.set;
        self.cursor
    }

    /// A commit that is counted as taken.
    pub(crate) fn write(&mut self, edits: &[Edit]) -> Push {
        let draft = self.draft(edits);
        let push = draft.push();
        self.taken(draft);
        push
    }
}

/// An author whose account the store has.
pub(crate) async fn started<S: Store>(store: &S) -> Author {
    let author = Author::new();
    store.create_account(author.new_account(), 1).await.unwrap();
    author
}

pub(crate) fn record(id: RecordId, version: u64, deleted: bool, size: usize) -> Record {
    let meta = envelope(Class::Meta, id.0, version, 256);
    Record { id, version, deleted, meta, secret: envelope(Class::Secret, id.0, version, size) }
}

pub(crate) fn envelope(class: Class, id: [u8; 16], version: u64, size: usize) -> Envelope {
    let header = Header { class, id, version, epoch: 1, schema: 1 };
    Envelope::new(header, &[1; 32], &[2; 32], &vec![version as u8; size + 16])
}

fn entry(record: &Record) -> Entry {
    Entry { record: record.id, version: record.version, digest: record.digest(), deleted: record.deleted }
}
