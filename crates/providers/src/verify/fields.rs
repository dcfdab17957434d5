//! The values of a credential, by the names of its fields.

use std::{collections::BTreeMap, fmt};

use secrecy::{ExposeSecret as _, SecretString};

/// What is known of one credential: its fields, and beside them the settings of the service that it is used for. Open
/// values are kept as secrets are; nobody can print either.
#[derive(Default)]
pub struct Fields(BTreeMap<String, SecretString>);

impl Fields {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value, in place of one of the same name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        self.set(name, value);
        self
    }

    /// Adds a value, in place of one of the same name.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<SecretString>) {
        self.0.insert(name.into(), value.into());
    }

    /// Copies of the values, by name, for whoever keeps them.
    pub fn values(&self) -> impl Iterator<Item = (String, SecretString)> {
        self.0.iter().map(|(name, value)| (name.clone(), value.clone()))
    }

    /// The names, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The value of that name, if it is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        // Exposed to be put into the one request that it is meant for.
        self.0.get(name).map(|value| value.expose_secret()).filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_printed() {
        let fields = Fields::new().with("api_key", "planted");
        assert_eq!(format!("{fields:?}"), r#"{"api_key"}"#);
        assert_eq!(fields.get("api_key"), Some("planted"));
        assert_eq!(fields.with("api_key", "").get("api_key"), None);
    }
}
