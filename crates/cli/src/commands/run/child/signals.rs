//! Signals while a program is waited for: handed on, unless it got them itself.

use std::{
    io,
    process::{Child, ExitStatus},
};

use rustix::process::{Pid, Signal, getpgid, getpgrp, kill_process};
use signal_hook::{
    consts::{
        SIGABRT, SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,
        SIGVTALRM, SIGXCPU, SIGXFSZ,
    },
    iterator::{SignalsInfo, exfiltrator::WithOrigin},
    low_level::siginfo::{Cause, Origin},
};

use crate::{process, prompt};

/// Every signal that somebody sends or a limit causes, and that would end this process while its files are there. What is
/// not here are faults, those that cannot be caught, and those of real time, which nobody sends unasked.
const HANDED_ON: [i32; 13] = [
    SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGXCPU,
    SIGXFSZ,
];
/// The same, which not every system has.
#[cfg(target_os = "linux")]
const LINUX: [i32; 2] = [Signal::STKFLT.as_raw(), Signal::POWER.as_raw()];
#[cfg(not(target_os = "linux"))]
const LINUX: [i32; 0] = [];

/// What is listened to. None of it ends this process any more.
pub(super) struct Signals(SignalsInfo<WithOrigin>);

impl Signals {
    pub(super) fn begin() -> io::Result<Self> {
        // What this process was started to ignore, as under `nohup`, the program is to ignore as well.
        let heard =
            HANDED_ON.into_iter().chain(LINUX).filter(|signal| !process::was_started_to_ignore(*signal));
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
            } else if is_for_both(&heard, child) {
                continue;
            } else if let Some(signal) = Signal::from_named_raw(heard.signal) {
                // It is waited for by nobody else, so that its id is still its own. Perhaps it has just ended.
                let _ = kill_process(Pid::from_child(child), signal);
            }
        }
        child.wait()
    }
}

/// Whether it came from a key at the terminal, and the program has it already: those in one group get it together. One that
/// went to a group or a session of its own, as `timeout` and `setsid` do, gets nothing.
fn is_for_both(heard: &Origin, child: &Child) -> bool {
    let from_terminal = matches!(heard.signal, SIGINT | SIGQUIT) && !matches!(heard.cause, Cause::Sent(_));
    from_terminal && getpgid(Some(Pid::from_child(child))).is_ok_and(|group| group == getpgrp())
}
