//! Where the threads of a watch leave word for the one that acts. What comes twice is there once: nobody can fill it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use keymoor_remote::Error as Remote;

use crate::follow::End;

/// What came since the last look.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mail {
    /// The cache was changed, by whomever.
    pub(super) touched: bool,
    /// The cache file is another one.
    pub(super) replaced: bool,
    /// This machine slept, or somebody wants a try.
    pub(super) hurry: bool,
    /// The farthest that the log at the server is said to be.
    pub(super) hinted: Option<u64>,
    /// The stream of hints began.
    pub(super) heard: bool,
    /// It ended; with an error, or because the server closed it.
    pub(super) deaf: Option<Option<Remote>>,
}

#[derive(Default)]
struct State {
    mail: Mail,
    /// Word of an earlier stream is not taken any more.
    stream: u64,
    stopped: bool,
    /// Ends the following of the cache, too.
    follows: End,
}

/// The inbox. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Inbox(Arc<(Mutex<State>, Condvar)>);

impl Inbox {
    /// Leaves word.
    pub(super) fn leave(&self, write: impl FnOnce(&mut Mail)) {
        write(&mut self.state().mail);
        self.0.1.notify_all();
    }

    /// Leaves word of the stream of this number; `false` when that is not the stream any more.
    pub(super) fn leave_of(&self, stream: u64, write: impl FnOnce(&mut Mail)) -> bool {
        let mut state = self.state();
        let current = state.stream == stream && !state.stopped;
        if current {
            write(&mut state.mail);
        }
        drop(state);
        self.0.1.notify_all();
        current
    }

    /// Begins another stream, and takes back what the one before left.
    pub(super) fn next_stream(&self) -> u64 {
        let mut state = self.state();
        state.stream += 1;
        state.mail = Mail { hinted: None, heard: false, deaf: None, ..std::mem::take(&mut state.mail) };
        state.stream
    }

    /// Waits for word, at most until `end`.
    pub(super) fn wait(&self, end: Option<Instant>) {
        let mut state = self.state();
        while state.mail == Mail::default() && !state.stopped {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            state = match left {
                Some(left) if left.is_zero() => return,
                Some(left) => self.0.1.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.0.1.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Takes what came.
    pub(super) fn take(&self) -> Mail {
        std::mem::take(&mut self.state().mail)
    }

    /// Ends the watch.
    pub(super) fn stop(&self) {
        let mut state = self.state();
        state.stopped = true;
        state.follows.ask();
        drop(state);
        self.0.1.notify_all();
    }

    /// What is to end with the watch.
    pub(super) fn followed_by(&self, end: End) {
        self.state().follows = end;
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state().stopped
    }

    /// What a panicking thread left is whole: every change of it is one assignment.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn word_wakes_and_is_taken_once() {
        let inbox = Inbox::default();
        let other = inbox.clone();
        let leaving = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            other.leave(|mail| mail.touched = true);
        });
        inbox.wait(None);
        assert!(inbox.take().touched);
        assert_eq!(inbox.take(), Mail::default());
        leaving.join().unwrap();
        inbox.wait(Some(Instant::now() + Duration::from_millis(5)));
        assert_eq!(inbox.take(), Mail::default());
    }

    #[test]
    fn an_earlier_stream_is_not_believed_any_more() {
        let inbox = Inbox::default();
        let first = inbox.next_stream();
        assert!(inbox.leave_of(first, |mail| mail.hinted = Some(1)));
        inbox.leave(|mail| mail.touched = true);
        let second = inbox.next_stream();
        assert!(!inbox.leave_of(first, |mail| mail.deaf = Some(None)));
        assert_eq!(inbox.take(), Mail { touched: true, ..Mail::default() });
        assert!(inbox.leave_of(second, |mail| mail.heard = true));
        inbox.stop();
        assert!(!inbox.leave_of(second, |mail| mail.hinted = Some(2)), "nobody is there");
        inbox.wait(None);
    }
}
