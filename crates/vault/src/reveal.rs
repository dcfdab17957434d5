//! The one place where a secret is opened for its owner: to be copied, seen, or lent to a program.

use std::sync::Arc;

use keymoor_protocol::RecordId;
use secrecy::SecretString;

use crate::content::Content;
use crate::drafts;
use crate::error::Error;
use crate::vault::Vault;

impl Vault {
    /// One secret field; without a name the only one, or the one named `secret`.
    ///
    /// # Errors
    /// What cannot be read is an error that says what each home answered, never another value.
    pub fn reveal(&mut self, id: RecordId, name: Option<&str>) -> Result<Arc<SecretString>, Error> {
        let keys = &self.keys;
        let content = match self.cache.read(|view| drafts::current(view, keys, id)) {
            Ok(content) => content,
            Err(Error::Unreadable { .. } | Error::Cache(keymoor_cache::Error::Record(_))) => self.heal(id)?,
            Err(Error::NewerRecord) => self.heal(id)?,
            Err(error) => return Err(error),
        };
        pick(&content, name)
    }
}

fn pick(content: &Content, name: Option<&str>) -> Result<Arc<SecretString>, Error> {
    let parts = content.meta.key().ok_or_else(|| Error::NoSuchField(Vec::new()))?;
    let names = || parts.keys().cloned().collect::<Vec<_>>();
    let shadow = match name {
        Some(name) => parts.get(name).ok_or_else(|| Error::NoSuchField(names()))?,
        None if parts.len() == 1 => parts.values().next().ok_or_else(|| Error::NoSuchField(names()))?,
        None => parts.get("secret").ok_or_else(|| Error::WhichField(names()))?,
    };
    // A content that opened is whole.
    content.secrets.get(&shadow.fingerprint).cloned().ok_or_else(|| Error::NoSuchField(names()))
}
