//! A display without a screen, with a pointer and a keyboard that we move.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

use crate::{
    Outcome,
    process::{Process, until},
};

/// A running X server, ended when dropped.
pub(super) struct Display {
    name: String,
    _server: Process,
}

impl Display {
    /// Starts it under a number that is free, and returns when it takes clients.
    pub(super) fn start() -> Outcome<Self> {
        let server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
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
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Waits for a visible window with this title, and gives it the keyboard: no window manager is here to do so.
    /// Returns its class, instance first.
    pub(super) fn window(&self, title: &str, limit: Duration) -> Outcome<String> {
        let wanted = format!("^{title}$");
        let mut window = String::new();
        let seen = until(limit, || {
            let found = self.ask("xdotool", &["search", "--onlyvisible", "--name", &wanted]);
            window = found.lines().next().unwrap_or_default().to_owned();
            !window.is_empty()
        });
        if !seen {
            return Err(format!("no window {title:?} within {} s", limit.as_secs()));
        }
        self.ask("xdotool", &["windowfocus", "--sync", &window]);
        Ok(self.ask("xprop", &["-id", &window, "WM_CLASS"]))
    }

    /// Presses a key, such as `ctrl+c`.
    pub(super) fn press(&self, key: &str) {
        self.ask("xdotool", &["key", key]);
    }

    /// The text on the clipboard.
    pub(super) fn clipboard(&self) -> String {
        self.ask("timeout", &["5", "xclip", "-selection", "clipboard", "-out"])
    }

    /// What a program prints on this display; nothing if it fails.
    fn ask(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program).args(arguments).env("DISPLAY", &self.name).output();
        output.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
