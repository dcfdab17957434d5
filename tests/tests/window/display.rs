//! A display of its own, without a screen.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// An X server that ends with the test.
pub(crate) struct Display {
    server: Child,
    name: String,
}

impl Display {
    pub(crate) fn start(chosen: &Path) -> Self {
        let server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
            .stdout(File::create(chosen).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is needed (package xvfb)");
        let mut display = Self { server, name: String::new() };
        let late = Instant::now() + Duration::from_secs(30);
        while display.name.is_empty() {
            assert!(Instant::now() < late, "Xvfb does not start");
            std::thread::sleep(Duration::from_millis(50));
            let number = fs::read_to_string(chosen).unwrap();
            if number.ends_with('\n') {
                display.name = format!(":{}", number.trim());
            }
        }
        display
    }

    /// As in the variable `DISPLAY`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Copies a text, as another program would.
    pub(crate) fn fill_clipboard(&self, text: &str) {
        let mut filling = Command::new("xclip")
            .args(["-selection", "clipboard", "-in"])
            .env("DISPLAY", &self.name)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("xclip is needed (package xclip)");
        filling.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(filling.wait().unwrap().success());
    }

    /// Presses keys, as `ctrl+alt+k`, that no window has asked for.
    pub(crate) fn press(&self, keys: &str) {
        assert!(self.xdotool(&["key", keys]).status.success());
    }

    /// How many windows of ours are shown.
    pub(crate) fn shown(&self) -> usize {
        let found = self.xdotool(&["search", "--onlyvisible", "--name", "^Keymoor$"]);
        String::from_utf8_lossy(&found.stdout).lines().count()
    }

    /// Gives the first of our windows the focus.
    pub(crate) fn focus_first(&self) {
        let focus = ["search", "--onlyvisible", "--name", "^Keymoor$", "windowfocus", "%1"];
        assert!(self.xdotool(&focus).status.success());
    }

    fn xdotool(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("xdotool");
        command.args(arguments).env("DISPLAY", &self.name);
        command.output().expect("xdotool is needed (package xdotool)")
    }

    /// What a paste would give.
    pub(crate) fn clipboard(&self) -> String {
        let pasted = Command::new("xclip")
            .args(["-selection", "clipboard", "-out"])
            .env("DISPLAY", &self.name)
            .output()
            .expect("xclip is needed (package xclip)");
        String::from_utf8_lossy(&pasted.stdout).into_owned()
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
