//! One process at a time: making or rebuilding a vault, syncing it, and writing one record's copy into the keychain.
//! Everything else needs no lock but the cache's own.

use std::fs::{File, OpenOptions, TryLockError};
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::error::{Error, at};

/// Held until dropped, also by a process that dies.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits until nobody else holds it.
    pub(crate) fn wait(config: &Config, what: &str) -> Result<Self, Error> {
        let file = open(config, what)?;
        file.lock().map_err(at(&config.lock_file(what)))?;
        Ok(Self { _file: file })
    }

    /// Waits at most so long; `None` if somebody else still holds it then.
    pub(crate) fn wait_for(config: &Config, what: &str, patience: Duration) -> Result<Option<Self>, Error> {
        let file = open(config, what)?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self { _file: file })),
                Err(TryLockError::WouldBlock) if start.elapsed() < patience => {
                    std::thread::sleep(Duration::from_millis(2));
                }
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(at(&config.lock_file(what))(error)),
            }
        }
    }
}

fn open(config: &Config, what: &str) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let path = config.lock_file(what);
    options.open(&path).map_err(at(&path))
}
