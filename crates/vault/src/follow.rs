//! Noticing that the cache changed, whichever process did it, without looking all the time.
//!
//! A commit writes the cache's log; on Linux the kernel says so, and the commit is there a moment later, when the disk has
//! it. Elsewhere, and where the kernel says nothing, the change counter is read now and then.

#[cfg(target_os = "linux")]
mod inotify;

use std::path::Path;
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
const LONGEST_COMMIT: Duration = Duration::from_secs(2);
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
        let (writing, clocks, expected) = (Writing::begin(home), Clocks::now(), Expected::default());
        Ok(Self { cache, seen, writing, clocks, expected })
    }

    /// Waits until something happens; `None` after half a minute in which nothing did, so that whoever follows can end.
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
            if begun.elapsed() >= LOOK_ALL_THE_SAME {
                return None;
            }
            let written = self.writing.wait(self.expected.pause());
            self.expected.looked(written);
            if self.clocks.slept() {
                return Some(Sight::Slept);
            }
        }
    }
}

/// A commit that was written to the log, and is to be seen once the disk has it.
#[derive(Default)]
struct Expected {
    since: Option<Instant>,
    pause: Duration,
}

impl Expected {
    /// How long to wait before the next look: short at first, since most disks are quick.
    fn pause(&self) -> Duration {
        self.since.map_or(LOOK_ALL_THE_SAME, |_| self.pause)
    }

    fn looked(&mut self, written: bool) {
        if written {
            *self = Self { since: Some(Instant::now()), pause: FIRST_LOOK };
        } else {
            self.since.take_if(|since| since.elapsed() > LONGEST_COMMIT);
            self.pause = (self.pause * 3 / 2).min(LOOK);
        }
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
