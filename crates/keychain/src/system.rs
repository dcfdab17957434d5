//! The system's keychain: read, write and remove one value by name, and find all of ours.
//!
//! Linux and other free systems: the Secret Service on the session bus, spoken by our own [`secret_service`]. macOS
//! (the login keychain) and Windows (the Credential Manager): keyring-core's stores. Each has a `System` with the same
//! functions. macOS and Windows are type-checked but have not been run yet.

#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;
#[cfg(not(all(unix, not(target_os = "macos"))))]
mod store;

#[cfg(all(unix, not(target_os = "macos")))]
pub(crate) use secret_service::System;
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub(crate) use store::System;

use crate::{entry::NotOurs, error::Error, part::Part, place::Place};

/// What lay under a name.
pub(crate) struct Found {
    /// An error: it is there, but not in our form, or something else's.
    pub(crate) part: Result<Part, NotOurs>,
    /// Where it lay, if the system tells.
    pub(crate) place: Option<Place>,
}

/// Why a step failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The connection is of no use any more (the keychain's daemon restarted); a new one may do better.
    Stale(&'static str),
    /// A new connection would not help.
    Final(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}
