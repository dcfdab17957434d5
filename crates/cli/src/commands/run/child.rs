//! The program's life. Where nothing has to be done after its end, this process becomes it; otherwise this one waits,
//! hands on what it is told, and ends as the program did.

#[cfg(unix)]
mod signals;

use std::{
    process::{Command, ExitCode},
    sync::Arc,
};

use keymoor_vault::lend::{Form, Variable};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    environment::Changes,
    files::Files,
    found::{NotRun, Program},
};
use crate::{process, words::Failure};

/// Runs it to its end; what it returns is the program's exit code.
pub(super) fn run(program: Program, changes: Changes) -> Result<ExitCode, Failure> {
    Files::clear_leftovers();
    let mut command = Command::new(&program.path);
    command.args(&program.arguments);
    // A program may ask by which name it was called.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, &program.name);
    for name in &changes.removed {
        command.env_remove(name);
    }
    let mut in_files = Vec::new();
    for Variable { name, value, form, .. } in changes.set {
        match form {
            Form::File => in_files.push((name, value)),
            // Exposed because the program is to find it there.
            Form::Text => drop(command.env(name, value.expose_secret())),
        }
    }
    if in_files.is_empty() { become_it(&program, command) } else { wait_for_it(&program, command, in_files) }
}

#[cfg(unix)]
fn become_it(program: &Program, mut command: Command) -> Result<ExitCode, Failure> {
    use std::os::unix::process::CommandExt as _;

    // Only an error comes back.
    let mut error = process::allowing_dumps(|| command.exec());
    if is_no_format(&error) {
        error = process::allowing_dumps(|| by_shell(&command).exec());
    }
    Err(program.failure(&error))
}

#[cfg(not(unix))]
fn become_it(program: &Program, command: Command) -> Result<ExitCode, Failure> {
    wait_for_it(program, command, Vec::new())
}

fn wait_for_it(
    program: &Program,
    mut command: Command,
    in_files: Vec<(String, Arc<SecretString>)>,
) -> Result<ExitCode, Failure> {
    let unwritable = |_| program.not_run(NotRun::NoFiles);
    // Before the files are there: whatever ends this process from now on, they go first.
    #[cfg(unix)]
    let signals = signals::Signals::begin().map_err(|_| program.not_run(NotRun::Failed))?;
    let files = Files::begin().map_err(unwritable)?;
    for (name, text) in in_files {
        let path = files.put(&name, &text).map_err(unwritable)?;
        command.env(name, path);
    } // and what is in them is not kept here while the program runs
    let mut started = process::allowing_dumps(|| command.spawn());
    #[cfg(unix)]
    if started.as_ref().is_err_and(is_no_format) {
        started = process::allowing_dumps(|| by_shell(&command).spawn());
    }
    drop(command); // what it was told of the environment is not needed any more
    let mut child = started.map_err(|error| program.failure(&error))?;
    #[cfg(unix)]
    let ended = signals.wait(&mut child);
    #[cfg(not(unix))]
    let ended = child.wait();
    drop(files);
    Ok(end_like(ended.map_err(|error| program.failure(&error))?))
}

/// Whether the system knows no such program: it may be a script that does not say by what it is run.
#[cfg(unix)]
fn is_no_format(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error())
}

/// Then it is run by the shell, as shells do.
#[cfg(unix)]
fn by_shell(command: &Command) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

/// Ends as the program did: with its exit code, or by the same signal.
fn end_like(status: std::process::ExitStatus) -> ExitCode {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let _ = signal_hook::low_level::emulate_default_handler(signal);
        // A signal that cannot be repeated is told as shells do.
        return ExitCode::from(128_u8.saturating_add(u8::try_from(signal).unwrap_or(0)));
    }
    // Windows knows more than 256 codes: what cannot be said here is a failure all the same.
    ExitCode::from(status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1)))
}
