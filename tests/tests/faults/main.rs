//! What goes wrong between a device and its server, and inside either: nothing acknowledged may be lost by it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test throughout.
#![allow(clippy::print_stderr)] // Counts, for whoever reads the run.

mod book;
mod contents;
mod cut_snapshot;
mod device;
mod first_sync;
mod full_disks;
mod history;
mod points;
mod put_back;
mod seeds;
mod stage;
mod tally;
mod whole;
