//! A display of its own, without a screen.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
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
