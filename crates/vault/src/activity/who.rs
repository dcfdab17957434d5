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
