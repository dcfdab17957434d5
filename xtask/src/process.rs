//! A program that we started and that ends with us.

use std::{
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A running child. Dropping it asks it to end (SIGTERM), and ends it after three seconds.
pub(crate) struct Process(Child);

impl Process {
    /// Takes the child into custody.
    pub(crate) fn new(child: Child) -> Self {
        Self(child)
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }

    /// Its id.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// The child itself, for its pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.has_ended() {
            return;
        }
        if cfg!(unix) {
            let id = self.0.id().to_string();
            // The standard library has no SIGTERM.
            let _ = Command::new("kill").args(["-TERM", &id]).stderr(Stdio::null()).status();
            until(Duration::from_secs(3), || self.has_ended());
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks again and again until the answer is yes; `false` when the time is over.
pub(crate) fn until(limit: Duration, mut answer: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    loop {
        if answer() {
            return true;
        }
        if started.elapsed() > limit {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_process_is_gone() {
        let process = Process::new(Command::new("sleep").arg("600").spawn().unwrap());
        let id = process.0.id().to_string();
        drop(process);
        let still_there =
            Command::new("kill").args(["-0", &id]).stderr(Stdio::null()).status().unwrap().success();
        assert!(!still_there);
    }
}
