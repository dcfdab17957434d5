//! Cargo tools that the chores call: name, version, and what for.

use crate::{
    Outcome,
    step::{Step, is_installed},
};

/// A program that `cargo install` brings.
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
    why: &'static str,
}

/// Licences, bans and sources of every dependency.
pub(crate) const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2", why: "checks what we depend on" };

/// The test runner: each test in a process of its own, with a time limit.
pub(crate) const NEXTEST: Tool = Tool { name: "cargo-nextest", version: "0.9.143", why: "runs the tests" };

/// WebDriver for Tauri windows. Linux and Windows only.
pub(crate) const TAURI_DRIVER: Tool =
    Tool { name: "tauri-driver", version: "2.1.0", why: "drives the real window in tests" };

impl Tool {
    /// Whether it is on the search path, in whatever version: who has it, has chosen it.
    pub(crate) fn is_installed(&self) -> bool {
        is_installed(self.name)
    }

    /// Builds and installs it, which takes minutes, unless it is there.
    pub(crate) fn install(&self) -> Outcome {
        if self.is_installed() {
            return Ok(());
        }
        println!("\n{} {} is not there yet ({}).", self.name, self.version, self.why);
        Step::cargo(self.name, &["install", self.name, "--locked", "--version", self.version])
            .without_env("CARGO_TARGET_DIR")
            .run()
    }
}
