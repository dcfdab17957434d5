//! The points as a test build has them.

use std::panic::resume_unwind;
use std::sync::{Mutex, OnceLock, PoisonError};

/// What a point is to do.
struct Armed {
    point: String,
    /// At the how-manieth time, counted down.
    times: u64,
}

/// What unwinds from a point that was armed by [`arm`].
#[derive(Debug)]
pub struct Crash(
    /// The point.
    pub &'static str,
);

/// Armed by the environment: there the process is killed.
static KILLED: OnceLock<Mutex<Option<Armed>>> = OnceLock::new();
/// Armed by the environment: there the thread panics.
static PANICKED: OnceLock<Mutex<Option<Armed>>> = OnceLock::new();
/// Armed by a test in its own process.
static UNWOUND: Mutex<Option<Armed>> = Mutex::new(None);

/// The program is at this point.
pub fn reached(point: &'static str) {
    let killed = KILLED.get_or_init(|| Mutex::new(from_environment("KEYMOOR_FAIL_POINT")));
    if is_due(killed, point) {
        #[cfg(unix)] // as suddenly as by `kill -9`, for it is that
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        std::process::abort();
    }
    let panicked = PANICKED.get_or_init(|| Mutex::new(from_environment("KEYMOOR_PANIC_POINT")));
    if is_due(panicked, point) || is_due(&UNWOUND, point) {
        resume_unwind(Box::new(Crash(point)));
    }
}

/// From now on the thread that comes to this point for the `times`-th time unwinds from there with a [`Crash`], once. What
/// was not written until then is not written; all that ran in the vault is dropped.
pub fn arm(point: &str, times: u64) {
    set(Some(Armed { point: point.to_owned(), times }));
}

/// No point does anything any more. Whether one was still armed.
pub fn disarm() -> bool {
    set(None)
}

fn set(armed: Option<Armed>) -> bool {
    let mut place = UNWOUND.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::replace(&mut *place, armed).is_some()
}

fn from_environment(variable: &str) -> Option<Armed> {
    let text = std::env::var(variable).ok()?;
    let (point, times) = text.split_once(':').unwrap_or((&text, "1"));
    Some(Armed { point: point.to_owned(), times: times.parse().ok()? })
}

fn is_due(armed: &Mutex<Option<Armed>>, point: &str) -> bool {
    let mut armed = armed.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(Armed { point: awaited, times }) = &mut *armed else { return false };
    if awaited != point {
        return false;
    }
    *times -= 1;
    let due = *times == 0;
    if due {
        *armed = None;
    }
    due
}
