//! What ends a watch: Ctrl-C, SIGTERM, or the end of the terminal.

use std::sync::{Arc, Mutex, PoisonError};

use keymoor_vault::StopWatch;

use crate::words::Failure;

/// Ends the watch that goes on, whichever it is.
#[derive(Clone, Default)]
pub(super) struct Stop(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    watch: Option<StopWatch>,
    asked: bool,
}

impl Stop {
    /// From now on signals end the watch, and the program after a moment in any case: whatever it is doing, its homes
    /// survive that, as they survive a power cut.
    #[cfg(unix)]
    pub(super) fn on_signals() -> Result<Self, Failure> {
        use std::{process, thread, time::Duration};

        use signal_hook::{
            consts::{SIGHUP, SIGINT, SIGTERM},
            iterator::Signals,
        };

        const LONGEST_GOODBYE: Duration = Duration::from_secs(2);
        let stop = Self::default();
        let asked = stop.clone();
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(Failure::Output)?;
        thread::spawn(move || {
            if signals.forever().next().is_some() {
                asked.stop();
                thread::sleep(LONGEST_GOODBYE);
                process::exit(0);
            }
        });
        Ok(stop)
    }

    /// Windows ends the program by itself.
    #[cfg(not(unix))]
    pub(super) fn on_signals() -> Result<Self, Failure> {
        Ok(Self::default())
    }

    /// This is the watch to end.
    pub(super) fn ends(&self, watch: StopWatch) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.asked {
            watch.stop();
        }
        state.watch = Some(watch);
    }

    /// Ends it.
    pub(super) fn stop(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.asked = true;
        if let Some(watch) = &state.watch {
            watch.stop();
        }
    }
}
