//! Keys and envelopes: derive, seal, open, authenticate; no I/O.
//!
//! Open side. Every key of the system is made on the page [`keys`]; every sealed text goes through [`envelope`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(all(feature = "cheap-kdf", not(debug_assertions)))]
compile_error!("cheap-kdf makes passwords guessable: it is for test builds only");

pub mod activity;
pub mod commit;
pub mod document;
pub mod envelope;
#[cfg(test)]
mod golden;
pub mod keys;
mod padding;
pub mod password;
pub mod recovery;
pub mod secret_key;

pub use envelope::{Context, Key, OpenError, open, seal};
pub use keys::{RootKey, UnlockKey, VaultKey};
pub use password::{AuthPassword, Profile};
pub use recovery::RecoveryKey;
pub use secret_key::SecretKey;
