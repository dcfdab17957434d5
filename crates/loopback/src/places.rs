//! Places for connections. There is a number of them, and nobody keeps one by doing nothing: where all are taken, whoever
//! comes gets that of one who is not being answered, strangers' first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

/// A request's head that takes longer is given up, and so is the connection of a stranger on which none comes.
const HEAD: Duration = Duration::from_secs(5);
/// So long a program that was answered may be silent before its connection is closed.
const SILENT: Duration = Duration::from_secs(60);
/// Between two looks for a place.
const PAUSE: Duration = Duration::from_millis(50);

/// All of them.
pub(crate) struct Places {
    free: Arc<Semaphore>,
    taken: Mutex<Vec<Arc<Line>>>,
}

/// One that is taken, until it is dropped.
pub(crate) struct Place {
    pub(crate) line: Arc<Line>,
    places: Arc<Places>,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(crate) fn new(number: usize) -> Arc<Self> {
        Arc::new(Self { free: Arc::new(Semaphore::new(number)), taken: Mutex::default() })
    }

    /// A place; somebody else's, if need be.
    pub(crate) async fn take(self: &Arc<Self>) -> Place {
        loop {
            let free = Arc::clone(&self.free);
            let permit = match Arc::clone(&free).try_acquire_owned() {
                Ok(permit) => Some(permit),
                Err(_) => {
                    self.let_one_go();
                    timeout(PAUSE, free.acquire_owned()).await.ok().and_then(Result::ok)
                }
            };
            if let Some(permit) = permit {
                let line = Arc::new(Line::new());
                self.taken().push(Arc::clone(&line));
                return Place { line, places: Arc::clone(self), _permit: permit };
            }
        }
    }

    fn let_one_go(&self) {
        let taken = self.taken();
        let least = taken.iter().filter_map(|line| Some((line.worth()?, line)));
        if let Some((_, line)) = least.min_by_key(|(worth, _)| *worth) {
            line.let_go();
        }
    }

    fn taken(&self) -> MutexGuard<'_, Vec<Arc<Line>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().retain(|line| !Arc::ptr_eq(line, &self.line));
    }
}

/// How a connection stands.
pub(crate) struct Line {
    state: Mutex<State>,
    go: Notify,
}

struct State {
    phase: Phase,
    /// When that began.
    since: Instant,
    /// Whether a program that was let in has asked on it.
    known: bool,
    going: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing of a request has come.
    Silent,
    /// Something of its head has.
    Arriving,
    /// It is being looked at and answered.
    Asking,
    /// Its answer is being written.
    Answered,
}

impl Line {
    fn new() -> Self {
        let state = State { phase: Phase::Silent, since: Instant::now(), known: false, going: false };
        Self { state: Mutex::new(state), go: Notify::new() }
    }

    /// Something was read.
    pub(crate) fn heard(&self) {
        self.turn(Phase::Silent, Phase::Arriving);
    }

    /// A head has come.
    pub(crate) fn asks(&self) {
        self.state().phase = Phase::Asking;
    }

    /// By a program that may ask.
    pub(crate) fn is_known(&self) {
        self.state().known = true;
    }

    /// The answer is made.
    pub(crate) fn answered(&self) {
        self.turn(Phase::Asking, Phase::Answered);
    }

    /// Nothing is left to be written.
    pub(crate) fn flushed(&self) {
        self.turn(Phase::Answered, Phase::Silent);
    }

    /// Until when something has to be read; nothing while somebody waits for an answer of ours.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let state = self.state();
        match state.phase {
            Phase::Silent if state.known => Some(state.since + SILENT),
            Phase::Silent | Phase::Arriving => Some(state.since + HEAD),
            Phase::Asking | Phase::Answered => None,
        }
    }

    /// Completes when its place is another's.
    pub(crate) async fn has_to_go(&self) {
        self.go.notified().await;
    }

    fn let_go(&self) {
        self.state().going = true;
        self.go.notify_one();
    }

    /// Whoever has the least goes first: strangers who are silent, strangers who ask, programs that are silent; each by how
    /// long. `None` for a program that is being answered, and for who goes already.
    fn worth(&self) -> Option<(u8, Instant)> {
        let state = self.state();
        let is_silent = matches!(state.phase, Phase::Silent | Phase::Arriving);
        let rank = match (state.known, is_silent) {
            _ if state.going => return None,
            (true, false) => return None,
            (false, true) => 0,
            (false, false) => 1,
            (true, true) => 2,
        };
        Some((rank, state.since))
    }

    fn turn(&self, from: Phase, to: Phase) {
        let mut state = self.state();
        if state.phase == from {
            state.phase = to;
            if from != Phase::Asking {
                state.since = Instant::now();
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_place_of_the_idlest_stranger_goes_first_and_never_that_of_a_program_that_is_answered() {
        let places = Places::new(4);
        let mut all = Vec::new();
        for _ in 0..4 {
            all.push(places.take().await);
        }
        let lines: Vec<_> = all.iter().map(|place| Arc::clone(&place.line)).collect();
        let is_known = |line: &Line| {
            line.heard();
            line.asks();
            line.is_known();
        };
        is_known(&lines[0]); // is being answered
        is_known(&lines[1]);
        lines[1].answered();
        lines[1].flushed(); // silent
        lines[2].heard();
        lines[2].asks(); // a stranger, being looked at
        for expected in [3, 2, 1] {
            let gone = |number: usize| lines[number].state().going;
            assert!(!gone(expected));
            places.let_one_go();
            assert!(gone(expected), "{expected}");
        }
        places.let_one_go();
        assert!(!lines[0].state().going);
        drop(all.pop());
        assert_eq!(places.taken().len(), 3);
        let again = places.take().await;
        assert!(!again.line.state().going);
    }

    #[test]
    fn a_head_has_seconds_and_a_program_may_be_silent_for_a_minute() {
        let line = Line::new();
        let left = || Some(line.deadline()?.duration_since(line.state().since));
        // As if that much time had passed.
        let later = |seconds: u64| line.state().since -= Duration::from_secs(seconds);
        assert_eq!(left(), Some(HEAD));
        later(3);
        line.heard();
        later(3);
        let heard = line.state().since;
        line.heard(); // more of the same head: it has no longer
        assert_eq!(line.deadline(), Some(heard + HEAD));
        line.asks();
        line.is_known();
        assert_eq!(line.deadline(), None);
        line.flushed(); // what came before the answer
        assert_eq!(line.deadline(), None);
        line.answered();
        assert_eq!(line.deadline(), None);
        line.flushed();
        assert!(line.state().since > heard);
        assert_eq!(left(), Some(SILENT));
        line.heard();
        assert_eq!(left(), Some(HEAD));
    }
}
