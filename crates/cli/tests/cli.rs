//! The command as a person and a script meet it: arguments, input, output and exit codes, without daemon or server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(missing_docs)]

#[cfg(unix)]
#[path = "cli/asked.rs"]
mod asked;
#[path = "cli/cases.rs"]
mod cases;
#[cfg(target_os = "linux")]
#[path = "cli/clipboard.rs"]
mod clipboard;
#[cfg(target_os = "linux")]
#[path = "cli/lent.rs"]
mod lent;
#[path = "cli/place.rs"]
mod place;
#[cfg(unix)]
#[path = "cli/terminal.rs"]
mod terminal;
