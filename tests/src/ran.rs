//! What a program said and how it ended.

use std::{
    io::{ErrorKind, Write as _},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How many characters of an output a failure repeats.
const SHOWN: usize = 3000;

/// A program that has ended.
#[derive(Debug)]
pub struct Ran {
    /// The arguments, for messages.
    pub line: String,
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: Vec<u8>,
    /// Standard error.
    pub err: String,
    /// How long it took.
    pub took: Duration,
}

impl Ran {
    /// Asserts this exit code, and that standard error has these words.
    #[track_caller]
    pub fn ends(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:#}");
        // Messages are wrapped by lines of their own; where they break is not the point here.
        for words in words {
            assert!(self.err.contains(words), "not said: {words:?}\n{self:#}");
        }
        self
    }

    /// Asserts success.
    #[track_caller]
    pub fn done(self) -> Self {
        self.ends(0, &[])
    }

    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#}"))
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let out: String = self.text().chars().take(SHOWN).collect();
        // The end of it: where a log was asked for, the words for a person come last.
        let skipped = self.err.chars().count().saturating_sub(SHOWN);
        let err: String = self.err.chars().skip(skipped).collect();
        write!(f, "{} ended with {:?} after {:?}\n{out}\n{err}", self.line, self.code, self.took)
    }
}

/// Runs a command with this standard input.
pub fn run_fed(mut command: Command, input: &[u8]) -> Ran {
    let line = line(&command);
    let started = Instant::now();
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{line} cannot be started: {error}"));
    let mut pipe = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        scope.spawn(move || match pipe.write_all(input) {
            // Who ends without reading says why on its own.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("{error}"),
            _ => {}
        });
        child.wait_with_output().unwrap()
    });
    of(line, output, started.elapsed())
}

fn of(line: String, output: Output, took: Duration) -> Ran {
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    Ran { line, code: output.status.code(), out: output.stdout, err, took }
}

fn line(command: &Command) -> String {
    let words = command.get_args().map(|word| word.to_string_lossy().chars().take(60).collect::<String>());
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or_default().to_owned();
    [name].into_iter().chain(words).collect::<Vec<_>>().join(" ")
}
