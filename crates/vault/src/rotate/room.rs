//! Room on the disk for a key that is being made: taken before it exists, and given back when it is to be stored.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use crate::config::Config;
use crate::error::{Error, at};

/// Bytes: a record with its history and everything around it, in the cache and in its log.
const BYTES: usize = 512 * 1024;

/// Given back when dropped. What a process that died had taken, the next one takes over.
pub(super) struct Room(PathBuf);

impl Room {
    /// # Errors
    /// That of a disk that is full.
    pub(super) fn take(config: &Config) -> Result<Self, Error> {
        let room = Self(config.home().join("rotate.room"));
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&room.0).map_err(at(&room.0))?;
        file.write_all(&vec![0; BYTES]).and_then(|()| file.sync_all()).map_err(at(&room.0))?;
        Ok(room)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
