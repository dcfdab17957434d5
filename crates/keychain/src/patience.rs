//! How long a caller waits for the keychain, what it does meanwhile, and how it stops waiting.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Ends the wait of every call that was made with it. Clones are the same token; it stays cancelled.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Calls that wait now, and calls made later with this token, return [`Error::Cancelled`](crate::Error::Cancelled)
    /// within a twentieth of a second.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether [`cancel`](Self::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// What a caller does while the keychain lets it wait (it may be asking the user for a password).
pub struct Patience {
    pub(crate) after: Duration,
    pub(crate) on_wait: Box<dyn Fn() + Send + Sync>,
    pub(crate) cancel: Cancel,
}

impl Patience {
    /// `on_wait` is called once a call, on the caller's thread, when the call has taken longer than a second.
    pub fn new(on_wait: impl Fn() + Send + Sync + 'static, cancel: Cancel) -> Self {
        Self { after: Duration::from_secs(1), on_wait: Box::new(on_wait), cancel }
    }
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patience")
            .field("after", &self.after)
            .field("cancel", &self.cancel)
            .finish_non_exhaustive()
    }
}
