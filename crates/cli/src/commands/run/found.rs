//! The program that is to run, found before anything is opened for it.

use std::{
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use crate::words::Failure;

/// A program and its arguments.
pub(super) struct Program {
    /// As it was typed.
    pub(super) name: OsString,
    /// Where it lies.
    pub(super) path: PathBuf,
    pub(super) arguments: Vec<OsString>,
}

/// Why a program does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotRun {
    /// There is none of that name.
    NotFound,
    /// It is there, and is no program, or not one for this user or this machine.
    NotRunnable,
    /// The system does not take so much environment and arguments.
    TooMuch,
    /// Its files could not be written.
    NoFiles,
    /// Something else kept it from starting.
    Failed,
}

impl Program {
    /// # Errors
    /// [`Failure::NotRun`].
    pub(super) fn find(mut command: Vec<OsString>) -> Result<Self, Failure> {
        let arguments = command.split_off(1.min(command.len()));
        let name = command.pop().unwrap_or_default();
        match look(&name, env::var_os("PATH").as_deref()) {
            Ok(path) => Ok(Self { name, path, arguments }),
            Err(why) => {
                Err(Failure::NotRun { program: name.to_string_lossy().into_owned(), why, noted: false })
            }
        }
    }

    /// What the activity calls it.
    pub(super) fn file_name(&self) -> String {
        self.path.file_name().unwrap_or(&self.name).to_string_lossy().into_owned()
    }

    /// The failure that the system's answer means.
    pub(super) fn failure(&self, error: &std::io::Error) -> Failure {
        use std::io::ErrorKind;

        let why = match error.kind() {
            // Elsewhere it was looked for before.
            ErrorKind::NotFound if cfg!(windows) => NotRun::NotFound,
            ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::InvalidInput => {
                NotRun::NotRunnable
            }
            ErrorKind::ArgumentListTooLong => NotRun::TooMuch,
            _ => NotRun::Failed,
        };
        self.not_run(why)
    }

    /// It was to be lent something, and does not run.
    pub(super) fn not_run(&self, why: NotRun) -> Failure {
        Failure::NotRun { program: self.name.to_string_lossy().into_owned(), why, noted: true }
    }
}

/// As a shell looks: a name with a slash is a path, any other is looked for in `PATH`.
#[cfg(unix)]
fn look(name: &OsStr, path: Option<&OsStr>) -> Result<PathBuf, NotRun> {
    use std::os::unix::ffi::OsStrExt as _;

    if name.is_empty() {
        return Err(NotRun::NotFound);
    }
    if name.as_bytes().contains(&b'/') {
        return runnable(Path::new(name)).map(|()| PathBuf::from(name));
    }
    let mut why = NotRun::NotFound;
    for folder in env::split_paths(path.unwrap_or(OsStr::new("/usr/local/bin:/usr/bin:/bin"))) {
        // An empty one is the current folder.
        let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
        let place = folder.join(name);
        match runnable(&place) {
            Ok(()) => return Ok(place),
            Err(NotRun::NotRunnable) => why = NotRun::NotRunnable,
            Err(_) => {}
        }
    }
    Err(why)
}

#[cfg(unix)]
fn runnable(path: &Path) -> Result<(), NotRun> {
    let there = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::PermissionDenied => NotRun::NotRunnable,
        _ => NotRun::NotFound,
    })?;
    let allowed = rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    if there.is_file() && allowed { Ok(()) } else { Err(NotRun::NotRunnable) }
}

/// Windows knows its own rules, and says if there is none.
#[cfg(not(unix))]
fn look(name: &OsStr, _: Option<&OsStr>) -> Result<PathBuf, NotRun> {
    if name.is_empty() { Err(NotRun::NotFound) } else { Ok(Path::new(name).to_owned()) }
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    #[test]
    fn a_program_is_looked_for_as_a_shell_does() {
        let place = tempfile::tempdir().unwrap();
        let (a, b) = (place.path().join("a"), place.path().join("b"));
        for folder in [&a, &b] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("tool"), "#!/bin/sh\n").unwrap();
        }
        let path = env::join_paths([&a, &b]).unwrap();
        let tool = || look(OsStr::new("tool"), Some(&path));
        assert_eq!(tool(), Err(NotRun::NotRunnable));
        fs::set_permissions(b.join("tool"), fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(tool(), Ok(b.join("tool")), "the first that can be run");
        assert_eq!(look(OsStr::new("other"), Some(&path)), Err(NotRun::NotFound));
        assert_eq!(look(a.join("tool").as_os_str(), Some(&path)), Err(NotRun::NotRunnable));
        assert_eq!(look(a.as_os_str(), Some(&path)), Err(NotRun::NotRunnable), "a folder is no program");
        assert_eq!(look(OsStr::new(""), Some(&path)), Err(NotRun::NotFound));
    }
}
