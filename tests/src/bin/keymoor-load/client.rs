//! An account with one record, and its commits, signed in advance.

use keymoor_protocol::{
    AccountId, Change, Class, Commit, Cursor, DeviceId, Envelope, Header, KeysDocument, Kind, Record,
    RecordId, SignedCommit, Tag, VaultId,
    api::{Keys, NewAccount, Push},
    base64url,
    opaque::LoginKind,
    state::{Buckets, Entry},
};
use keymoor_remote::Remote;

use crate::line::{Hints, Line};

/// Bytes of ciphertext in each of a record's envelopes: what most credentials take.
const SEALED: usize = 256 + 16;

/// Who pushes.
pub(crate) struct Client {
    pub(crate) account: AccountId,
    pub(crate) vault: VaultId,
    pub(crate) line: Line,
    device: DeviceId,
    record: RecordId,
    cursor: Cursor,
    token: String,
    host: String,
}

/// A commit as it is sent, and the parts that become rows.
pub(crate) struct Signed {
    pub(crate) request: Vec<u8>,
    pub(crate) account: AccountId,
    pub(crate) cursor: Cursor,
    pub(crate) commit: SignedCommit,
    pub(crate) record: Record,
    /// The hash of the record's bucket.
    pub(crate) bucket: [u8; 32],
}

impl Client {
    /// A new account with a session.
    pub(crate) fn register(url: &str) -> Self {
        let (account, vault, device) = (AccountId::generate(), VaultId::generate(), DeviceId::generate());
        let remote = Remote::new(url, None).unwrap();
        let register = |kind| remote.register(account, kind, b"a secret").unwrap();
        let document = KeysDocument {
            account,
            vault,
            version: 1,
            epoch: 1,
            wraps: Vec::new(),
            secret_key: envelope(Class::SecretKey, [0; 16], 1),
            previous: Vec::new(),
            more: Vec::new(),
            mac: [1; 32],
        };
        let new = NewAccount {
            account,
            vault,
            password: register(LoginKind::Password),
            recovery: register(LoginKind::Recovery),
            keys: Keys { version: 1, epoch: 1, document: document.encode() },
            proof_hash: [1; 32],
        };
        remote.create_account(&new).unwrap();
        let session = remote.log_in(account, LoginKind::Password, device, b"a secret").unwrap();
        Self {
            account,
            vault,
            line: Line::to(url),
            device,
            record: RecordId::generate(),
            cursor: Cursor::START,
            token: session.access_token.clone(),
            host: url.trim_start_matches("http://").to_owned(),
        }
    }

    /// The next commits: each writes the record anew.
    pub(crate) fn sign(&mut self, count: usize) -> Vec<Signed> {
        (0..count).map(|_| self.next()).collect()
    }

    fn next(&mut self) -> Signed {
        let (id, version) = (self.record, self.cursor.seq + 1);
        let (meta, secret) = (envelope(Class::Meta, id.0, version), envelope(Class::Secret, id.0, version));
        let record = Record { id, version, deleted: false, meta, secret };
        let digest = record.digest();
        let state = Buckets::of([Entry { record: id, version, digest, deleted: false }]);
        let commit = Commit {
            vault: self.vault,
            seq: version,
            parent: self.cursor.head,
            device: self.device,
            epoch: 1,
            document_version: 1,
            written_at: 1_790_000_000_000,
            changes: vec![Change { record: id, version, digest, kind: Kind::Live }],
            state: state.state(),
        };
        let commit = SignedCommit { bytes: commit.encode(), tag: Tag([7; 32]) };
        self.cursor = Cursor { seq: version, head: commit.head() };
        let push = Push { signed: commit.clone(), records: vec![record.clone()] };
        let path = format!("/v1/vaults/{}/commits", self.vault);
        let request = self.request("POST", &path, &serde_json::to_vec(&push).unwrap());
        let bucket = state.0[usize::from(id.0[15])];
        Signed { request, account: self.account, cursor: self.cursor, commit, record, bucket }
    }

    /// The number of its newest commit.
    pub(crate) fn seq(&self) -> u64 {
        self.cursor.seq
    }

    /// Asks for news after the newest commit.
    pub(crate) fn poll(&self) -> Vec<u8> {
        let (seq, head) = (self.cursor.seq, base64url::encode(&self.cursor.head.0));
        self.request("GET", &format!("/v1/vaults/{}/commits?after={seq}&head={head}", self.vault), &[])
    }

    /// A stream of hints, on a connection of its own.
    pub(crate) fn hints(&self) -> Hints {
        let line = Line::to(&format!("http://{}", self.host));
        Hints::of(line, &self.request("GET", "/v1/events", &[]))
    }

    /// Asks for what takes the server nothing.
    pub(crate) fn nothing(&self) -> Vec<u8> {
        self.request("GET", "/healthz", &[])
    }

    fn request(&self, method: &str, path: &str, body: &[u8]) -> Vec<u8> {
        let (host, token, length) = (&self.host, &self.token, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        [head.as_bytes(), body].concat()
    }
}

/// An envelope whose seal nobody here could open: the server cannot either.
fn envelope(class: Class, id: [u8; 16], version: u64) -> Envelope {
    let header = Header { class, id, version, epoch: 1, schema: 1 };
    Envelope::new(header, &[1; 32], &[2; 32], &[version as u8; SEALED])
}
