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
            let file = match private_file(&lock) {
                Err(error) if is_taken(&error) => continue,
                made => made?,
            };
            // Where locks are not to be had, it is only not told from a folder that was left behind.
            let locked = file.try_lock();
            // Another process may have taken it for one, before the lock was held: then it holds it now, or it is gone.
            if !matches!(locked, Err(fs::TryLockError::WouldBlock)) && is_at(&file, &lock) {
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
            Self::clear_leftovers_in(&place);
        }
    }

    fn clear_leftovers_in(place: &Path) {
        // What cannot be looked at or removed now is tried again by the next.
        for entry in fs::read_dir(place).into_iter().flatten().flatten() {
            let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
            // Held until it is gone: whoever is just making it sees that, and makes another.
            if let Some(_held) = is_ours.then(|| left_behind(&entry.path())).flatten() {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder); // the next `run` tries again
    }
}

/// The lock of a folder that nobody else holds.
fn left_behind(folder: &Path) -> Option<File> {
    let there = fs::symlink_metadata(folder).ok()?;
    if !there.is_dir() || !is_mine(&there) {
        return None;
    }
    let lock = folder.join(LOCK);
    let file = match File::open(&lock) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let age = there.modified().ok().and_then(|made| made.elapsed().ok());
            // Its maker, if it lives after all, does not take a lock that it did not make.
            age.filter(|age| *age > BEING_MADE).and_then(|_| private_file(&lock).ok())?
        }
        opened => opened.ok()?,
    };
    // Its maker may have removed it since it was opened, and another of that name be there.
    (file.try_lock().is_ok() && is_at(&file, &lock)).then_some(file)
}

/// Whether somebody who clears up was faster.
fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound)
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

/// Whether this is the file that lies there.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let place = |there: fs::Metadata| (there.dev(), there.ino());
    file.metadata().map(place).ok() == fs::symlink_metadata(path).map(place).ok()
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

/// There a file that is open keeps its place.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
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
        assert!(left_behind(&files.folder).is_none(), "its maker lives");
        let folder = files.folder.clone();
        let dead = place.path().join("keymoor-run-1-0");
        private_folder(&dead).unwrap();
        assert!(left_behind(&dead).is_none(), "it may be being made");
        private_file(&dead.join(LOCK)).unwrap();
        assert!(left_behind(&dead).is_some());
        std::os::unix::fs::symlink(&dead, place.path().join("keymoor-run-2-0")).unwrap();
        assert!(left_behind(&place.path().join("keymoor-run-2-0")).is_none(), "a link is nobody's folder");
        drop(files);
        assert!(left_behind(&folder).is_none());
    }

    /// `make -j` with several of them.
    #[test]
    fn what_is_being_made_is_not_cleared_away() {
        let place = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let makers: Vec<_> = (0..3)
                .map(|_| {
                    scope.spawn(|| {
                        for _ in 0..400 {
                            let files = Files::begin_in(place.path()).unwrap();
                            let path = files.put("KEY_FILE", &"{}".into()).unwrap();
                            std::thread::yield_now();
                            assert_eq!(fs::read(path).unwrap(), b"{}");
                        }
                    })
                })
                .collect();
            while makers.iter().any(|maker| !maker.is_finished()) {
                Files::clear_leftovers_in(place.path());
            }
        });
        assert!(fs::read_dir(place.path()).unwrap().next().is_none());
    }
}
