//! When to sync next, when to listen for the server's hints, and when to write keychain copies.
//!
//! Pure: the time and a random number are given. A moment is the time since the watch began.

use std::time::Duration;

/// Time since the watch began.
pub(crate) type Moment = Duration;

/// What a round of failures begins with, and the longest it grows to.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Full jitter may come out as nothing at all; two tries are never closer than this.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
/// How often to look without any sign: where hints are heard, since one may be lost, and where none are.
const ROUND_HEARING: Duration = Duration::from_secs(300);
pub(crate) const ROUND_DEAF: Duration = Duration::from_secs(60);
/// A save is often followed by another in the same breath.
const SETTLE: Duration = Duration::from_millis(2);
/// A change by the user is a reason to try again sooner, but not more often than this.
const HASTE: Duration = Duration::from_secs(5);
/// A stream that lived so long was a good one.
const GOOD_STREAM: Duration = Duration::from_secs(30);
/// A server without events may have been updated since.
const ASK_AGAIN: Duration = Duration::from_secs(3600);
/// Keychain copies are slow: they wait until nothing else was to be done for so long, and not longer than that.
const QUIET: Duration = Duration::from_millis(300);
const LONGEST_QUIET: Duration = Duration::from_secs(10);
/// After the keychain took none. It may ask its user each time.
const KEYCHAIN_PAUSE: Duration = Duration::from_secs(600);

/// Why a sync did not go through, as far as the next one is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setback {
    /// Nobody answered who speaks for the server.
    Away,
    /// The server asks for a pause of this length.
    Busy(Duration),
    /// Only a person can go on: no try before the session changed.
    SignIn,
    /// The same would happen again, until something changes.
    Held,
}

/// Until when no sync is tried, and what may shorten that.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Hold {
    /// A change here may.
    Until(Moment),
    /// Nothing may.
    Strictly(Moment),
    SignIn,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Stream {
    Heard { since: Moment },
    Beginning,
    Next(Moment),
}

/// A sync that somebody or something asks for.
#[derive(Debug, Clone, Copy)]
struct Wish {
    at: Moment,
    hinted: bool,
}

/// The state of it all.
#[derive(Debug)]
pub(crate) struct Pace {
    cursor: u64,
    wish: Option<Wish>,
    /// Whether the sync that goes on was asked for by a hint alone.
    hinted: bool,
    /// Hints in a row that led to nothing new.
    vain: u32,
    round: Moment,
    hold: Option<Hold>,
    setbacks: u32,
    begun: Moment,
    stream: Stream,
    deaf: u32,
    mirror: Option<Copies>,
}

/// Keychain copies that wait.
#[derive(Debug, Clone, Copy)]
struct Copies {
    since: Moment,
    at: Moment,
}

impl Pace {
    /// At the beginning of a watch: what is to be done is done at once.
    pub(crate) fn new() -> Self {
        Self {
            cursor: 0,
            wish: Some(Wish { at: Moment::ZERO, hinted: false }),
            hinted: false,
            vain: 0,
            round: Moment::ZERO,
            hold: None,
            setbacks: 0,
            begun: Moment::ZERO,
            stream: Stream::Next(Moment::ZERO),
            deaf: 0,
            mirror: None,
        }
    }

    // ---- what is next

    /// When to sync; `None`: not before something happens.
    pub(crate) fn sync_at(&self) -> Option<Moment> {
        match self.hold {
            Some(Hold::SignIn) => None,
            Some(Hold::Until(at) | Hold::Strictly(at)) => Some(at),
            None => Some(self.wish.map_or(self.round, |wish| wish.at.min(self.round))),
        }
    }

    /// When to ask for the stream of hints. While syncs do not get through, they are the ones that try.
    pub(crate) fn listen_at(&self) -> Option<Moment> {
        match (self.hold, self.stream) {
            (None, Stream::Next(at)) => Some(at),
            _ => None,
        }
    }

    /// When to write keychain copies.
    pub(crate) fn mirror_at(&self) -> Option<Moment> {
        self.mirror.map(|copies| copies.at)
    }

    /// The earliest of the three.
    pub(crate) fn next(&self) -> Option<Moment> {
        [self.sync_at(), self.listen_at(), self.mirror_at()].into_iter().flatten().min()
    }

    /// Whether only a new session helps.
    pub(crate) fn wants_session(&self) -> bool {
        self.hold == Some(Hold::SignIn)
    }

    /// Whether hints are heard.
    pub(crate) fn hears(&self) -> bool {
        matches!(self.stream, Stream::Heard { .. })
    }

    // ---- what happened

    /// The log at the server is said to be this long. A server whose hints lead to nothing is believed ever more slowly.
    pub(crate) fn hinted(&mut self, seq: u64, now: Moment) {
        if seq <= self.cursor {
            return;
        }
        let slower = match self.vain {
            0 => Duration::ZERO,
            vain => grown(SHORTEST_PAUSE, vain, ROUND_DEAF),
        };
        self.wish_at(now.max(self.begun + slower), true);
    }

    /// Something is here that the server does not have, or that was changed by somebody else.
    pub(crate) fn changed(&mut self, now: Moment) {
        if let Some(Hold::Until(at)) = &mut self.hold {
            *at = (*at).min(now.max(self.begun + HASTE));
        }
        self.wish_at(now + SETTLE, false);
    }

    /// Another process has taken the log here this far. What held this one up may be settled by that.
    pub(crate) fn known(&mut self, seq: u64, now: Moment) {
        self.cursor = seq;
        if matches!(self.hold, Some(Hold::Until(_))) {
            self.changed(now);
        }
    }

    /// Another session than the one that ended is there.
    pub(crate) fn session_changed(&mut self, now: Moment) {
        if self.hold.take_if(|hold| *hold == Hold::SignIn).is_some() {
            self.wish_at(now, false);
        }
    }

    /// The network may be another one: this machine slept, or somebody asks for it.
    pub(crate) fn hurry(&mut self, now: Moment) {
        self.hold.take_if(|hold| matches!(hold, Hold::Until(_)));
        self.wish_at(now, false);
        if let Stream::Next(at) = &mut self.stream {
            *at = (*at).min(now);
        }
    }

    /// A sync begins.
    pub(crate) fn begin(&mut self, now: Moment) {
        self.hinted = self.wish.take().is_some_and(|wish| wish.hinted);
        self.begun = now;
    }

    /// It went through, and the log here is this long.
    pub(crate) fn synced(&mut self, cursor: u64, now: Moment, luck: f64) {
        self.vain = if self.hinted && cursor <= self.cursor { self.vain.saturating_add(1) } else { 0 };
        self.cursor = cursor;
        self.setbacks = 0;
        self.hold = None;
        let round = if self.hears() { ROUND_HEARING } else { ROUND_DEAF };
        self.round = now + round.mul_f64(0.9 + 0.1 * luck); // spread over those who began together
        self.put_off_copies(now);
    }

    /// It did not go through.
    pub(crate) fn failed(&mut self, setback: Setback, now: Moment, luck: f64) {
        self.setbacks = self.setbacks.saturating_add(1);
        let pause = pause(self.setbacks, luck);
        self.hold = Some(match setback {
            Setback::Away => Hold::Until(now + pause),
            Setback::Busy(asked) => Hold::Strictly(now + asked + pause),
            Setback::Held => Hold::Until(now + LONGEST_PAUSE.mul_f64(0.9 + 0.1 * luck)),
            Setback::SignIn => Hold::SignIn,
        });
    }

    /// The stream of hints is asked for.
    pub(crate) fn listening(&mut self) {
        self.stream = Stream::Beginning;
    }

    /// It was granted.
    pub(crate) fn connected(&mut self, now: Moment) {
        self.stream = Stream::Heard { since: now };
    }

    /// It was refused, or broke off. Whether the server is still there a sync finds out.
    pub(crate) fn deafened(&mut self, now: Moment, luck: f64) {
        self.deaf = match self.stream {
            Stream::Heard { since } if since + GOOD_STREAM <= now => 1,
            _ => self.deaf.saturating_add(1),
        };
        let at = now + pause(self.deaf, luck);
        self.stream = Stream::Next(at);
        // The first of a row at once: it was the server's sign of life. Those that follow are no news.
        self.wish_at(if self.deaf == 1 { now } else { at }, false);
    }

    /// It has to wait so long.
    pub(crate) fn put_off_stream(&mut self, asked: Duration, now: Moment, luck: f64) {
        self.deafened(now, luck);
        if let Stream::Next(at) = &mut self.stream {
            *at = (*at).max(now + asked);
        }
    }

    /// The server has none.
    pub(crate) fn no_stream(&mut self, now: Moment) {
        self.stream = Stream::Next(now + ASK_AGAIN);
    }

    /// Copies are behind.
    pub(crate) fn copies_wait(&mut self, now: Moment) {
        self.mirror.get_or_insert(Copies { since: now, at: now + QUIET });
    }

    /// Some were written; whether others are left.
    pub(crate) fn copied(&mut self, left: bool, now: Moment) {
        self.mirror = left.then_some(Copies { since: now, at: now });
    }

    /// The keychain took none.
    pub(crate) fn copies_failed(&mut self, now: Moment) {
        self.mirror = Some(Copies { since: now, at: now + KEYCHAIN_PAUSE });
    }

    // ----

    fn wish_at(&mut self, at: Moment, hinted: bool) {
        let wish = self.wish.get_or_insert(Wish { at, hinted });
        *wish = Wish { at: wish.at.min(at), hinted: wish.hinted && hinted };
    }

    fn put_off_copies(&mut self, now: Moment) {
        if let Some(copies) = &mut self.mirror {
            copies.at = copies.at.max((now + QUIET).min(copies.since + LONGEST_QUIET));
        }
    }
}

/// Full jitter: anything up to a bound that doubles with every failure.
fn pause(failures: u32, luck: f64) -> Duration {
    let bound = grown(FIRST_PAUSE, failures, LONGEST_PAUSE);
    bound.mul_f64(luck.clamp(0.0, 1.0)).max(SHORTEST_PAUSE)
}

/// `first`, doubled with every time after the first, up to `longest`.
fn grown(first: Duration, times: u32, longest: Duration) -> Duration {
    let doubled = first.saturating_mul(1_u32 << times.saturating_sub(1).min(20));
    doubled.min(longest)
}

#[cfg(test)]
mod tests;
