//! A fresh place for one test: a directory of its own, a vault without keychain, a password in a file.

use std::{fs, path::Path, process::Command};

pub(crate) struct Place(tempfile::TempDir);

pub(crate) const PASSWORD: &str = "correct horse battery staple";

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::write(place.path().join("password"), format!("{PASSWORD}\nnot part of it\n")).unwrap();
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The command with nothing of the environment but what it needs.
    pub(crate) fn keymoor(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keymoor"));
        command
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .env("KEYMOOR_HOME", self.path().join("home"))
            .env("KEYMOOR_KEYCHAIN", "none")
            .env("KEYMOOR_PASSWORD_FILE", self.path().join("password"));
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }
}
