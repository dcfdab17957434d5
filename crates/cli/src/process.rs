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

/// Whether this process was started to ignore a signal, as under `nohup`. Then nothing listens to it, and it does not begin
/// to end this process or a program that takes its place.
#[cfg(unix)]
pub(crate) fn was_started_to_ignore(signal: i32) -> bool {
    // Whoever listens asks here first, so that it is still as it was.
    IGNORED.get_or_init(ignored) & (1 << (signal - 1)) != 0
}

/// The signals that this process ignored, a bit each.
#[cfg(unix)]
static IGNORED: OnceLock<u64> = OnceLock::new();

#[cfg(target_os = "linux")]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Elsewhere it cannot be asked without unsafe code.
#[cfg(all(unix, not(target_os = "linux")))]
fn ignored() -> u64 {
    0
}

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
