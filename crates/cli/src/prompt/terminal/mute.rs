//! A terminal that shows nothing for a while. Whatever ends that while, it is as before: also when another program ends
//! this one.

use std::{
    fs::File,
    io::Write as _,
    sync::{Mutex, OnceLock, PoisonError},
    thread,
};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM},
    iterator::{Handle, Signals},
    low_level::emulate_default_handler,
};

use super::super::PromptError;
use crate::process;

/// The terminal while it shows nothing; as before once dropped.
pub(super) struct Mute;

struct Muted {
    terminal: File,
    before: Termios,
}

/// There is one at a time: one prompt follows the other.
static MUTED: Mutex<Option<Muted>> = Mutex::new(None);
static WATCHED: OnceLock<Option<Handle>> = OnceLock::new();

impl Mute {
    /// Asks `question` and shows nothing of what follows.
    pub(super) fn begin(terminal: &File, question: &str) -> Result<Self, PromptError> {
        WATCHED.get_or_init(watch);
        let before = tcgetattr(terminal).map_err(|_| PromptError::Io)?;
        let mut modes = before.clone();
        // Without ISIG: Ctrl-C is a key like others, and what was typed after it can be dropped.
        modes.local_modes -= LocalModes::ECHO
            | LocalModes::ECHONL
            | LocalModes::ICANON
            | LocalModes::ISIG
            | LocalModes::IEXTEN;
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        let mut own = terminal.try_clone().map_err(|_| PromptError::Io)?;
        // Kept before the change: a signal in between restores what is still so.
        *muted() = Some(Muted { terminal: own.try_clone().map_err(|_| PromptError::Io)?, before });
        let mute = Self;
        tcsetattr(terminal, OptionalActions::Now, &modes).map_err(|_| PromptError::Io)?;
        write!(own, "\x1b[?2004h{question}").map_err(|_| PromptError::Io)?;
        Ok(mute)
    }
}

impl Drop for Mute {
    fn drop(&mut self) {
        restore();
    }
}

fn muted() -> std::sync::MutexGuard<'static, Option<Muted>> {
    MUTED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn restore() {
    if let Some(Muted { mut terminal, before }) = muted().take() {
        // A terminal that is gone needs nothing.
        let _ = writeln!(terminal, "\x1b[?2004l\r");
        let _ = tcsetattr(&terminal, OptionalActions::Now, &before);
    }
}

/// From now on somebody else listens to signals. There are no more questions.
pub(in crate::prompt) fn done_with_signals() {
    if let Some(Some(watched)) = WATCHED.get() {
        watched.close();
    }
}

/// Signals that end this process first restore the terminal, from a thread of their own. Without it they just end it.
fn watch() -> Option<Handle> {
    // What this process was started to ignore does not end it, nor a program that takes its place.
    let ending = [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter();
    let mut signals = Signals::new(ending.filter(|signal| !process::was_started_to_ignore(*signal))).ok()?;
    let handle = signals.handle();
    thread::spawn(move || {
        for signal in signals.forever() {
            restore();
            let _ = emulate_default_handler(signal);
        }
    });
    Some(handle)
}
