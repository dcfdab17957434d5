//! An X server without a screen.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use crate::{Outcome, process::Process};

/// A running X server of 1280 x 800 points. It ends when dropped.
pub(crate) struct XServer {
    name: String,
    _server: Process,
}

impl XServer {
    /// Starts it under a number that is free, with more arguments of its own, and returns when it takes clients.
    pub(crate) fn start<S: AsRef<OsStr>>(arguments: &[S]) -> Outcome<Self> {
        let server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("Xvfb cannot be started: {error}"))?;
        let mut server = Process::new(server);
        // It prints its number once it listens.
        let mut number = String::new();
        if let Some(output) = server.child().stdout.take() {
            let _ = BufReader::new(output).read_line(&mut number);
        }
        match number.trim() {
            "" => Err("Xvfb did not come up".into()),
            number => Ok(Self { name: format!(":{number}"), _server: server }),
        }
    }

    /// What `DISPLAY` is to be.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}
