//! Word for the threads beside the window that there may be something to do: nobody looks now and then.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Counts what happened: a vault was opened, a cache was changed.
#[derive(Default)]
pub(crate) struct Stir(Mutex<u64>, Condvar);

impl Stir {
    /// Something happened.
    pub(crate) fn stir(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.1.notify_all();
    }

    /// How much happened.
    pub(crate) fn count(&self) -> u64 {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until more happened than `seen`, or so long at most. Returns how much did.
    pub(crate) fn rest(&self, seen: u64, longest: Option<Duration>) -> u64 {
        let end = longest.map(|longest| Instant::now() + longest);
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while *count == seen {
            count = match end.map(|end| end.saturating_duration_since(Instant::now())) {
                None => self.1.wait(count).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => break,
                Some(left) => self.1.wait_timeout(count, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        *count
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    #[test]
    fn who_rests_is_woken_and_misses_nothing_that_came_before() {
        let stir = Arc::new(Stir::default());
        stir.stir();
        assert_eq!(stir.rest(0, None), 1, "it came before");
        assert_eq!(stir.rest(1, Some(Duration::from_millis(5))), 1, "nothing came");
        let other = Arc::clone(&stir);
        let stirs = thread::spawn(move || other.stir());
        assert_eq!(stir.rest(1, None), 2);
        stirs.join().unwrap();
    }
}
