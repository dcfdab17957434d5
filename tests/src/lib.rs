//! Whole stories across devices, homes and a real server.
//!
//! What stands here sets the stage: [`World`] is one test's place, a [`Device`] in it has a data directory and a keyring
//! of its own, a [`Server`] is the real program on a free port. All of it ends with the test, also with one that fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // For tests alone.
#![cfg(target_os = "linux")] // The keyring of a device is a gnome-keyring.

mod device;
mod dice;
mod disk;
pub mod frozen;
mod liar;
mod member;
mod network;
mod programs;
mod provider;
mod ran;
mod served;
mod server;
mod watcher;
mod world;

pub use device::Device;
pub use dice::Dice;
pub use disk::{Disk, with_small_disks};
pub use liar::{Answer, Asked, Call, Liar};
pub use member::Member;
pub use network::{Fate, Network};
pub use programs::program;
pub use provider::{Provider, Reply};
pub use ran::{Ran, run_fed};
pub use served::{Said, Served};
pub use server::{Server, copy_folder};
pub use watcher::{Watcher, eventually};
pub use world::{PASSWORD, World};
