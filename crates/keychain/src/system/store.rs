//! The stores of keyring-core. They differ in what a search may ask for, in their modifiers and in what a search
//! returns; each file below answers those questions for one system.

#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "macos")]
use macos as platform;
#[cfg(windows)]
use windows as platform;

use std::{collections::HashMap, sync::Arc};

use keyring_core::{CredentialStore, Entry};
use zeroize::Zeroizing;

use super::{Fault, Found};
use crate::{
    entry::{NotOurs, PartName},
    error::Error,
    part::{self, Part},
    place::Place,
};

/// A connection to the system's keychain.
pub(crate) struct System {
    service: String,
    store: Arc<CredentialStore>,
}

/// What a step was about to do; it decides what some errors mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Connect,
    Read,
    Write,
}

impl System {
    pub(crate) fn connect(service: &str) -> Result<Self, Fault> {
        let store = platform::open().map_err(|error| translate(error, Step::Connect))?;
        Ok(Self { service: service.to_owned(), store })
    }

    /// What lies under that name. These systems find a name at once, and tell no place.
    pub(crate) fn read(&self, name: &PartName, _place: Option<&Place>) -> Result<Option<Found>, Fault> {
        let secret = match self.entry(name)?.get_secret() {
            Ok(secret) => secret,
            Err(keyring_core::Error::NoEntry) => return Ok(None),
            // The same name twice: two collections, or two processes that created it at one moment.
            Err(keyring_core::Error::Ambiguous(entries)) => match entries.first().map(Entry::get_secret) {
                Some(Ok(secret)) => secret,
                Some(Err(error)) => return Err(translate(error, Step::Read)),
                None => return Ok(None),
            },
            Err(error) => return Err(translate(error, Step::Read)),
        };
        let part = part::read(&Zeroizing::new(secret));
        let part = part.and_then(|part| if part.name == *name { Ok(part) } else { Err(NotOurs) });
        Ok(Some(Found { part, place: None }))
    }

    pub(crate) fn write(&self, name: &PartName, value: &str) -> Result<(), Fault> {
        self.entry(name)?.set_secret(value.as_bytes()).map_err(|error| translate(error, Step::Write))
    }

    /// Absent already is fine.
    pub(crate) fn remove(&self, name: &PartName) -> Result<(), Fault> {
        let remove = |entry: &Entry| match entry.delete_credential() {
            Ok(()) | Err(keyring_core::Error::NoEntry) => Ok(()),
            Err(error) => Err(error),
        };
        match remove(&self.entry(name)?) {
            Err(keyring_core::Error::Ambiguous(entries)) => entries.iter().try_for_each(remove),
            result => result,
        }
        .map_err(|error| translate(error, Step::Write))
    }

    /// The names of all our parts. Values are not read where the system gives names as fast.
    pub(crate) fn names(&self) -> Result<Vec<PartName>, Fault> {
        platform::names(self)
    }

    /// All our parts whose name is `wanted`; what is not in our form is left out.
    pub(crate) fn parts(&self, wanted: &dyn Fn(&PartName) -> bool) -> Result<Vec<Part>, Fault> {
        platform::parts(self, wanted)
    }

    fn entry(&self, name: &PartName) -> Result<Entry, Fault> {
        let modifiers = platform::modifiers();
        let modifiers = (!modifiers.is_empty()).then_some(&modifiers);
        self.store
            .build(&self.service, &name.to_string(), modifiers)
            .map_err(|error| translate(error, Step::Read))
    }

    fn search(&self) -> Result<Vec<Entry>, Fault> {
        let spec: HashMap<&str, &str> = platform::search(&self.service);
        match self.store.search(&spec) {
            Ok(entries) => Ok(entries),
            Err(keyring_core::Error::NoEntry) => Ok(Vec::new()),
            Err(error) => Err(translate(error, Step::Read)),
        }
    }
}

/// The names among `entries` that are ours.
fn our_names(service: &str, entries: &[Entry]) -> Vec<PartName> {
    let ours = |entry: &Entry| {
        let (found, user) = entry.get_specifiers()?;
        if found == service { user.parse().ok() } else { None }
    };
    entries.iter().filter_map(ours).collect()
}

/// Keeps the kind of an error and nothing else: some of keyring-core's hold the bytes that could not be read.
fn translate(error: keyring_core::Error, step: Step) -> Fault {
    use keyring_core::Error as Core;
    match error {
        Core::PlatformFailure(cause) => {
            platform::fault(&*cause, step, Error::Other("the system's keychain call failed"))
        }
        Core::NoStorageAccess(cause) => platform::fault(&*cause, step, Error::Locked),
        Core::TooLong(..) => Fault::Final(Error::TooLarge),
        Core::BadEncoding(_) | Core::BadDataFormat(..) | Core::BadStoreFormat(_) => {
            Fault::Final(Error::Damaged)
        }
        Core::NoEntry => Fault::Stale("an entry vanished"),
        Core::Ambiguous(_) => Fault::Final(Error::Other("several entries have one name")),
        Core::Invalid(..) | Core::NotSupportedByStore(_) => {
            Fault::Final(Error::Other("the store refused the request"))
        }
        _ => Fault::Final(Error::Other("the store failed in a way that is new")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_carry_no_bytes_of_a_secret() {
        let cause = || Box::new(std::io::Error::other("canary"));
        for error in [
            keyring_core::Error::BadEncoding(b"canary".to_vec()),
            keyring_core::Error::BadDataFormat(b"canary".to_vec(), cause()),
            keyring_core::Error::BadStoreFormat("canary".to_owned()),
            keyring_core::Error::Invalid("canary".to_owned(), "canary".to_owned()),
            keyring_core::Error::PlatformFailure(cause()),
            keyring_core::Error::NoStorageAccess(cause()),
        ] {
            let bytes = format!("{:?}", b"canary");
            assert!(format!("{error:?}").contains("canary") || format!("{error:?}").contains(&bytes));
            let fault = translate(error, Step::Read);
            let shown = match fault {
                Fault::Final(error) => format!("{error:?} {error}"),
                Fault::Stale(what) => what.to_owned(),
            };
            assert!(!shown.contains("canary") && !shown.contains(&bytes), "{shown}");
        }
    }
}
