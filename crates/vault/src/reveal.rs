//! The one place where a secret is opened for its owner: to be copied, seen, or lent to a program.

use std::collections::BTreeMap;
use std::sync::Arc;

use keymoor_protocol::RecordId;
use secrecy::SecretString;

use crate::activity::{Event, Subject};
use crate::content::{Content, Entry, Shadow, field};
use crate::drafts;
use crate::error::Error;
use crate::meant::unnamed_in;
use crate::show::shown_name;
use crate::vault::Vault;

/// A field's value on its way out.
#[derive(Debug)] // A `SecretString` shows nothing of itself.
pub struct Revealed {
    /// The value.
    pub value: Arc<SecretString>,
    /// The conflict ([`crate::Conflict::field`]) because of which the field has other values, too: two devices changed it
    /// unseen of each other.
    pub conflict: Option<String>,
}

impl std::ops::Deref for Revealed {
    type Target = SecretString;

    fn deref(&self) -> &SecretString {
        &self.value
    }
}

impl Vault {
    /// The value of a field, secret or open; without a name the only secret one, or the one named `secret`.
    ///
    /// # Errors
    /// What cannot be read is an error that says what each home answered, never another value.
    pub fn reveal(&mut self, id: RecordId, name: Option<&str>) -> Result<Revealed, Error> {
        self.open_for(id, name, false)
    }

    /// The same for the clipboard, which the activity tells apart.
    ///
    /// # Errors
    /// As [`Vault::reveal`].
    pub fn reveal_to_copy(&mut self, id: RecordId, name: Option<&str>) -> Result<Revealed, Error> {
        self.open_for(id, name, true)
    }

    fn open_for(&mut self, id: RecordId, name: Option<&str>, copied: bool) -> Result<Revealed, Error> {
        let content = self.opened(id)?;
        let revealed = pick(&content, name)?;
        let subject = Subject { id, name: content.meta.title() };
        self.note_use(&Event::Revealed { subject, field: name.map(str::to_owned), copied });
        Ok(revealed)
    }

    /// The content of a record, healed if need be. Whoever lets something of it out notes the use.
    pub(crate) fn opened(&mut self, id: RecordId) -> Result<Content, Error> {
        let keys = &self.keys;
        match self.cache.read(|view| drafts::current(view, keys, id)) {
            Err(Error::Unreadable { .. } | Error::Cache(keymoor_cache::Error::Record(_))) => self.heal(id),
            Err(Error::NewerRecord) => self.heal(id),
            read => read,
        }
    }
}

/// The value of a field; without a name the only secret one, or the one named `secret`.
pub(crate) fn pick(content: &Content, name: Option<&str>) -> Result<Revealed, Error> {
    let meta = &content.meta;
    let none = || Error::NoSuchField(meta.field_names());
    let parts = meta.key().ok_or_else(none)?;
    let (name, shadow) = match name {
        Some(name) => match parts.get_key_value(name) {
            Some(found) => found,
            None => return open_field(content, name).ok_or_else(none),
        },
        None => unnamed_in(meta)?.and_then(|name| parts.get_key_value(name)).ok_or_else(none)?,
    };
    // The secret fields conflict together; this one does only if its own values differ.
    let print = |parts: &BTreeMap<String, Shadow>| parts.get(name).map(|shadow| shadow.fingerprint);
    let differs =
        |entry: &Entry| entry.value.key().is_some_and(|parts| print(parts) != Some(shadow.fingerprint));
    let in_conflict = meta.fields.get(field::KEY).is_some_and(|entries| entries.iter().any(differs));
    // A content that opened is whole.
    let value = content.secrets.get(&shadow.fingerprint).cloned().ok_or_else(none)?;
    Ok(Revealed { value, conflict: in_conflict.then(|| shown_name(field::KEY).to_owned()) })
}

fn open_field(content: &Content, name: &str) -> Option<Revealed> {
    let (_, text) = content.meta.open_fields().find(|(known, _)| *known == name)?;
    let full = format!("{}{name}", field::OPEN);
    let in_conflict = content.meta.alternates().any(|(known, _)| known == full);
    Some(Revealed { value: Arc::new(text.into()), conflict: in_conflict.then(|| name.to_owned()) })
}
