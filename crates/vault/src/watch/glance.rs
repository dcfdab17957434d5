//! Noticing that the cache changed, whichever process did it.
//!
//! A commit writes the cache's log; on Linux the kernel says so, and the commit is there a moment later, when the disk has
//! it. Elsewhere, and where the kernel says nothing, the change counter is read now and then.

#[cfg(target_os = "linux")]
mod inotify;

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use keymoor_cache::{Cache, Error};

use super::inbox::Inbox;

/// How often to look where nobody says that something was written.
const LOOK: Duration = Duration::from_millis(100);
/// How often to look where somebody does, and how soon a watch that was stopped lets its thread go.
const LOOK_ALL_THE_SAME: Duration = Duration::from_secs(1);
/// After the log was written the commit is there soon, or when a slow disk is ready.
const FIRST_LOOK: Duration = Duration::from_micros(200);
const LONGEST_COMMIT: Duration = Duration::from_secs(2);
/// The clock on the wall went on so much longer than this process: the machine slept.
const SLEPT: Duration = Duration::from_secs(30);

/// Follows the cache in `dir` until the watch is stopped.
pub(super) fn follow(dir: &Path, inbox: &Inbox) -> Result<(), Error> {
    let mut cache = Cache::open(dir)?;
    let mut seen = cache.change_counter()?;
    let (dir, inbox) = (dir.to_owned(), inbox.clone());
    let thread = thread::Builder::new().name("cache".to_owned());
    let follows = thread.spawn(move || {
        let (mut writing, mut clocks, mut expected) =
            (Writing::begin(&dir), Clocks::now(), Expected::default());
        while !inbox.is_stopped() {
            let written = writing.wait(expected.pause());
            expected.looked(written);
            if clocks.slept() {
                inbox.leave(|mail| mail.hurry = true);
            }
            match cache.change_counter() {
                Ok(now) if now != seen => {
                    seen = now;
                    inbox.leave(|mail| mail.touched = true);
                }
                Ok(_) | Err(Error::Busy) => {}
                Err(_) => return inbox.leave(|mail| mail.replaced = true),
            }
        }
    });
    follows.map(drop).map_err(|_| Error::Busy) // no thread to be had
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
    use super::*;

    #[test]
    fn a_change_by_another_connection_is_noticed_and_only_a_change() {
        let dir = tempfile::tempdir().unwrap();
        let mut other = Cache::open(dir.path()).unwrap();
        let inbox = Inbox::default();
        follow(dir.path(), &inbox).unwrap();
        thread::sleep(Duration::from_millis(50));
        for _ in 0..20 {
            other.write(|change| change.set_setting("x", b"1")).unwrap();
            inbox.wait(Some(Instant::now() + Duration::from_secs(5)));
            assert!(inbox.take().touched);
        }
        other.read(|view| view.device()).unwrap();
        inbox.wait(Some(Instant::now() + Duration::from_millis(50)));
        assert!(!inbox.take().touched);
        // The file is another one.
        drop(other);
        std::fs::rename(Cache::path(dir.path()), dir.path().join("elsewhere")).unwrap();
        inbox.wait(Some(Instant::now() + Duration::from_secs(5)));
        assert!(inbox.take().replaced);
        inbox.stop();
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
