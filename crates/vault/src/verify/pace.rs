//! The calm rate at which credentials are verified while nobody asks: which one next, and when.
//!
//! Pure: told the time, it says what to do. What was never asked about comes first, then what was heard of longest ago; each
//! about once a day, by whichever device; one at a time, with a pause between two. Where the network is down nothing is
//! learned: it waits longer each time, and goes on with another.

use std::collections::BTreeMap;

use keymoor_protocol::RecordId;
use keymoor_providers::verify::{Reason, Report};

use crate::care::DAY_MS;

/// The pause between two questions, in milliseconds.
pub const PAUSE_MS: u64 = 30 * 1000;
/// How much later than a day a credential may come, so that those that were saved together do not come together.
const SPREAD_MS: u64 = DAY_MS / 4;
/// The pause after the network failed once; it doubles with each failure that follows.
const OFFLINE_MS: u64 = 2 * 60 * 1000;
const LONGEST_OFFLINE_MS: u64 = 60 * 60 * 1000;

/// A credential that may be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub id: RecordId,
    /// When anything was heard of the values that it has, by whichever device. Milliseconds since 1970.
    pub heard: Option<u64>,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Ask about this one now.
    Ask(RecordId),
    /// Nothing before this has passed, in milliseconds. Something may change meanwhile.
    Wait(u64),
}

/// What was asked since the program began.
#[derive(Debug, Default)]
pub struct Pace {
    asked: BTreeMap<RecordId, Tried>,
    last: Option<u64>,
    /// How often the network failed, without an answer in between.
    failures: u32,
}

/// When one was asked about, and what was known of it until then.
#[derive(Debug, Clone, Copy)]
struct Tried {
    at: u64,
    heard: Option<u64>,
}

impl Pace {
    /// What to do at a time.
    pub fn next(&self, candidates: &[Candidate], now: u64) -> Step {
        let paused = self.last.map_or(0, |last| until(last, self.pause(), now));
        if paused > 0 {
            return Step::Wait(paused);
        }
        let order = |candidate: &&Candidate| (self.tried(candidate), candidate.heard, candidate.id);
        let waits = |candidate: &Candidate| self.wait(candidate, now);
        match candidates.iter().filter(|candidate| waits(candidate) == 0).min_by_key(order) {
            Some(candidate) => Step::Ask(candidate.id),
            None => Step::Wait(candidates.iter().map(waits).min().unwrap_or(DAY_MS)),
        }
    }

    /// One is being asked about from now on.
    pub fn asks(&mut self, candidate: Candidate, now: u64) {
        self.asked.insert(candidate.id, Tried { at: now, heard: candidate.heard });
        self.last = Some(now);
    }

    /// What came of it.
    pub fn heard(&mut self, report: &Report) {
        self.failures = if is_offline(report) { self.failures.saturating_add(1) } else { 0 };
    }

    fn pause(&self) -> u64 {
        match self.failures {
            0 => PAUSE_MS,
            n => (OFFLINE_MS << (n - 1).min(10)).min(LONGEST_OFFLINE_MS),
        }
    }

    /// When it was asked about here in vain, and nothing was heard since.
    fn tried(&self, candidate: &Candidate) -> Option<u64> {
        self.asked.get(&candidate.id).filter(|tried| tried.heard == candidate.heard).map(|tried| tried.at)
    }

    /// How long until it may be asked about.
    fn wait(&self, candidate: &Candidate, now: u64) -> u64 {
        let day = DAY_MS + spread(candidate.id);
        // What was heard in the future was heard by a clock that is wrong; so it is once a day by this one.
        let heard = candidate.heard.filter(|heard| *heard <= now.saturating_add(DAY_MS));
        let heard = heard.map_or(0, |heard| until(heard, day, now));
        let here = self.asked.get(&candidate.id).map_or(0, |tried| match self.tried(candidate) {
            // Nothing was put down: the network failed, or the vault was shut.
            Some(at) => until(at, LONGEST_OFFLINE_MS, now),
            // New values were saved since, or it was heard of: that decides, but not at once again.
            None => until(tried.at, PAUSE_MS, now),
        });
        heard.max(here)
    }
}

/// Whether nothing was learned because this device is offline, or something is between it and the provider. Nothing of that is
/// put down when nobody asked.
pub fn is_offline(report: &Report) -> bool {
    matches!(
        report.reason,
        Reason::Unreachable
            | Reason::NoSuchHost
            | Reason::TimedOut
            | Reason::Tls
            | Reason::Page
            | Reason::CutOff
    )
}

/// What is left of a time that began then. A clock that was set back does not stretch it.
fn until(since: u64, lasts: u64, now: u64) -> u64 {
    if now < since { lasts.min(since - now + lasts) } else { lasts.saturating_sub(now - since) }
}

/// The same for a credential at any time, and different for each.
fn spread(id: RecordId) -> u64 {
    let bytes = id.0;
    // The end of an id is random.
    u64::from(u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]])) % SPREAD_MS
}

#[cfg(test)]
mod tests;
