//! What one request, record, vault and credential may hold. The server advertises these; devices plan by them.

use serde::{Deserialize, Serialize};

/// Changes in one commit.
pub const CHANGES_A_COMMIT: usize = 200;
/// Bytes of envelopes in one commit. A single record may pass it, so that alternates never block a sync.
pub const ENVELOPE_BYTES_A_COMMIT: usize = 1024 * 1024;
/// Bytes of the two envelopes of one record.
pub const BYTES_A_RECORD: usize = 512 * 1024;
/// Bytes of a credential as entered: the sum of its fields.
pub const BYTES_A_CREDENTIAL: usize = 64 * 1024;
/// Bytes of a request's body: a full commit in base64 and its JSON, rounded up.
pub const BYTES_A_REQUEST: usize = 2 * 1024 * 1024;

const DAY_S: u64 = 24 * 60 * 60;

/// What a server allows an account and keeps for it, as `GET /v1/limits` answers. What an older server leaves out is the
/// default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Live, undeleted records an account.
    pub records: u64,
    /// Bytes of the envelopes of live, undeleted records an account.
    pub bytes: u64,
    /// Bytes of one record's envelopes.
    pub record_bytes: u64,
    /// Changes in one commit.
    pub commit_changes: u64,
    /// Bytes of one commit's envelopes.
    pub commit_bytes: u64,
    /// Earlier versions that are kept of each record, however old.
    pub history_versions: u64,
    /// Seconds for which more of them are kept.
    pub history_seconds: u64,
    /// Seconds for which commits can be pulled after they came, unless there are very many; a device that was away for longer
    /// takes a snapshot.
    pub log_seconds: u64,
    /// Commits that can be pulled at least, unless they are older.
    pub log_commits: u64,
    /// Seconds of silence after which `GET /v1/events` sends a sign of life.
    pub keep_alive_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            records: 10_000,
            bytes: 50 * 1024 * 1024,
            record_bytes: BYTES_A_RECORD as u64,
            commit_changes: CHANGES_A_COMMIT as u64,
            commit_bytes: ENVELOPE_BYTES_A_COMMIT as u64,
            history_versions: 20,
            history_seconds: 90 * DAY_S,
            log_seconds: 180 * DAY_S,
            log_commits: 10_000,
            keep_alive_seconds: 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_server_leaves_out_is_the_default() {
        let older = r#"{"records":5,"bytes":1000,"record_bytes":100,"commit_changes":2,"commit_bytes":200}"#;
        let read: Limits = serde_json::from_str(older).unwrap();
        let expected = Limits {
            records: 5,
            bytes: 1000,
            record_bytes: 100,
            commit_changes: 2,
            commit_bytes: 200,
            ..Limits::default()
        };
        assert_eq!(read, expected);
    }
}
