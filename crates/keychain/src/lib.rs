//! Home 1: the OS keychain; every platform cfg lives here.
//!
//! What is kept here is an *entry* ([`EntryId`]): the device entry, the high-water mark, the session, the keys
//! document, or the sealed
//! copy of one record. A write makes a new *generation* of the entry, whole, and only then deletes the one before.
//! The system sees a generation as one or more *parts*, each of at most 2,400 bytes of base64 text.
//!
//! ```no_run
//! use keymoor_keychain::{EntryId, Keychain};
//!
//! let keychain = Keychain::system("keymoor");
//! let slot = keychain.put(EntryId::Device, b"what the device keeps", None)?;
//! let stored = keychain.get(EntryId::Device, Some(slot))?;
//! assert!(stored.is_some_and(|stored| *stored.bytes == *b"what the device keeps"));
//! # Ok::<(), keymoor_keychain::Error>(())
//! ```
//!
//! Security model: the system's keychain protects against other users and a stolen disk, not against a program of the
//! same user. Nothing here reads or makes keys; an entry that is absent is reported as absent and nothing is created in
//! its place. Errors carry no bytes of any entry.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod entry;
mod error;
mod generations;
mod keychain;
mod part;
mod patience;
mod place;
mod system;
#[cfg(all(feature = "test-daemon", unix, not(target_os = "macos")))]
pub mod test_daemon;
mod worker;

pub use entry::{EntryId, Slot};
pub use error::Error;
pub use generations::Stored;
pub use keychain::Keychain;
pub use patience::{Cancel, Patience};
pub use place::Place;
