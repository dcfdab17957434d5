//! What comes next in a sync: pull, verify, merge; freeze, push; until nothing is left.

use keymoor_protocol::api::Push;

use crate::error::ServerProblem;
use crate::rules::refused::{Refused, Room};

/// Rounds of pull and push before somebody else's writing counts as endless.
const ROUNDS: usize = 100;

/// Live sets taken before a server counts as one that keeps nothing.
const SNAPSHOTS: usize = 4;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Fetch the commits after the cursor, and apply them.
    Pull,
    /// Take the live set, prove it by the whole chain, reconcile.
    Snapshot,
    /// Compare the keys document, if the log names a newer one, and see whether anything waits.
    Look,
    /// Freeze the next commit.
    Freeze,
    /// Send what is frozen.
    Push,
    /// It is done; a problem is why something still waits.
    Done(Option<ServerProblem>),
}

/// One sync under way.
#[derive(Debug)]
pub(crate) struct Exchange {
    next: Next,
    rounds: usize,
    snapshots: usize,
    refused: Refused,
}

impl Exchange {
    /// Begins. A cache that was `rebuilt` knows of the server only what the keychain had: it takes a snapshot (rule 18).
    pub(crate) fn begin(rebuilt: bool) -> Self {
        let next = if rebuilt { Next::Snapshot } else { Next::Pull };
        Self { next, rounds: 0, snapshots: 0, refused: Refused::default() }
    }

    pub(crate) fn next(&self) -> &Next {
        &self.next
    }

    /// What a commit may hold.
    pub(crate) fn room(&self) -> &Room {
        self.refused.room()
    }

    /// A page was applied, or another process did it first.
    pub(crate) fn applied(&mut self, more: bool) {
        self.next = if more { Next::Pull } else { Next::Look };
    }

    /// The log does not continue from here, or not with pages.
    pub(crate) fn does_not_follow(&mut self) {
        self.next = Next::Snapshot;
    }

    /// The live set was taken.
    pub(crate) fn reconciled(&mut self) {
        self.snapshots += 1;
        self.next = Next::Look;
    }

    /// Whether anything waits to be sent.
    pub(crate) fn looked(&mut self, waits: bool) {
        self.next = if waits { Next::Freeze } else { Next::Done(None) };
    }

    /// Whether there was anything that fits the room, and is frozen now.
    pub(crate) fn froze(&mut self, anything: bool) {
        if anything {
            self.next = Next::Push;
        } else if self.refused.try_all() {
            self.again();
        } else {
            self.next = Next::Done(self.refused.problem());
        }
    }

    /// The server took it.
    pub(crate) fn accepted(&mut self) {
        self.refused.accepted();
        // What it takes is no waiting for somebody else, unless it keeps nothing of it and is filled again and again.
        if self.snapshots < SNAPSHOTS {
            self.rounds = 0;
        }
        self.again();
    }

    /// Another commit came first: the next pull brings it.
    pub(crate) fn head_moved(&mut self) {
        self.again();
    }

    /// The server refused it for good, and it was let go here.
    pub(crate) fn refused(&mut self, problem: ServerProblem, push: &Push) {
        if self.refused.refused(problem, push) {
            self.again();
        } else {
            self.next = Next::Done(Some(problem));
        }
    }

    /// The commit was let go, and is to be planned anew after a pull.
    pub(crate) fn again(&mut self) {
        self.rounds += 1;
        self.next = if self.rounds < ROUNDS { Next::Pull } else { Next::Done(Some(ServerProblem::Refused)) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sync_with_nothing_new_is_one_pull() {
        let mut exchange = Exchange::begin(false);
        assert_eq!(exchange.next(), &Next::Pull);
        exchange.applied(false);
        assert_eq!(exchange.next(), &Next::Look);
        exchange.looked(false);
        assert_eq!(exchange.next(), &Next::Done(None));
    }

    #[test]
    fn what_the_server_takes_goes_on_for_as_many_commits_as_it_needs() {
        let mut exchange = Exchange::begin(false);
        for _ in 0..3 * ROUNDS {
            assert_eq!(exchange.next(), &Next::Pull);
            exchange.applied(false);
            exchange.looked(true);
            exchange.froze(true);
            exchange.accepted();
        }
        exchange.applied(false);
        exchange.looked(false);
        assert_eq!(exchange.next(), &Next::Done(None));
    }

    #[test]
    fn a_server_that_takes_everything_and_keeps_nothing_is_given_up() {
        let mut exchange = Exchange::begin(false);
        let mut taken = 0;
        while !matches!(exchange.next(), Next::Done(_)) {
            exchange.does_not_follow();
            exchange.reconciled();
            exchange.looked(true);
            exchange.froze(true);
            exchange.accepted();
            taken += 1;
            assert!(taken <= ROUNDS + SNAPSHOTS);
        }
    }

    #[test]
    fn whoever_keeps_coming_first_is_not_waited_for_for_ever() {
        let mut exchange = Exchange::begin(true);
        assert_eq!(exchange.next(), &Next::Snapshot);
        let mut pulls = 0;
        exchange.reconciled();
        while !matches!(exchange.next(), Next::Done(_)) {
            exchange.looked(true);
            exchange.froze(true);
            assert_eq!(exchange.next(), &Next::Push);
            exchange.head_moved();
            pulls += 1;
            if exchange.next() == &Next::Pull {
                exchange.applied(false);
            }
        }
        assert_eq!(pulls, ROUNDS);
        assert_eq!(exchange.next(), &Next::Done(Some(ServerProblem::Refused)));
    }
}
