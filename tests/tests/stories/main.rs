//! What a person lives through with Keymoor, played by the real programs with real keyrings and a real server.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test throughout.
#![allow(clippy::print_stderr)] // Counts and reasons, for whoever reads the run.

mod activity;
mod agreed;
mod at_once;
mod back;
mod canaries;
mod cared;
mod conflicts;
mod damaged;
mod devices;
mod disks;
mod durable;
mod elsewhere;
mod erasing;
mod fallback;
mod guard;
mod homes;
mod hostile;
mod killed;
mod kits;
mod lent;
mod main_job;
mod passwords;
mod profiles;
mod recovery_page;
mod refusals;
mod refused;
mod resets;
mod restored;
mod rotated;
mod served;
mod sessions;
mod told;
mod trash;
mod two_vaults;
mod verified;
mod watching;
