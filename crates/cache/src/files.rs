//! The files of a cache: where they lie, whose they are, and why a disk refuses them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::error::Error;

const NAME: &str = "keymoor.db";

/// The database in `dir`.
pub(crate) fn database(dir: &Path) -> PathBuf {
    dir.join(NAME)
}

/// Makes `dir` and an empty file in it, for their owner alone whatever the umask says. A directory that somebody else
/// made keeps its mode unless it is empty: it may be a home directory.
///
/// The file is only ever *made* here and never opened again: closing a second descriptor of a database would let go of
/// the locks that SQLite holds on it in this process.
pub(crate) fn create(dir: &Path) -> Result<(), Error> {
    let ours = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(dir)?;
            true
        }
        Err(error) => return Err(error.into()),
    };
    if ours {
        keep_private(dir, 0o700)?;
    }
    let path = database(dir);
    match OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(_) => keep_private(&path, 0o600),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Takes everybody else's rights off the database, should it have got any (a copy put back by hand has). SQLite gives
/// `-wal` and `-shm` the mode of the database.
#[cfg(unix)]
pub(crate) fn tighten(dir: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = database(dir);
    if fs::metadata(&path)?.permissions().mode() & 0o077 != 0 {
        for path in with_companions(&path).into_iter().filter(|path| path.exists()) {
            keep_private(&path, 0o600)?;
        }
    }
    Ok(())
}

/// On Windows a user's data directory is private by inheritance.
#[cfg(not(unix))]
pub(crate) fn tighten(dir: &Path) -> Result<(), Error> {
    fs::metadata(database(dir)).map(drop).map_err(Error::from)
}

/// Asks the file system itself why it failed, since SQLite says "I/O error" or "cannot open" for a full disk or a
/// read-only directory in several places. Anything but those two keeps the answer that there was.
pub(crate) fn explain(dir: &Path, error: Error) -> Error {
    if !matches!(error, Error::Io { .. }) {
        return error;
    }
    let probe = dir.join(format!("{NAME}.probe-{}", std::process::id()));
    // As much as SQLite takes at a time for its shared memory, the first thing that a full disk refuses.
    let tried = File::create(&probe)
        .and_then(|mut file| file.write_all(&[1; 32 * 1024]).and_then(|()| file.sync_all()));
    let _ = fs::remove_file(&probe);
    match tried.map_err(Error::from) {
        Err(cause @ (Error::Full | Error::ReadOnly)) => cause,
        _ => error,
    }
}

/// Holds other processes off while files are moved.
pub(crate) fn lock(dir: &Path) -> Result<File, Error> {
    let path = dir.join(format!("{NAME}.moving"));
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path)?;
    keep_private(&path, 0o600)?;
    file.lock()?;
    Ok(file)
}

/// Moves database, log and shared memory to names that are free, and returns the database's.
pub(crate) fn move_aside(dir: &Path) -> Result<PathBuf, Error> {
    let path = database(dir);
    let aside = |n: u32| dir.join(format!("{NAME}.damaged-{n}"));
    let free = |n: &u32| with_companions(&aside(*n)).iter().all(|path| !path.exists());
    let target = aside((1..).find(free).unwrap_or(u32::MAX));
    // The log first: a new database must never find the log of the old one.
    for (from, to) in with_companions(&path).iter().zip(with_companions(&target)).rev() {
        match fs::rename(from, to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(target)
}

/// A database and the two files beside it.
fn with_companions(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|end| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        name.into()
    })
}

#[cfg(unix)]
fn keep_private(path: &Path, mode: u32) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(Error::from)
}

#[cfg(not(unix))]
fn keep_private(_: &Path, _: u32) -> Result<(), Error> {
    Ok(())
}
