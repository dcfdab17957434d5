//! A display without a screen, with a pointer and a keyboard that we move.

use std::{process::Command, time::Duration};

use crate::{Outcome, process::until, x_server::XServer};

/// The display, ended when dropped.
pub(super) struct Display(XServer);

impl Display {
    /// Starts it.
    pub(super) fn start() -> Outcome<Self> {
        XServer::start::<&str>(&[]).map(Self)
    }

    /// What `DISPLAY` is to be.
    pub(super) fn name(&self) -> &str {
        self.0.name()
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
        let output = Command::new(program).args(arguments).env("DISPLAY", self.name()).output();
        output.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
