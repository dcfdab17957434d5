//! `keymoor sync --watch`, running beside the test.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::device::Device;

/// How long a line is waited for. Everything is over far sooner, unless the machine is very busy.
const PATIENCE: Duration = Duration::from_secs(40);

/// A device that syncs by itself; it ends when dropped.
#[derive(Debug)]
pub struct Watcher {
    process: Child,
    lines: Arc<Mutex<Vec<Value>>>,
    read: usize,
}

impl Watcher {
    /// Starts it on this device.
    pub fn start(device: &Device) -> Self {
        let mut command = device.command(&["sync", "--watch", "--json"]);
        // Whatever it says goes to the lines; it is never given a password.
        command.env_remove("KEYMOOR_PASSWORD_FILE");
        Self::start_as(command)
    }

    /// The same as this command says.
    pub fn start_as(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let lines: Arc<Mutex<Vec<Value>>> = Arc::default();
        let (out, written) = (process.stdout.take().unwrap(), Arc::clone(&lines));
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                written.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Self { process, lines, read: 0 }
    }

    /// Waits for the next line of this event that was not waited for yet, and returns it.
    #[track_caller]
    pub fn tells(&mut self, event: &str) -> Value {
        let begun = Instant::now();
        loop {
            let found = {
                let lines = self.lines.lock().unwrap();
                let found = lines.iter().enumerate().skip(self.read).find(|(_, line)| line["event"] == event);
                found.map(|(at, line)| (at, line.clone()))
            };
            if let Some((at, line)) = found {
                self.read = at + 1;
                return line;
            }
            assert!(begun.elapsed() < PATIENCE, "{event} was not told: {:#?}", self.told());
            assert!(self.process.try_wait().unwrap().is_none(), "it ended: {:#?}", self.told());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Everything that was told so far.
    pub fn told(&self) -> Vec<Value> {
        self.lines.lock().unwrap().clone()
    }

    /// How often this event was told so far.
    pub fn count(&self, event: &str) -> usize {
        self.told().iter().filter(|line| line["event"] == event).count()
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Sends it a signal, and returns its exit code once it has ended; `None` if the signal ended it.
    pub fn end(mut self, signal: &str) -> Option<i32> {
        let signal = format!("-{signal}");
        assert!(Command::new("kill").args([&signal, &self.id().to_string()]).status().unwrap().success());
        self.process.wait().unwrap().code()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Asks again and again until the answer is yes.
#[track_caller]
pub fn eventually(what: &str, mut answer: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !answer() {
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
