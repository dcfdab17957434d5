//! What lies in a test's keyring, as it lies there: to be frozen, and to be put into another one.

use std::{collections::HashMap, io};

use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use super::{INTERFACE, NAME, PATH, TestKeyring, default_collection};

const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const COLLECTION: &str = "org.freedesktop.Secret.Collection";
const ITEM: &str = "org.freedesktop.Secret.Item";

/// One item of a keyring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What a person sees in a keyring program.
    pub label: String,
    /// By what it is found, sorted.
    pub attributes: Vec<(String, String)>,
    /// The value.
    pub value: Vec<u8>,
}

/// Session, parameters, value, content type.
type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

impl TestKeyring {
    /// Every item, sorted by its attributes.
    pub fn items(&self) -> io::Result<Vec<Item>> {
        self.read_items().map_err(io::Error::other)
    }

    /// Adds these items.
    pub fn add_items(&self, items: &[Item]) -> io::Result<()> {
        self.write_items(items).map_err(io::Error::other)
    }

    fn read_items(&self) -> zbus::Result<Vec<Item>> {
        let bus = self.connect()?;
        let session = plain_session(&bus)?;
        let all: HashMap<&str, &str> = HashMap::new();
        let answer = bus.call_method(Some(NAME), PATH, Some(INTERFACE), "SearchItems", &(all,))?;
        let (found, _locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) = answer.body().deserialize()?;
        let mut items = Vec::with_capacity(found.len());
        for path in found {
            let property = |name: &str| -> zbus::Result<OwnedValue> {
                let answer = bus.call_method(Some(NAME), &path, Some(PROPERTIES), "Get", &(ITEM, name))?;
                answer.body().deserialize()
            };
            let attributes: HashMap<String, String> = property("Attributes")?.try_into()?;
            let mut attributes: Vec<_> = attributes.into_iter().collect();
            attributes.sort();
            let answer = bus.call_method(Some(NAME), &path, Some(ITEM), "GetSecret", &(&session,))?;
            let (_, _, value, _): Secret = answer.body().deserialize()?;
            items.push(Item { label: property("Label")?.try_into()?, attributes, value });
        }
        items.sort_by(|a, b| a.attributes.cmp(&b.attributes));
        Ok(items)
    }

    fn write_items(&self, items: &[Item]) -> zbus::Result<()> {
        let bus = self.connect()?;
        let session = plain_session(&bus)?;
        let collection = default_collection(&bus)?;
        for item in items {
            let attributes: HashMap<&str, &str> =
                item.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let properties = HashMap::from([
                ("org.freedesktop.Secret.Item.Label", Value::from(item.label.as_str())),
                ("org.freedesktop.Secret.Item.Attributes", Value::from(attributes)),
            ]);
            let secret = (&session, Vec::<u8>::new(), item.value.as_slice(), "text/plain");
            let new = (properties, secret, false);
            bus.call_method(Some(NAME), &collection, Some(COLLECTION), "CreateItem", &new)?;
        }
        Ok(())
    }
}

/// Nothing in a test's keyring is worth hiding from the test's bus.
pub(super) fn plain_session(bus: &zbus::blocking::Connection) -> zbus::Result<OwnedObjectPath> {
    let plain = ("plain", Value::from(""));
    let answer = bus.call_method(Some(NAME), PATH, Some(INTERFACE), "OpenSession", &plain)?;
    let (_, session): (OwnedValue, OwnedObjectPath) = answer.body().deserialize()?;
    Ok(session)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_go_from_one_keyring_to_another() {
        let (one, other) = (TestKeyring::start().unwrap(), TestKeyring::start().unwrap());
        let item = |label: &str, user: &str, value: &[u8]| Item {
            label: label.to_owned(),
            attributes: vec![
                ("service".to_owned(), "a service".to_owned()),
                ("username".to_owned(), user.to_owned()),
            ],
            value: value.to_vec(),
        };
        let items = vec![item("first", "a", b"value"), item("second", "b", &[b'x'; 3000])];
        one.add_items(&items).unwrap();
        let read = one.items().unwrap();
        other.add_items(&read).unwrap();
        // The service adds an attribute of its own, sooner or later.
        let plain = |item: &Item| {
            let ours = item.attributes.iter().filter(|(name, _)| !name.starts_with("xdg:"));
            Item { attributes: ours.cloned().collect(), ..item.clone() }
        };
        for read in [read, other.items().unwrap()] {
            assert!(read.iter().map(plain).eq(items.iter().cloned()));
        }
    }
}
