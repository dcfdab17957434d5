//! The Credential Manager of Windows. Type-checked, not yet run.
//!
//! It holds a limited number of entries that Microsoft does not document; reports go from 256 to 1,474.

use std::{collections::HashMap, error::Error as StdError, io, sync::Arc};

use keyring_core::CredentialStore;
use windows_native_keyring_store::Store;

use super::{Fault, Step, System, our_names};
use crate::{entry::PartName, error::Error, part::Part};

/// Entries are called `NAME@SERVICE`; neither our names nor, with this setting, the service contains the divider.
pub(super) fn open() -> keyring_core::Result<Arc<CredentialStore>> {
    let configuration = HashMap::from([("divider", "@"), ("service_no_divider", "true")]);
    Ok(Store::new_with_configuration(&configuration)?)
}

/// This machine only: keys of a device do not roam with the user's profile.
pub(super) fn modifiers() -> HashMap<&'static str, &'static str> {
    HashMap::from([("persistence", "Local")])
}

/// All credentials; a pattern would have to escape the service, and names are compared afterwards anyway.
pub(super) fn search(_service: &str) -> HashMap<&str, &str> {
    HashMap::new()
}

pub(super) fn names(system: &System) -> Result<Vec<PartName>, Fault> {
    Ok(our_names(&system.service, &system.search()?))
}

pub(super) fn parts(system: &System, wanted: &dyn Fn(&PartName) -> bool) -> Result<Vec<Part>, Fault> {
    let mut parts = Vec::new();
    for name in names(system)?.iter().filter(|name| wanted(name)) {
        parts.extend(system.read(name, None)?.and_then(|found| found.part.ok()));
    }
    Ok(parts)
}

/// The store keeps the number of the system's error to itself, but the thread that failed can still ask for it.
pub(super) fn fault(_cause: &(dyn StdError + 'static), step: Step, otherwise: Error) -> Fault {
    Fault::Final(match io::Error::last_os_error().raw_os_error() {
        // No such logon session: the user has no credential set.
        Some(1312) => Error::NotAvailable,
        // Out of memory, disk full, no system resources, quota: what a full store was seen to answer.
        Some(8 | 14 | 112 | 1450 | 1816) if step == Step::Write => Error::Full,
        // Invalid or cyclic data.
        Some(13 | 23) => Error::Damaged,
        _ => otherwise,
    })
}
