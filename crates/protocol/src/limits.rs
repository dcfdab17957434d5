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

/// What a server allows an account, as `GET /v1/limits` answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            records: 10_000,
            bytes: 50 * 1024 * 1024,
            record_bytes: BYTES_A_RECORD as u64,
            commit_changes: CHANGES_A_COMMIT as u64,
            commit_bytes: ENVELOPE_BYTES_A_COMMIT as u64,
        }
    }
}
