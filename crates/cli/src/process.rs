//! What this process allows others to see of it: no core dump, no look into its memory, its own session when it stays.

#[cfg(unix)]
use std::sync::OnceLock;

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Forbids core dumps, and on Linux also that another process of the same user attaches. First thing in `main`.
///
/// Of the limit only the part that counts is lowered: it can be given back to a program that takes this one's place.
#[cfg(unix)]
pub(crate) fn keep_memory_private() {
    forbid_dumps();
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Does something that starts another program, which finds the limit as this one found it. On Linux this process is not
/// dumped all the same: that is forbidden twice, and the other prohibition ends where a program begins.
#[cfg(unix)]
pub(crate) fn allowing_dumps<T>(start: impl FnOnce() -> T) -> T {
    if let Some(before) = BEFORE.get() {
        let _ = setrlimit(Resource::Core, *before);
    }
    let done = start();
    forbid_dumps();
    done
}

#[cfg(unix)]
fn forbid_dumps() {
    let before = BEFORE.get_or_init(|| getrlimit(Resource::Core));
    // Lowering one's own limit cannot fail; were it to, a command that works serves its user better than none.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), ..*before });
}

/// The limit with which this process began.
#[cfg(unix)]
static BEFORE: OnceLock<Rlimit> = OnceLock::new();

/// Windows writes no dump of a process unless an administrator asked for it.
#[cfg(not(unix))]
pub(crate) fn keep_memory_private() {}

/// See above.
#[cfg(not(unix))]
pub(crate) fn allowing_dumps<T>(start: impl FnOnce() -> T) -> T {
    start()
}

/// Leaves the terminal's session, so that closing the terminal does not end this process.
pub(crate) fn outlive_terminal() {
    // Fails only for the leader of a group, which a child that was just started is not.
    #[cfg(unix)]
    let _ = rustix::process::setsid();
}
