//! What a person lives through with Keymoor, played by the real programs with real keyrings and a real server.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test throughout.
#![allow(clippy::print_stderr)] // Counts and reasons, for whoever reads the run.

mod at_once;
mod canaries;
mod conflicts;
mod damaged;
mod durable;
mod erasing;
mod homes;
mod killed;
mod main_job;
mod refusals;
mod told;
