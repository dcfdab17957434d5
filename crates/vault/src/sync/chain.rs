//! Verifying the links of the log: tag, vault, number, parent, epoch, document version.

use keymoor_protocol::{Commit, Cursor, SignedCommit, VaultId};
use keymoor_sealing::RootKey;
use keymoor_sealing::commit::verify;

use crate::error::Alarm;

/// How far the log is known, and what may not fall from here on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) vault: VaultId,
    pub(crate) cursor: Cursor,
    pub(crate) epoch: u32,
    pub(crate) document_version: u64,
}

impl Known {
    /// Before the first commit of a vault's log.
    pub(crate) fn start(vault: VaultId) -> Self {
        Self { vault, cursor: Cursor::START, epoch: 0, document_version: 0 }
    }

    /// Checks the next commit and moves on. `root` verifies its own epoch alone: a commit of another one is refused, until
    /// there is a way by which a device gets the key of a new epoch.
    pub(crate) fn follow(&mut self, root: &RootKey, signed: &SignedCommit) -> Result<Commit, Alarm> {
        let commit = verify(root, signed).map_err(|_| Alarm::ChainBroken)?;
        let follows = commit.vault == self.vault
            && commit.seq == self.cursor.seq + 1
            && commit.parent == self.cursor.head
            && commit.epoch >= self.epoch
            && commit.document_version >= self.document_version;
        if !follows {
            return Err(Alarm::ChainBroken);
        }
        self.cursor = Cursor { seq: commit.seq, head: signed.head() };
        (self.epoch, self.document_version) = (commit.epoch, commit.document_version);
        Ok(commit)
    }
}
