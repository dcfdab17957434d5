//! What a server refused during one sync, and what to send in spite of it.
//!
//! A definite refusal frees the outbox: the frozen commit is let go, and what can pass goes on passing. That is safe even
//! where the refusal was no truth. Had the commit been accepted, the next pull brings it; its records say what the drafts
//! say, or an earlier state of them, so that merging makes them the base and adds nothing. Its stamps are this device's
//! own and known here, and records that it forgot are forgotten. So nothing is lost or doubled by letting it go; only a
//! commit whose fate is unknown has to stay frozen (rule 2).

use std::collections::BTreeSet;

use keymoor_protocol::RecordId;
use keymoor_protocol::api::Push;
use keymoor_protocol::limits::CHANGES_A_COMMIT;

use crate::error::ServerProblem;

/// Refusals without anything accepted in between after which a server is left alone until the next sync.
const IN_A_ROW: usize = 24;

/// What the next commit may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Room {
    /// How many changes.
    pub(crate) changes: usize,
    /// Whether only those that do not make the account larger.
    pub(crate) full: bool,
    /// Records that wait: the server refused a commit of that change alone.
    pub(crate) aside: BTreeSet<RecordId>,
    /// Deleted records that were held for long enough: they are forgotten.
    pub(crate) due: BTreeSet<RecordId>,
}

impl Default for Room {
    fn default() -> Self {
        Self { changes: CHANGES_A_COMMIT, full: false, aside: BTreeSet::new(), due: BTreeSet::new() }
    }
}

/// The refusals of one sync.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    room: Room,
    /// Why records were put aside.
    aside: Option<ServerProblem>,
    /// A commit called invalid was planned anew after a pull and tried once more.
    tried_again: bool,
    /// The full account took something since.
    freed: bool,
    in_a_row: usize,
}

impl Refused {
    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// A commit was refused, and let go here. Whether to go on with what else there is.
    ///
    /// A full account gets what does not grow it. A commit called invalid is planned anew once. Otherwise it is halved until
    /// the one change is found that the server does not take; that one waits, and the others pass.
    pub(crate) fn refused(&mut self, problem: ServerProblem, push: &Push) -> bool {
        self.in_a_row += 1;
        let changes = push.signed.commit().map(|commit| commit.changes).unwrap_or_default();
        match (problem, &changes[..]) {
            (_, []) => return false,
            (ServerProblem::OverQuota, _) if !self.room.full => (self.room.full, self.freed) = (true, false),
            (ServerProblem::CommitRefused, _) if !self.tried_again => self.tried_again = true,
            (_, [only]) => {
                self.room.aside.insert(only.record);
                self.aside = Some(problem);
            }
            (_, several) => self.room.changes = several.len() / 2,
        }
        self.in_a_row < IN_A_ROW
    }

    pub(crate) fn accepted(&mut self) {
        self.in_a_row = 0;
        self.room.changes = (self.room.changes * 2).min(CHANGES_A_COMMIT);
        self.freed = self.room.full;
    }

    /// Nothing is left that fits the room. Whether there may be room for more by now.
    pub(crate) fn try_all(&mut self) -> bool {
        let again = self.room.full && self.freed;
        self.room.full &= !again;
        again
    }

    /// Why something waits, at the end.
    pub(crate) fn problem(&self) -> Option<ServerProblem> {
        self.aside.or(self.room.full.then_some(ServerProblem::OverQuota))
    }
}

#[cfg(test)]
mod tests {
    use keymoor_protocol::{Change, Commit, DeviceId, Digest, Head, Kind, VaultId};
    use keymoor_sealing::RootKey;
    use keymoor_sealing::commit::sign;

    use super::*;

    fn commit(changes: usize) -> Push {
        let change = |number| Change {
            record: RecordId([number as u8; 16]),
            version: 1,
            digest: Digest([0; 32]),
            kind: Kind::Forgotten,
        };
        let commit = Commit {
            vault: VaultId([1; 16]),
            seq: 1,
            parent: Head::EMPTY,
            device: DeviceId([2; 16]),
            epoch: 1,
            document_version: 1,
            written_at: 0,
            changes: (0..changes).map(change).collect(),
            state: keymoor_protocol::state::Buckets::default().state(),
        };
        Push { signed: sign(&RootKey::from_bytes(1, [3; 32]), &commit), records: Vec::new() }
    }

    #[test]
    fn a_full_account_gets_what_does_not_grow_it_and_is_tried_again_once_that_passed() {
        let mut refused = Refused::default();
        assert!(refused.refused(ServerProblem::OverQuota, &commit(9)) && refused.room().full);
        assert!(!refused.try_all(), "nothing was freed");
        assert_eq!(refused.problem(), Some(ServerProblem::OverQuota));
        refused.accepted();
        assert!(refused.try_all() && !refused.room().full && refused.problem().is_none());
    }

    #[test]
    fn the_one_that_is_refused_is_found_and_the_room_comes_back() {
        let mut refused = Refused::default();
        let mut sizes = Vec::new();
        let mut size = 200;
        while refused.room().aside.is_empty() {
            sizes.push(size);
            assert!(refused.refused(ServerProblem::TooLarge, &commit(size)));
            size = refused.room().changes;
        }
        assert_eq!(sizes, [200, 100, 50, 25, 12, 6, 3, 1]);
        assert_eq!(refused.problem(), Some(ServerProblem::TooLarge));
        for _ in 0..8 {
            refused.accepted();
        }
        assert_eq!(refused.room().changes, CHANGES_A_COMMIT);
    }

    #[test]
    fn an_invalid_commit_has_one_second_try_and_no_server_is_asked_for_ever() {
        let mut refused = Refused::default();
        assert!(refused.refused(ServerProblem::CommitRefused, &commit(2)));
        assert_eq!(refused.room(), &Room::default());
        assert!(refused.refused(ServerProblem::CommitRefused, &commit(2)));
        assert_eq!(refused.room().changes, 1);
        let more = (0..1000).take_while(|_| refused.refused(ServerProblem::CommitRefused, &commit(1)));
        assert!(more.count() < IN_A_ROW);
        assert!(
            !Refused::default().refused(ServerProblem::OverQuota, &commit(0)),
            "an empty one has no parts"
        );
    }
}
