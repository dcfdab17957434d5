//! The Secret Service (gnome-keyring, KWallet, KeePassXC) over zbus.
//!
//! Spoken here and not through the crates for it, since those take three calls where one does, search before each write,
//! read one value a call, and need seven milliseconds to agree on a key. gnome-keyring's time for a call grows with the
//! number of its items, above all when it searches: so a value is read at the place where it lay before, and hundreds
//! are read in one call.

mod exchange;
mod fault;
mod prompt;
mod session;

use std::{cell::OnceCell, collections::HashMap};

use zbus::zvariant::{ObjectPath, OwnedObjectPath, Value};

use self::session::{PATH, SERVICE, Session};
use super::{Fault, Found};
use crate::{
    entry::{NotOurs, PartName},
    error::Error,
    part::{self, Part},
    place::Place,
};

const COLLECTION: &str = "org.freedesktop.Secret.Collection";
const ITEM: &str = "org.freedesktop.Secret.Item";
const LABEL: &str = "org.freedesktop.Secret.Item.Label";
const ATTRIBUTES: &str = "org.freedesktop.Secret.Item.Attributes";

/// A connection to the user's keychain.
pub(crate) struct System {
    service: String,
    session: Session,
    /// Where new items go, once that was asked.
    collection: OnceCell<OwnedObjectPath>,
}

impl System {
    pub(crate) fn connect(service: &str) -> Result<Self, Fault> {
        let session = Session::open().map_err(|error| fault::connecting(&error))?;
        Ok(Self { service: service.to_owned(), session, collection: OnceCell::new() })
    }

    /// What lies under that name, looked for at `place` first. `None`: there is nothing.
    pub(crate) fn read(&self, name: &PartName, place: Option<&Place>) -> Result<Option<Found>, Fault> {
        if let Some(place) = place
            && let Ok(path) = ObjectPath::try_from(place.as_str())
            // Gone, locked, or not what it was: the search finds out.
            && let Ok(Some(value)) = self.session.secret(&path)
            && let Ok(part) = part::read(&value)
            && part.name == *name
        {
            return Ok(Some(Found { part: Ok(part), place: Some(place.clone()) }));
        }
        // The same name twice (two collections, or two processes that created it at one moment): either will do.
        let Some(path) = self.find(Some(name))?.into_iter().next() else { return Ok(None) };
        let value = self.session.secret(&path).map_err(|error| fault::calling(&error))?;
        let value = value.ok_or(Fault::Stale("a value could not be decrypted with the session's key"))?;
        let part = part::read(&value);
        let part = part.and_then(|part| if part.name == *name { Ok(part) } else { Err(NotOurs) });
        Ok(Some(Found { part, place: Some(Place::new(path.as_str())) }))
    }

    pub(crate) fn write(&self, name: &PartName, value: &str) -> Result<(), Fault> {
        let collection = self.collection()?;
        match self.create(collection, name, value) {
            Err(Fault::Final(Error::Locked)) => {
                self.unlock(std::slice::from_ref(collection))?;
                self.create(collection, name, value)
            }
            done => done,
        }
    }

    /// Absent already is fine.
    pub(crate) fn remove(&self, name: &PartName) -> Result<(), Fault> {
        for item in self.find(Some(name))? {
            let prompt: OwnedObjectPath = self.call(&item, ITEM, "Delete", &())?;
            self.prompt(&prompt)?;
        }
        Ok(())
    }

    /// The names of all our parts.
    pub(crate) fn names(&self) -> Result<Vec<PartName>, Fault> {
        Ok(self.parts(&|_| true)?.into_iter().map(|part| part.name).collect())
    }

    /// All our parts whose name is `wanted`; what is not in our form is left out. The values say themselves which part
    /// of what they are, so that names, which the service gives one by one, need not be asked.
    pub(crate) fn parts(&self, wanted: &dyn Fn(&PartName) -> bool) -> Result<Vec<Part>, Fault> {
        let items = self.find(None)?;
        let mut parts = Vec::with_capacity(items.len());
        self.session
            .secrets(&items, |value| parts.extend(part::read(&value).ok().filter(|part| wanted(&part.name))))
            .map_err(|error| fault::calling(&error))?;
        Ok(parts)
    }

    /// Our items, or those of one name, unlocked; the user is asked if that is needed.
    fn find(&self, name: Option<&PartName>) -> Result<Vec<OwnedObjectPath>, Fault> {
        let name = name.map(ToString::to_string);
        let mut attributes = HashMap::from([("service", self.service.as_str())]);
        attributes.extend(name.as_deref().map(|name| ("username", name)));
        let (mut items, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            self.call(&PATH, SERVICE, "SearchItems", &(attributes,))?;
        if !locked.is_empty() {
            self.unlock(&locked)?;
            items.extend(locked);
        }
        Ok(items)
    }

    fn collection(&self) -> Result<&OwnedObjectPath, Fault> {
        if let Some(collection) = self.collection.get() {
            return Ok(collection);
        }
        let collection: OwnedObjectPath = self.call(&PATH, SERVICE, "ReadAlias", &("default",))?;
        if collection.as_str() == "/" {
            // There is a service, but no collection that takes new items.
            return Err(Error::NotAvailable.into());
        }
        Ok(self.collection.get_or_init(|| collection))
    }

    fn create(&self, collection: &ObjectPath<'_>, name: &PartName, value: &str) -> Result<(), Fault> {
        let name = name.to_string();
        let attributes = HashMap::from([("service", self.service.as_str()), ("username", name.as_str())]);
        let label = format!("{name}@{}", self.service);
        let properties = HashMap::from([(LABEL, Value::from(label)), (ATTRIBUTES, Value::from(attributes))]);
        let secret = self.session.seal(value.as_bytes())?;
        // Replacing, so that a write that is repeated leaves one item.
        let (_, prompt): (OwnedObjectPath, OwnedObjectPath) =
            self.call(collection, COLLECTION, "CreateItem", &(properties, secret, true))?;
        self.prompt(&prompt)
    }
}
