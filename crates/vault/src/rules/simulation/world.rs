//! What the devices of a history share: the server, the network, time, and the book that judges.

use std::collections::BTreeSet;

use keymoor_protocol::VaultId;
use keymoor_protocol::api::Push;
use keymoor_sealing::RootKey;

use super::book::Book;
use super::dice::Dice;
use super::sealer::Sealer;
use super::server::Server;
use crate::error::Alarm;

/// What happens in a history, beside edits and syncs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Events {
    pub(super) server_put_back: bool,
    pub(super) time_passes: bool,
    pub(super) caches_wiped: bool,
    /// The keychain's copies are written late.
    pub(super) keychain_lags: bool,
    pub(super) caches_put_back: bool,
}

pub(super) struct World {
    pub(super) vault: VaultId,
    pub(super) root: RootKey,
    pub(super) server: Server,
    pub(super) sealer: Sealer,
    pub(super) book: Book,
    pub(super) dice: Dice,
    /// Days since the beginning.
    pub(super) day: u64,
    pub(super) events: Events,
    pub(super) tally: Tally,
    /// Whether to tell what happens.
    pub(super) told: bool,
    /// Whether the network loses things and processes die.
    pub(super) rough: bool,
    /// Whether another device may sync in the middle of this one's.
    pub(super) nested: bool,
    /// Requests that are still on their way.
    pub(super) delayed: Vec<Push>,
    /// Values written so far: each is another.
    pub(super) values: u64,
}

/// Why something stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// The process died; what a finished local transaction wrote is left.
    Crash,
    /// The network.
    Offline,
    /// The server does not add up.
    Alarm(Alarm),
}

/// What came up in a history, once each.
#[derive(Default)]
pub(super) struct Tally(pub(super) BTreeSet<String>);

impl Tally {
    pub(super) fn add(&mut self, what: &str) {
        if !self.0.contains(what) {
            self.0.insert(what.to_owned());
        }
    }
}

/// What becomes of a request that changes something.
pub(super) enum Fate {
    Arrives,
    RequestLost,
    RequestDelayed,
    AnswerLost,
}

impl World {
    pub(super) fn new(seed: u64, events: Events) -> Self {
        Self {
            vault: VaultId([7; 16]),
            root: RootKey::from_bytes(1, [3; 32]),
            server: Server::default(),
            sealer: Sealer::default(),
            book: Book::default(),
            dice: Dice::new(seed),
            day: 1_000,
            events,
            tally: Tally::default(),
            told: false,
            rough: true,
            nested: false,
            delayed: Vec::new(),
            values: 0,
        }
    }

    /// The process may die here, between two local transactions.
    pub(super) fn crash(&mut self, point: &str) -> Result<(), Stop> {
        if self.rough && self.dice.percent(3) {
            self.tally.add(&format!("crash: {point}"));
            return Err(Stop::Crash);
        }
        Ok(())
    }

    /// Tells what happens, where a history is looked at.
    pub(super) fn tell(&self, what: impl FnOnce() -> String) {
        if self.told {
            println!("{}", what());
        }
    }

    /// A question to the server, which may get no answer.
    pub(super) fn ask(&mut self) -> Result<(), Stop> {
        if self.rough && self.dice.percent(4) { Err(Stop::Offline) } else { Ok(()) }
    }

    pub(super) fn fate(&mut self) -> Fate {
        match self.dice.below(100) {
            _ if !self.rough => Fate::Arrives,
            0..15 => Fate::AnswerLost,
            15..23 => Fate::RequestLost,
            23..30 => Fate::RequestDelayed,
            _ => Fate::Arrives,
        }
    }

    pub(super) fn value(&mut self) -> String {
        self.values += 1;
        format!("value-{:08}", self.values)
    }
}
