//! Whose a pasted text is: one secret, an `.env` file, a profile of AWS, a JSON key of Google.

mod checksum;
mod json;
mod lines;
mod pair;
mod pasted;
mod shapes;

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

use crate::{Provider, provider};

pub(crate) use self::checksum::holds;

/// The longest text that is looked at, in bytes. A key of a service account has some 2,300.
const LONGEST: usize = 64 * 1024;

/// What a pasted text is.
#[derive(Debug)]
pub enum Recognition {
    /// Of this provider, and all of it was understood.
    Certain(Found),
    /// It could be of any of these, and of others.
    Candidates(Vec<Found>),
    /// It looks like this provider's, and something is wrong with it.
    Typo(Found, Flaw),
    /// More than one credential, or lines or words of which some were not understood.
    Several {
        /// Those that were.
        found: Vec<Found>,
        /// The names of those that were not, as they stand there; and the keys of fields whose secret was not there. Words
        /// without a name are not among them.
        unknown: Vec<String>,
    },
    /// Nobody's that the catalogue knows: any secret can be kept, without a provider.
    Unknown,
}

/// A credential in a pasted text.
pub struct Found {
    /// Whose it is.
    pub provider: &'static Provider,
    /// What of it was there, under the keys of the provider's fields. Open ones too are kept like secrets until their field
    /// says otherwise.
    pub fields: Vec<(&'static str, SecretString)>,
}

/// What is wrong with a secret that looks like a provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Its checksum: a character is another, or two are exchanged.
    Checksum,
    /// It starts as the provider's secrets do, and goes on otherwise: something is missing, or too much.
    Shape,
}

/// Whose this text is. Nothing is sent, and nothing read but the text.
pub fn recognise(text: &str) -> Recognition {
    if text.len() > LONGEST {
        return Recognition::Unknown;
    }
    let secret = pasted::unwrapped(text);
    if secret.is_empty() {
        return Recognition::Unknown;
    }
    if secret.starts_with('{') {
        return json::recognise(secret);
    }
    let one_word = !secret.contains(char::is_whitespace);
    if one_word {
        let recognition = shapes::recognise(secret);
        if !matches!(recognition, Recognition::Unknown) {
            return recognition;
        }
    }
    lines::recognise(text.trim_start_matches('\u{feff}').trim())
        .or_else(|| pair::recognise(text))
        .unwrap_or(Recognition::Unknown)
}

/// Whether this is one of the invented secrets of the catalogue: nobody's key, whatever it looks like.
pub fn is_sample(secret: &str) -> bool {
    shapes::is_sample(pasted::unwrapped(secret))
}

impl Found {
    fn new(provider: &'static Provider) -> Self {
        Self { provider, fields: Vec::new() }
    }

    /// Of the provider of that id, with these fields. `None`: the catalogue has no such provider or field.
    fn of<'f>(id: &str, fields: impl IntoIterator<Item = (&'f str, &'f str)>) -> Option<Self> {
        let mut found = Self::new(provider(id)?);
        for (key, value) in fields {
            found.put(found.provider.field(key)?.key.as_str(), value);
        }
        Some(found)
    }

    fn put(&mut self, key: &'static str, value: &str) {
        self.fields.push((key, SecretString::from(value)));
    }

    /// The value of a field that was there.
    pub fn value(&self, key: &str) -> Option<&SecretString> {
        self.fields.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The required fields that were not there, and have no default.
    pub fn missing(&self) -> impl Iterator<Item = &'static crate::Field> {
        let missing = |field: &&crate::Field| {
            field.required && field.default.is_none() && self.value(&field.key).is_none()
        };
        self.provider.fields.iter().filter(missing)
    }

    /// Whether a secret was there, and not only what belongs to one.
    pub fn has_secret(&self) -> bool {
        self.fields.iter().any(|(key, _)| self.provider.field(key).is_some_and(|field| field.secret))
    }
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.fields.iter().map(|(key, _)| key).collect();
        f.debug_struct("Found").field("provider", &self.provider.id).field("fields", &keys).finish()
    }
}

/// One recognition out of several credentials and what was left over.
fn together(mut found: Vec<Found>, mut unknown: Vec<String>) -> Option<Recognition> {
    if found.iter().any(Found::has_secret) {
        let open = found.extract_if(.., |found| !found.has_secret());
        unknown.extend(open.flat_map(|found| found.fields).map(|(key, _)| key.to_owned()));
    }
    match (found.len(), unknown.is_empty()) {
        (0, _) => None,
        (1, true) => found.pop().map(flawed),
        _ => Some(Recognition::Several { found, unknown }),
    }
}

/// A single credential is certain, or one of its fields has a flaw.
fn flawed(found: Found) -> Recognition {
    let flaw = found.fields.iter().find_map(|(key, value)| {
        // Looked at where it lies; only the kind of flaw leaves this function.
        let wrong = shapes::checksum_fails(found.provider, key, value.expose_secret());
        wrong.then_some(Flaw::Checksum)
    });
    match flaw {
        Some(flaw) => Recognition::Typo(found, flaw),
        None => Recognition::Certain(found),
    }
}

#[cfg(test)]
mod tests;
