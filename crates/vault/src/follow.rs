//! Noticing that the cache changed, whichever process did it, without looking all the time.
//!
//! A commit writes the cache's log; on Linux the kernel says so, and the commit is there a moment later, when the disk has
//! it. Elsewhere, and where the kernel says nothing, the change counter is read now and then.

#[cfg(target_os = "linux")]
mod inotify;

#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use keymoor_cache::Cache;

use crate::error::Error;

/// How often to look where nobody says that something was written.
const LOOK: Duration = Duration::from_millis(100);
/// How often to look where somebody does: whether the machine slept, which nobody tells.
const LOOK_ALL_THE_SAME: Duration = Duration::from_secs(30);
/// After the log was written the commit is there soon, or when a slow disk is ready.
const FIRST_LOOK: Duration = Duration::from_micros(200);
/// The clock on the wall went on so much longer than this process: the machine slept.
const SLEPT: Duration = Duration::from_secs(30);

/// Follows a cache: it waits until something happens to it, and where the kernel tells of writes it needs no look now and
/// then.
pub struct Follow {
    cache: Cache,
    /// How far the change counter was.
    seen: i64,
    writing: Writing,
    clocks: Clocks,
    expected: Expected,
    end: End,
}

/// Ends a wait, and every later one, from another thread.
#[derive(Debug, Clone, Default)]
pub(crate) struct End {
    asked: Arc<AtomicBool>,
    #[cfg(target_os = "linux")]
    wake: Option<Arc<OwnedFd>>,
}

impl End {
    /// Asks for the end. Where nothing wakes whoever waits, they look soon by themselves.
    pub(crate) fn ask(&self) {
        self.asked.store(true, Ordering::Release);
        #[cfg(target_os = "linux")]
        if let Some(wake) = &self.wake {
            let _ = rustix::io::write(wake, &1_u64.to_ne_bytes()); // full: it was asked already
        }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// A transaction changed something.
    Changed,
    /// The cache's file is another one, or is gone. There is nothing more to follow.
    Replaced,
    /// This machine slept: whatever was to be heard meanwhile was not.
    Slept,
}

impl Follow {
    /// Follows the cache of this data directory from where [`Vault::changes`](crate::Vault::changes) said `seen`.
    ///
    /// # Errors
    /// As those of opening it.
    pub fn begin(home: &Path, seen: i64) -> Result<Self, Error> {
        let cache = Cache::open(home)?;
        let writing = Writing::begin(home);
        let end = writing.end();
        Ok(Self { cache, seen, writing, clocks: Clocks::now(), expected: Expected::default(), end })
    }

    /// What ends the waits.
    pub(crate) fn end(&self) -> End {
        self.end.clone()
    }

    /// Waits until something happens; `None` after half a minute in which nothing did, and once it was asked to end.
    pub fn wait(&mut self) -> Option<Sight> {
        let begun = Instant::now();
        loop {
            match self.cache.change_counter() {
                Ok(now) if now != self.seen => {
                    self.seen = now;
                    return Some(Sight::Changed);
                }
                Ok(_) | Err(keymoor_cache::Error::Busy) => {}
                Err(_) => return Some(Sight::Replaced),
            }
            if begun.elapsed() >= LOOK_ALL_THE_SAME || self.end.asked.load(Ordering::Acquire) {
                return None;
            }
            let written = self.writing.wait(self.expected.pause);
            self.expected.looked(written);
            if self.clocks.slept() {
                return Some(Sight::Slept);
            }
        }
    }
}

/// A commit that was written to the log, and is to be seen once the disk has it.
struct Expected {
    /// How long to wait before the next look: short at first, since most disks are quick, and longer with each in vain.
    pause: Duration,
}

impl Default for Expected {
    fn default() -> Self {
        Self { pause: LOOK_ALL_THE_SAME }
    }
}

impl Expected {
    fn looked(&mut self, written: bool) {
        self.pause = if written { FIRST_LOOK } else { (self.pause * 3 / 2).min(LOOK_ALL_THE_SAME) };
    }
}

/// Waits for somebody to write.
enum Writing {
    #[cfg(target_os = "linux")]
    Told(inotify::Inotify),
    Guessed,
}

impl Writing {
    fn begin(dir: &Path) -> Self {
        #[cfg(target_os = "linux")]
        if let Some(told) = inotify::Inotify::begin(dir) {
            return Self::Told(told);
        }
        let _ = dir;
        Self::Guessed
    }

    fn end(&self) -> End {
        match self {
            #[cfg(target_os = "linux")]
            Self::Told(told) => End { wake: Some(told.wake()), ..End::default() },
            Self::Guessed => End::default(),
        }
    }

    /// Waits at most so long; whether the log was written.
    fn wait(&mut self, longest: Duration) -> bool {
        match self {
            #[cfg(target_os = "linux")]
            Self::Told(told) => match told.wait(longest) {
                Some(written) => written,
                None => {
                    *self = Self::Guessed;
                    false
                }
            },
            Self::Guessed => {
                thread::sleep(LOOK.min(longest));
                false
            }
        }
    }
}

/// The two clocks, of which one stands still while the machine sleeps.
struct Clocks {
    process: Instant,
    wall: SystemTime,
}

impl Clocks {
    fn now() -> Self {
        Self { process: Instant::now(), wall: SystemTime::now() }
    }

    /// Whether the machine slept since the last time this was asked.
    fn slept(&mut self) -> bool {
        let before = std::mem::replace(self, Self::now());
        let wall = self.wall.duration_since(before.wall).unwrap_or_default();
        wall > self.process.duration_since(before.process) + SLEPT
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// What is seen, on a thread of its own: a wait that finds nothing takes its time.
    fn sights(home: &Path) -> mpsc::Receiver<Sight> {
        let seen = Cache::open(home).unwrap().change_counter().unwrap();
        let mut follow = Follow::begin(home, seen).unwrap();
        let (tell, seen) = mpsc::channel();
        thread::spawn(move || while tell.send(follow.wait().unwrap_or(Sight::Slept)).is_ok() {});
        seen
    }

    #[test]
    fn a_change_by_another_connection_is_noticed_and_only_a_change() {
        let dir = tempfile::tempdir().unwrap();
        let mut other = Cache::open(dir.path()).unwrap();
        let seen = sights(dir.path());
        for _ in 0..20 {
            other.write(|change| change.set_setting("x", b"1")).unwrap();
            assert_eq!(seen.recv_timeout(Duration::from_secs(5)), Ok(Sight::Changed));
        }
        other.read(|view| view.device()).unwrap();
        assert!(seen.recv_timeout(Duration::from_millis(50)).is_err(), "reading is no change");
        // The file is another one.
        drop(other);
        std::fs::rename(Cache::path(dir.path()), dir.path().join("elsewhere")).unwrap();
        assert_eq!(seen.recv_timeout(Duration::from_secs(5)), Ok(Sight::Replaced));
    }

    #[test]
    fn another_file_in_its_place_is_noticed() {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        drop(Cache::open(elsewhere.path()).unwrap());
        let seen = sights(dir.path());
        std::fs::rename(Cache::path(elsewhere.path()), Cache::path(dir.path())).unwrap();
        assert_eq!(seen.recv_timeout(Duration::from_secs(5)), Ok(Sight::Replaced));
    }

    #[test]
    fn a_directory_that_is_moved_is_noticed() {
        let parent = tempfile::tempdir().unwrap();
        let (here, there) = (parent.path().join("here"), parent.path().join("there"));
        let seen = sights(&here);
        std::fs::rename(here, there).unwrap();
        assert_eq!(seen.recv_timeout(Duration::from_secs(5)), Ok(Sight::Replaced));
    }

    #[test]
    fn a_commit_that_the_disk_takes_long_for_is_looked_for_long() {
        let mut expected = Expected::default();
        expected.looked(true);
        let mut waited = Duration::ZERO;
        while waited < Duration::from_secs(20) {
            assert!(expected.pause <= waited / 2 + FIRST_LOOK, "{waited:?}: {:?}", expected.pause);
            waited += expected.pause;
            expected.looked(false);
        }
    }

    #[test]
    fn who_waits_is_woken_to_end() {
        let dir = tempfile::tempdir().unwrap();
        let seen = Cache::open(dir.path()).unwrap().change_counter().unwrap();
        let mut follow = Follow::begin(dir.path(), seen).unwrap();
        let end = follow.end();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || tell.send(follow.wait()));
        assert!(told.recv_timeout(Duration::from_millis(50)).is_err(), "it waits");
        end.ask();
        assert_eq!(told.recv_timeout(Duration::from_secs(5)), Ok(None));
    }

    #[test]
    fn a_directory_that_is_removed_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        drop(Cache::open(dir.path()).unwrap());
        let seen = sights(dir.path());
        std::fs::remove_dir_all(dir.path()).unwrap();
        assert_eq!(seen.recv_timeout(Duration::from_secs(5)), Ok(Sight::Replaced));
    }

    #[test]
    fn a_sleep_shows_by_the_clocks() {
        let mut clocks = Clocks::now();
        assert!(!clocks.slept());
        clocks.wall -= SLEPT * 2;
        assert!(clocks.slept());
        assert!(!clocks.slept());
        clocks.wall += SLEPT * 2;
        assert!(!clocks.slept(), "a clock that was put back is no sleep");
    }
}
