//! The moments of a `kill -9`: when they come, and what they hit.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, SystemTime},
};

use keymoor_journeys::{Device, Dice, Server};

/// How many of the moments of one test must lie between the first write and the answer.
const BETWEEN: f64 = 0.34;

/// When to strike, and what was hit.
pub(crate) struct Moments {
    pub(crate) count: u64,
    dice: Dice,
    watch: Watch,
    /// How long the work takes undisturbed.
    usual: Duration,
    /// How long the answer seems to take after the first write.
    gap: Duration,
    struck: u64,
    between: u64,
    answered: u64,
}

impl Moments {
    pub(crate) fn new(count: u64, watch: Watch, usual: Duration) -> Self {
        let gap = usual / 4;
        Self { count, dice: Dice::new(count), watch, usual, gap, struck: 0, between: 0, answered: 0 }
    }

    /// Starts the command, kills it (or what `kill` kills) at one moment, and returns whether it had given its answer.
    pub(crate) fn strike(
        &mut self,
        mut command: Command,
        input: &[u8],
        answer: &str,
        kill: impl FnOnce(&mut Child),
    ) -> bool {
        let before = self.watch.look();
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let anywhere = self.struck.is_multiple_of(3);
        if anywhere {
            thread::sleep(self.random(self.usual * 5 / 4));
        } else {
            while self.watch.look() == before && child.try_wait().unwrap().is_none() {
                thread::yield_now();
            }
            thread::sleep(self.random(self.gap));
        }
        kill(&mut child);
        let _ = child.kill();
        child.wait().unwrap();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let answered = said.contains(answer);
        if !anywhere {
            // Often enough too late, so that the whole gap is covered.
            self.gap = if answered { self.gap * 3 / 4 } else { self.gap * 9 / 8 };
        }
        self.struck += 1;
        self.answered += u64::from(answered);
        self.between += u64::from(!answered && self.watch.look() != before);
        answered
    }

    fn random(&mut self, limit: Duration) -> Duration {
        Duration::from_micros(self.dice.below(1 + u64::try_from(limit.as_micros()).unwrap()))
    }

    pub(crate) fn tell(&self, what: &str) {
        let Self { struck, between, answered, .. } = self;
        eprintln!(
            "{struck} {what} struck: {between} between first write and answer, {answered} after the answer"
        );
        assert_eq!(*struck, self.count);
        assert!(*answered > 0, "nothing was acknowledged, so nothing could be lost");
        assert!(*between as f64 >= BETWEEN * *struck as f64, "only {between} of {struck}");
    }
}

/// The files of a database, to see when it is first written to.
pub(crate) struct Watch([PathBuf; 2]);

impl Watch {
    pub(crate) fn cache(device: &Device) -> Self {
        Self([device.cache(), device.wal()])
    }

    pub(crate) fn server(server: &Server) -> Self {
        Self([server.folder().join("server.db"), server.wal()])
    }

    /// Length and time of what has been written; a file that was only made counts as none.
    fn look(&self) -> [Option<(u64, SystemTime)>; 2] {
        self.0.each_ref().map(|path| {
            let file = fs::metadata(path).ok().filter(|file| file.len() > 0)?;
            Some((file.len(), file.modified().unwrap()))
        })
    }
}
