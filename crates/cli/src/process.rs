//! What this process allows others to see of it: no core dump, no look into its memory, its own session when it stays.

/// Forbids core dumps, and on Linux also that another process of the same user attaches. First thing in `main`.
#[cfg(unix)]
pub(crate) fn keep_memory_private() {
    use rustix::process::{Resource, Rlimit, setrlimit};

    // Lowering one's own limit cannot fail; were it to, a command that works serves its user better than none.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Windows writes no dump of a process unless an administrator asked for it.
#[cfg(not(unix))]
pub(crate) fn keep_memory_private() {}

/// Leaves the terminal's session, so that closing the terminal does not end this process.
pub(crate) fn outlive_terminal() {
    // Fails only for the leader of a group, which a child that was just started is not.
    #[cfg(unix)]
    let _ = rustix::process::setsid();
}
