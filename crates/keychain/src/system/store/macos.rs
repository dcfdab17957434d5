//! The login keychain of macOS. Type-checked, not yet run.

use std::{collections::HashMap, error::Error as StdError, sync::Arc};

use apple_native_keyring_store::keychain::Store;
use keyring_core::CredentialStore;

use super::{Fault, Step, System, our_names};
use crate::{entry::PartName, error::Error, part::Part};

pub(super) fn open() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(Store::new()?)
}

pub(super) fn modifiers() -> HashMap<&'static str, &'static str> {
    HashMap::new()
}

pub(super) fn search(service: &str) -> HashMap<&str, &str> {
    HashMap::from([("service", service)])
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

/// By the number of the system's error (SecBase.h).
pub(super) fn fault(cause: &(dyn StdError + 'static), _step: Step, otherwise: Error) -> Fault {
    let Some(error) = cause.downcast_ref::<security_framework::base::Error>() else {
        return Fault::Final(otherwise);
    };
    Fault::Final(match error.code() {
        // Not available, no such keychain, invalid keychain, no default keychain.
        -25291 | -25294 | -25295 | -25307 => Error::NotAvailable,
        // Authorisation failed, interaction not allowed, interaction required, dismissed by the user.
        -25293 | -25308 | -25315 | -128 => Error::Locked,
        // Disk full.
        -34 => Error::Full,
        // Could not be decoded.
        -26275 => Error::Damaged,
        _ => otherwise,
    })
}
