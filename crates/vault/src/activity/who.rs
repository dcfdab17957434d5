//! Whom the vault acts for.

use serde::{Deserialize, Serialize};

/// Who has the vault do something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Somebody at the command line, or a script.
    #[serde(rename = "cli")]
    CommandLine,
    /// Somebody in the window.
    Window,
    /// A program that was allowed to ask, by the name under which it was.
    Program(String),
}

/// The ways in which the vault is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// At the command line.
    CommandLine,
    /// In the window.
    Window,
    /// By a program, whichever.
    Program,
}

impl By {
    /// All of them, with their codes.
    pub const ALL: [(&'static str, Self); 3] =
        [("cli", Self::CommandLine), ("window", Self::Window), ("program", Self::Program)];

    pub(crate) fn of(who: &Who) -> Self {
        match who {
            Who::CommandLine => Self::CommandLine,
            Who::Window => Self::Window,
            Who::Program(_) => Self::Program,
        }
    }
}
