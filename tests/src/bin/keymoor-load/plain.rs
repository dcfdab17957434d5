//! The reference: the rows of each commit in a transaction of their own, in one process, without any check.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use keymoor_protocol::state::bucket_of;
use rusqlite::{Connection, Params};

use crate::client::{Client, Signed};

/// The server's tables.
const SCHEMA: [&str; 2] = [
    include_str!("../../../../migrations/server-sqlite/V1__accounts_and_log.sql"),
    include_str!("../../../../migrations/server-sqlite/V2__floor.sql"),
];

/// The rows of one commit.
const STATEMENTS: [&str; 5] = [
    "INSERT INTO history (account_id, record_id, seq, version, deleted, meta, secret, superseded_at) \
     SELECT account_id, record_id, seq, version, deleted, meta, secret, 1 FROM record \
     WHERE account_id = ?1 AND record_id = ?2",
    "REPLACE INTO record (account_id, record_id, version, deleted, digest, bucket, seq, meta, secret) \
     VALUES (?1, ?2, ?3, 0, ?4, ?5, ?3, ?6, ?7)",
    "REPLACE INTO bucket (account_id, bucket, hash) VALUES (?1, ?2, ?3)",
    "INSERT INTO commits (account_id, seq, head, bytes, tag, received_at) VALUES (?1, ?2, ?3, ?4, ?5, 1)",
    "UPDATE vault SET seq = ?2, head = ?3, records = 1, bytes = 1, kept_bytes = ?2 WHERE account_id = ?1",
];

/// A database as the server's, on the same disk.
pub(crate) struct Plain(Connection);

impl Plain {
    /// With the accounts of these clients.
    pub(crate) fn create(path: &Path, clients: &[Client]) -> Self {
        let connection = Connection::open(path).unwrap();
        // As durable as the server, and with as much room.
        let pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; \
                       PRAGMA checkpoint_fullfsync = ON; PRAGMA cache_size = -8000; \
                       PRAGMA wal_autocheckpoint = 4000; PRAGMA foreign_keys = OFF;";
        connection.execute_batch(pragmas).unwrap();
        connection.execute_batch(&SCHEMA.concat()).unwrap();
        for client in clients {
            let sql = "INSERT INTO vault (account_id, vault_id, seq, head, epoch, document_version, records, bytes, \
                       kept_records, kept_bytes) VALUES (?1, ?2, 0, ?3, 0, 0, 0, 0, 0, 0)";
            connection.execute(sql, (client.account.0, client.vault.0, [0; 32])).unwrap();
        }
        Self(connection)
    }

    /// Writes what the clients pushed, in turn; returns how long that took.
    pub(crate) fn write(&mut self, batches: &[Vec<Signed>]) -> Duration {
        let commits = batches.first().map_or(0, Vec::len);
        let begun = Instant::now();
        for at in 0..commits {
            batches.iter().for_each(|batch| self.commit(&batch[at]));
        }
        begun.elapsed()
    }

    fn commit(&self, signed: &Signed) {
        let [history, record, bucket, commit, vault] = STATEMENTS;
        let (account, seq, head) = (&signed.account.0, signed.cursor.seq as i64, &signed.cursor.head.0);
        let (id, envelopes) = (&signed.record.id, [&signed.record.meta, &signed.record.secret]);
        let [meta, secret] = envelopes.map(|envelope| envelope.as_bytes());
        let digest = &signed.record.digest().0;
        self.0.execute_batch("BEGIN IMMEDIATE").unwrap();
        self.run(history, (account, &id.0));
        self.run(record, (account, &id.0, seq, digest, bucket_of(*id), meta, secret));
        self.run(bucket, (account, bucket_of(*id), &signed.bucket));
        self.run(commit, (account, seq, head, &signed.commit.bytes, &signed.commit.tag.0));
        self.run(vault, (account, seq, head));
        self.0.execute_batch("COMMIT").unwrap();
    }

    fn run(&self, sql: &str, params: impl Params) {
        self.0.prepare_cached(sql).unwrap().execute(params).unwrap();
    }
}
