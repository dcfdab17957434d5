//! Private files for one program: in a folder that only this user can open, gone when the program has ended.
//!
//! The folder's lock says that whoever made it lives. One that was killed leaves its folder behind, unlocked: the next
//! `run` removes it.

use std::{
    env,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use secrecy::{ExposeSecret as _, SecretString};

const PREFIX: &str = "keymoor-run-";
const LOCK: &str = "lock";
/// A folder without a lock is being made, or its maker died right then.
const BEING_MADE: Duration = Duration::from_secs(60);

/// A folder with files; both go when it is dropped.
pub(super) struct Files {
    folder: PathBuf,
    /// Held as long as the folder is there.
    _lock: File,
}

impl Files {
    /// A new folder: in memory where the system has a place for that, else among the temporary files.
    pub(super) fn begin() -> io::Result<Self> {
        let mut failed = io::Error::from(ErrorKind::NotFound);
        for place in places() {
            match Self::begin_in(&place) {
                Ok(files) => return Ok(files),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    fn begin_in(place: &Path) -> io::Result<Self> {
        let process = std::process::id();
        for number in 0..100 {
            let folder = place.join(format!("{PREFIX}{process}-{number}"));
            match private_folder(&folder) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            let lock = folder.join(LOCK);
            let file = private_file(&lock)?;
            // Where locks are not to be had, it is only not told from a folder that was left behind.
            let locked = file.try_lock();
            // Another process may have taken it for one, before the lock was there.
            if !matches!(locked, Err(fs::TryLockError::WouldBlock)) && lock.exists() {
                return Ok(Self { folder, _lock: file });
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    /// Writes a file of this name; returns where it is.
    pub(super) fn put(&self, name: &str, text: &SecretString) -> io::Result<PathBuf> {
        let path = self.folder.join(name);
        // Exposed because the program is to read it there.
        private_file(&path)?.write_all(text.expose_secret().as_bytes())?;
        Ok(path)
    }

    /// Removes what processes left behind that were killed.
    pub(super) fn clear_leftovers() {
        for place in places() {
            // What cannot be looked at or removed now is tried again by the next.
            for entry in fs::read_dir(place).into_iter().flatten().flatten() {
                let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
                if is_ours && is_left_behind(&entry.path()) {
                    let _ = fs::remove_dir_all(entry.path());
                }
            }
        }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder); // the next `run` tries again
    }
}

fn is_left_behind(folder: &Path) -> bool {
    let Ok(there) = fs::symlink_metadata(folder) else { return false };
    if !there.is_dir() || !is_mine(&there) {
        return false;
    }
    match File::open(folder.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let age = there.modified().ok().and_then(|made| made.elapsed().ok());
            age.is_some_and(|age| age > BEING_MADE)
        }
        Err(_) => false,
    }
}

/// Where folders may be made, the best place first.
fn places() -> Vec<PathBuf> {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|place| is_private(place));
    runtime.into_iter().chain([env::temp_dir()]).collect()
}

#[cfg(unix)]
fn is_private(place: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    let private = |there: &fs::Metadata| is_mine(there) && there.permissions().mode() & 0o077 == 0;
    place.is_absolute() && fs::metadata(place).is_ok_and(|there| there.is_dir() && private(&there))
}

#[cfg(unix)]
fn is_mine(there: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    there.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(unix)]
fn private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    DirBuilder::new().mode(0o700).create(path)
}

#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;

    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// On Windows the user's own folder for temporary files is closed to other users.
#[cfg(not(unix))]
fn is_private(_: &Path) -> bool {
    false
}

#[cfg(not(unix))]
fn is_mine(_: &fs::Metadata) -> bool {
    true
}

#[cfg(not(unix))]
fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().create(path)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_folder_and_its_files_are_private_and_go_together() {
        let place = tempfile::tempdir().unwrap();
        let files = Files::begin_in(place.path()).unwrap();
        let other = Files::begin_in(place.path()).unwrap();
        assert_ne!(files.folder, other.folder);
        let path = files.put("KEY_FILE", &"{}".into()).unwrap();
        assert_eq!((mode(&files.folder), mode(&path)), (0o700, 0o600));
        assert_eq!(fs::read(&path).unwrap(), b"{}");
        drop(files);
        assert!(!path.parent().unwrap().exists() && other.folder.exists());
    }

    #[test]
    fn only_what_nobody_holds_is_left_behind() {
        let place = tempfile::tempdir().unwrap();
        let files = Files::begin_in(place.path()).unwrap();
        assert!(!is_left_behind(&files.folder), "its maker lives");
        let folder = files.folder.clone();
        let dead = place.path().join("keymoor-run-1-0");
        private_folder(&dead).unwrap();
        assert!(!is_left_behind(&dead), "it may be being made");
        private_file(&dead.join(LOCK)).unwrap();
        assert!(is_left_behind(&dead));
        std::os::unix::fs::symlink(&dead, place.path().join("keymoor-run-2-0")).unwrap();
        assert!(!is_left_behind(&place.path().join("keymoor-run-2-0")), "a link is nobody's folder");
        drop(files);
        assert!(!is_left_behind(&folder));
    }
}
