//! The Secret Service (gnome-keyring, KWallet, KeePassXC) over zbus.
//!
//! The store reads one value at a time, and gnome-keyring's time for one call grows with the number of its items: names
//! and values of 2,000 entries took 6 s, and the cost is quadratic. [`bulk`] asks for hundreds of values in one call;
//! they say themselves which part of what they are.

mod bulk;
mod exchange;

use std::{collections::HashMap, error::Error as StdError, sync::Arc};

use keyring_core::CredentialStore;
use zbus_secret_service_keyring_store::{Store, cred::Wrapper};

use super::{Fault, Step, System};
use crate::{
    entry::PartName,
    error::Error,
    part::{self, Part},
};

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
    Ok(parts(system, &|_| true)?.into_iter().map(|part| part.name).collect())
}

pub(super) fn parts(system: &System, wanted: &dyn Fn(&PartName) -> bool) -> Result<Vec<Part>, Fault> {
    // The search unlocks what is locked, asking the user if it must.
    let entries = system.search()?;
    let paths = entries
        .iter()
        .map(|entry| entry.as_any().downcast_ref::<Wrapper>().map(Wrapper::get_path))
        .collect::<Option<Vec<_>>>()
        .ok_or(Error::Other("the search gave something else than items"))?;
    let mut parts = Vec::with_capacity(paths.len());
    bulk::secrets(&paths, |value| parts.extend(part::read(&value).ok().filter(|part| wanted(&part.name))))
        .map_err(|error| {
            fault(&error, Step::Read, Error::Other("the keychain refused to give many values at once"))
        })?;
    Ok(parts)
}

/// By variant and by the D-Bus name of an error; never by its words.
pub(super) fn fault(cause: &(dyn StdError + 'static), step: Step, otherwise: Error) -> Fault {
    use ::secret_service::Error as Service;
    if let Some(error) = cause.downcast_ref::<Service>() {
        return match error {
            Service::Locked | Service::Prompt => Fault::Final(Error::Locked),
            // There is a service, but no collection that takes new items.
            Service::NoResult | Service::Unavailable => Fault::Final(Error::NotAvailable),
            Service::PromptDisconnected => Fault::Stale("the connection broke while it asked the user"),
            Service::Crypto(_) => Fault::Stale("a value could not be decrypted with the session's key"),
            Service::Zbus(error) => bus_fault(error, step),
            Service::ZbusFdo(error) => fdo_fault(error),
            _ => Fault::Final(otherwise),
        };
    }
    match cause.downcast_ref::<zbus::Error>() {
        Some(error) => bus_fault(error, step),
        None => Fault::Final(otherwise),
    }
}

fn bus_fault(error: &zbus::Error, step: Step) -> Fault {
    match error {
        zbus::Error::MethodError(name, ..) => named_fault(name.as_str()),
        zbus::Error::FDO(error) => fdo_fault(error),
        _ if step == Step::Connect => Fault::Final(Error::NotAvailable),
        _ => Fault::Stale("the connection to the session bus failed"),
    }
}

fn fdo_fault(error: &zbus::fdo::Error) -> Fault {
    use zbus::DBusError;
    named_fault(error.name().as_str())
}

fn named_fault(name: &str) -> Fault {
    match name {
        "org.freedesktop.Secret.Error.IsLocked" => Fault::Final(Error::Locked),
        "org.freedesktop.DBus.Error.ServiceUnknown" | "org.freedesktop.DBus.Error.NameHasNoOwner" => {
            Fault::Final(Error::NotAvailable)
        }
        name if name.starts_with("org.freedesktop.DBus.Error.Spawn.") => Fault::Final(Error::NotAvailable),
        "org.freedesktop.Secret.Error.NoSession" => Fault::Stale("the session has ended"),
        "org.freedesktop.Secret.Error.NoSuchObject" => Fault::Stale("an item has vanished"),
        _ => Fault::Stale("the keychain refused the call"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart_by_variant_and_name() {
        let is =
            |fault: Fault, wanted: Error| assert!(matches!(fault, Fault::Final(error) if error == wanted));
        let other = Error::Other("x");
        is(fault(&::secret_service::Error::Locked, Step::Read, other), Error::Locked);
        is(fault(&::secret_service::Error::Prompt, Step::Write, other), Error::Locked);
        is(fault(&::secret_service::Error::Unavailable, Step::Connect, other), Error::NotAvailable);
        is(named_fault("org.freedesktop.Secret.Error.IsLocked"), Error::Locked);
        is(named_fault("org.freedesktop.DBus.Error.ServiceUnknown"), Error::NotAvailable);
        is(bus_fault(&zbus::Error::Handshake(String::new()), Step::Connect), Error::NotAvailable);
        is(fault(&std::io::Error::other("x"), Step::Read, other), other);
        assert!(matches!(named_fault("org.freedesktop.Secret.Error.NoSession"), Fault::Stale(_)));
        assert!(matches!(bus_fault(&zbus::Error::Handshake(String::new()), Step::Read), Fault::Stale(_)));
    }
}
