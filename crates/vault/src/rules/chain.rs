//! Verifying the links of the log: tag, vault, number, parent, epoch, document version.

use std::collections::{BTreeMap, BTreeSet};

use keymoor_protocol::state::{Buckets, StateHash};
use keymoor_protocol::{Change, Commit, Cursor, Head, Kind, RecordId, SignedCommit, VaultId};
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

/// What a chain proves (rule 8).
pub(crate) struct Proved {
    /// The last commit that this device knew, too.
    pub(crate) ancestor: u64,
    /// The commits after it, and the newest one in any case.
    pub(crate) chain: Vec<(Cursor, SignedCommit)>,
    /// The newest commit, its epoch and its document version.
    pub(crate) known: Known,
    /// The state hash that it states; that of nothing for an empty log.
    pub(crate) state: StateHash,
    /// For each record of the live set the commit that wrote it, and what that says of it.
    pub(crate) written: BTreeMap<RecordId, (u64, Change)>,
    /// The records that it forgot: no server takes their ids again.
    pub(crate) forgotten: BTreeSet<RecordId>,
    /// The heads of the whole log.
    heads: BTreeSet<[u8; 32]>,
}

impl Proved {
    /// Whether a commit that was frozen here is in the log: then it was accepted, and the answer was lost. It may lie before
    /// the ancestor, where an older copy of a cache begins at the keychain's mark.
    pub(crate) fn has(&self, frozen: &SignedCommit) -> bool {
        self.heads.contains(&frozen.head().0)
    }
}

/// A server's log, followed from its first commit to the head that it claims: whoever claims an ancestor has to prove it.
pub(crate) struct Proving {
    proved: Proved,
    head: Cursor,
}

impl Proving {
    /// Towards `head`.
    pub(crate) fn begin(vault: VaultId, head: Cursor) -> Self {
        let proved = Proved {
            ancestor: 0,
            chain: Vec::new(),
            known: Known::start(vault),
            state: Buckets::default().state(),
            written: BTreeMap::new(),
            forgotten: BTreeSet::new(),
            heads: BTreeSet::new(),
        };
        Self { proved, head }
    }

    /// The next commit to ask for; `None` at the end.
    pub(crate) fn next(&self) -> Option<u64> {
        let seq = self.proved.known.cursor.seq;
        (seq < self.head.seq).then_some(seq + 1)
    }

    /// Follows the next commits. What lies beyond the head is not looked at.
    pub(crate) fn follow(&mut self, root: &RootKey, commits: Vec<SignedCommit>) -> Result<(), Alarm> {
        if commits.is_empty() {
            return Err(Alarm::ChainBroken); // it would never end
        }
        for signed in commits {
            if self.next().is_none() {
                break;
            }
            let commit = self.proved.known.follow(root, &signed)?;
            for change in commit.changes {
                if change.kind == Kind::Forgotten {
                    self.proved.forgotten.insert(change.record);
                    self.proved.written.remove(&change.record);
                } else {
                    self.proved.written.insert(change.record, (commit.seq, change));
                }
            }
            self.proved.state = commit.state;
            self.proved.heads.insert(signed.head().0);
            self.proved.chain.push((self.proved.known.cursor, signed));
        }
        Ok(())
    }

    /// What the whole log proves to a device that knows these heads and is itself at `here`. A head beyond that is one that
    /// a kit or the keychain states: a log without it is an older one.
    pub(crate) fn end(self, heads: &BTreeMap<u64, Head>, here: u64) -> Result<Proved, Alarm> {
        let mut proved = self.proved;
        if proved.known.cursor != self.head {
            return Err(Alarm::ChainBroken);
        }
        let has = |seq: u64, head: &Head| {
            proved.chain.iter().any(|(cursor, _)| (cursor.seq, &cursor.head) == (seq, head))
        };
        if heads.iter().any(|(seq, head)| *seq > here && !has(*seq, head)) {
            return Err(Alarm::RolledBack);
        }
        let common =
            proved.chain.iter().rev().find(|(cursor, _)| heads.get(&cursor.seq) == Some(&cursor.head));
        let ancestor = common.map_or(0, |(cursor, _)| cursor.seq);
        proved.ancestor = ancestor;
        proved.chain.retain(|(cursor, _)| cursor.seq > ancestor || cursor.seq == self.head.seq);
        Ok(proved)
    }
}
