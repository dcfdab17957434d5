//! Signals while a program is waited for: handed on, unless it got them itself.

use std::{
    io,
    process::{Child, ExitStatus},
};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::{
    consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2},
    iterator::{SignalsInfo, exfiltrator::WithOrigin},
    low_level::siginfo::{Cause, Origin},
};

use crate::prompt;

/// What is listened to. None of it ends this process any more.
pub(super) struct Signals(SignalsInfo<WithOrigin>);

impl Signals {
    pub(super) fn begin() -> io::Result<Self> {
        let ignored = ignored();
        // What this process was started to ignore, as under `nohup`, the program is to ignore as well.
        let heard = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2]
            .into_iter()
            .filter(|signal| ignored & (1 << (signal - 1)) == 0);
        let signals = SignalsInfo::new(heard.chain([SIGCHLD]))?;
        // A question that was asked before has its own way with signals.
        prompt::done_with_signals();
        Ok(Self(signals))
    }

    /// Waits until the program has ended.
    pub(super) fn wait(mut self, child: &mut Child) -> io::Result<ExitStatus> {
        for heard in self.0.forever() {
            if heard.signal == SIGCHLD {
                if let Some(status) = child.try_wait()? {
                    return Ok(status);
                }
            } else if is_for_both(&heard) {
                continue;
            } else if let Some(signal) = Signal::from_named_raw(heard.signal) {
                // It is waited for by nobody else, so that its id is still its own. Perhaps it has just ended.
                let _ = kill_process(Pid::from_child(child), signal);
            }
        }
        child.wait()
    }
}

/// Whether it came from a key at the terminal: then the program, which is in the same group, has it already.
fn is_for_both(heard: &Origin) -> bool {
    matches!(heard.signal, SIGINT | SIGQUIT) && !matches!(heard.cause, Cause::Sent(_))
}

/// The signals that this process ignores, a bit each.
#[cfg(target_os = "linux")]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Elsewhere it cannot be asked without unsafe code.
#[cfg(not(target_os = "linux"))]
fn ignored() -> u64 {
    0
}
