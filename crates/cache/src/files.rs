//! The files of a cache: where they lie, whose they are, and why a disk refuses them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

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

#[cfg(unix)]
pub(crate) fn identity(file: &Path) -> Option<[u8; 16]> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = fs::metadata(file).ok()?;
    let made = metadata.created().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let mut identity = [0; 16];
    identity[..8].copy_from_slice(&metadata.ino().to_be_bytes());
    identity[8..].copy_from_slice(&(made.as_nanos() as u64).to_be_bytes());
    Some(identity)
}

/// The number of a file is not to be had here without further ado.
#[cfg(not(unix))]
pub(crate) fn identity(_: &Path) -> Option<[u8; 16]> {
    None
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

/// How long the file of uses is, and when it was changed last; nothing where there is none.
pub(crate) fn uses_mark(dir: &Path) -> Option<(u64, SystemTime)> {
    let found = fs::metadata(dir.join(format!("{NAME}.uses"))).ok()?;
    Some((found.len(), found.modified().ok()?))
}

/// Opens the file of uses beside the database; one that is made is for its owner alone.
pub(crate) fn open_uses(dir: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(dir.join(format!("{NAME}.uses")))
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
    note_unread(dir, &target)?;
    // The log first: a new database must never find the log of the old one.
    for (from, to) in with_companions(&path).iter().zip(with_companions(&target)).rev() {
        match fs::rename(from, to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(target)
}

/// Notes that a file was set aside whose content has yet to be taken over.
pub(crate) fn note_unread(dir: &Path, aside: &Path) -> Result<(), Error> {
    let path = unread_note(dir);
    let mut file = File::create(&path)?;
    keep_private(&path, 0o600)?;
    let name = aside.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    file.write_all(name.as_bytes())?;
    file.sync_all().map_err(Error::from)
}

/// The file that was set aside last, if its content has yet to be taken over.
pub(crate) fn unread(dir: &Path) -> Option<PathBuf> {
    let name = fs::read_to_string(unread_note(dir)).ok()?;
    let ours = name.starts_with(&format!("{NAME}.damaged-")) && !name.contains(['/', '\\']);
    Some(dir.join(name)).filter(|path| ours && path.is_file())
}

/// It was taken over.
pub(crate) fn forget_unread(dir: &Path) -> Result<(), Error> {
    match fs::remove_file(unread_note(dir)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

pub(crate) fn unread_note(dir: &Path) -> PathBuf {
    dir.join(format!("{NAME}.unread"))
}

/// Copies a file to a place of its owner alone.
pub(crate) fn copy_private(from: &Path, to: &Path) -> Result<(), Error> {
    let mut source = File::open(from)?;
    let mut target = OpenOptions::new().write(true).create_new(true).open(to)?;
    keep_private(to, 0o600)?;
    io::copy(&mut source, &mut target).map(drop).map_err(Error::from)
}

/// Writes the schema's pages of a database in which nothing else was ever stored over those of `path`. Both were made by
/// the same migrations, so that every table begins at the same page.
pub(crate) fn lend_schema(new: &[u8], path: &Path) -> Result<(), Error> {
    use std::io::{Seek as _, SeekFrom};
    const HEADER: usize = 100;
    let page_size = match new.get(16..18) {
        Some([0, 1]) => 65_536,
        Some([high, low]) => usize::from(u16::from_be_bytes([*high, *low])),
        _ => return Err(Error::Damaged),
    };
    let number =
        |at: usize| new.get(at..at + 4).map_or(0, |b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize);
    let short = |at: usize| new.get(at..at + 2).map_or(0, |b| usize::from(u16::from_be_bytes([b[0], b[1]])));
    // Page 1 has the schema's root: a leaf, or the pages' list of one level of leaves.
    let mut pages = vec![1];
    if new.get(HEADER) == Some(&5) {
        pages.push(number(HEADER + 8));
        for cell in 0..short(HEADER + 3) {
            pages.push(number(short(HEADER + 12 + 2 * cell)));
        }
    }
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let length = file.metadata()?.len();
    for page in pages {
        let start = page.saturating_sub(1) * page_size;
        let mut bytes = new.get(start..start + page_size).ok_or(Error::Damaged)?.to_vec();
        if page == 1 {
            // As long as this file is, and without a list of free pages.
            let count = u32::try_from(length / page_size as u64).unwrap_or(u32::MAX);
            bytes[28..32].copy_from_slice(&count.to_be_bytes());
            bytes[32..40].fill(0);
        }
        file.seek(SeekFrom::Start(start as u64))?;
        file.write_all(&bytes)?;
    }
    file.sync_all().map_err(Error::from)
}

/// A database and the two files beside it.
pub(crate) fn with_companions(path: &Path) -> [PathBuf; 3] {
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
