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
/// How long a credential is let be that was just asked about, whatever is known of it: new values were saved, or what was
/// said could not be written.
const AGAIN_MS: u64 = 10 * 60 * 1000;

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

/// When one was asked about.
#[derive(Debug, Clone, Copy)]
struct Tried {
    at: u64,
    /// Nothing was learned, for the network failed.
    in_vain: bool,
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
    pub fn asks(&mut self, id: RecordId, now: u64) {
        self.asked.insert(id, Tried { at: now, in_vain: true });
        self.last = Some(now);
    }

    /// What came of it.
    pub fn heard(&mut self, id: RecordId, report: &Report) {
        let in_vain = is_offline(report);
        self.failures = if in_vain { self.failures.saturating_add(1) } else { 0 };
        if let Some(tried) = self.asked.get_mut(&id) {
            tried.in_vain = in_vain;
        }
    }

    fn pause(&self) -> u64 {
        match self.failures {
            0 => PAUSE_MS,
            n => (OFFLINE_MS << (n - 1).min(10)).min(LONGEST_OFFLINE_MS),
        }
    }

    /// When it was asked about here in vain.
    fn tried(&self, candidate: &Candidate) -> Option<u64> {
        self.asked.get(&candidate.id).filter(|tried| tried.in_vain).map(|tried| tried.at)
    }

    /// How long until it may be asked about.
    fn wait(&self, candidate: &Candidate, now: u64) -> u64 {
        let day = DAY_MS + spread(candidate.id);
        // What was heard in the future was heard by a clock that is wrong; so it is once a day by this one.
        let (heard, again) = match candidate.heard {
            Some(heard) if heard > now.saturating_add(DAY_MS) => (0, day),
            Some(heard) => ((heard + day).saturating_sub(now), AGAIN_MS),
            None => (0, AGAIN_MS),
        };
        let here = self.asked.get(&candidate.id);
        let here = here
            .map_or(0, |tried| until(tried.at, if tried.in_vain { LONGEST_OFFLINE_MS } else { again }, now));
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

/// What is left of a time that began then; nothing, if the clock was set back meanwhile.
fn until(since: u64, lasts: u64, now: u64) -> u64 {
    if now < since { 0 } else { lasts.saturating_sub(now - since) }
}

/// The same for a credential at any time, and different for each.
fn spread(id: RecordId) -> u64 {
    let bytes = id.0;
    // The end of an id is random.
    u64::from(u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]])) % SPREAD_MS
}

#[cfg(test)]
mod tests;
