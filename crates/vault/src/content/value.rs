//! One value of a field, and what a later version of Keymoor puts beside it: nobody here knows what that means, and it goes
//! where the value goes.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Fingerprint;

/// What may be shown of a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shadow {
    /// The last four characters, of a secret that is long enough to give them away.
    pub(crate) last_four: String,
    /// Which secret it stands for.
    pub(crate) fingerprint: Fingerprint,
    /// What a later version put beside it.
    pub(crate) more: Vec<Carried>,
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    /// A name, a note, a label, an open field.
    Text(String),
    /// The secret fields, which belong together: they change in one action and merge as one.
    Key(BTreeMap<String, Shadow>),
    /// One of a form that only a later version knows.
    Other(Carried),
    /// One with what a later version put beside it, which goes where the value goes.
    With(Box<Value>, Vec<Carried>),
}

impl Value {
    /// With what a later version put beside it.
    pub(crate) fn with(self, more: Vec<Carried>) -> Self {
        if more.is_empty() { self } else { Self::With(Box::new(self), more) }
    }

    /// The value, and what a later version put beside it.
    pub(crate) fn parts(&self) -> (&Self, &[Carried]) {
        match self {
            Self::With(value, more) => (value, more),
            value => (value, &[]),
        }
    }

    /// Its text, or nothing.
    pub(crate) fn text(&self) -> &str {
        match self.parts().0 {
            Self::Text(text) => text,
            _ => "",
        }
    }

    /// The secret fields, if it is that.
    pub(crate) fn key(&self) -> Option<&BTreeMap<String, Shadow>> {
        match self.parts().0 {
            Self::Key(parts) => Some(parts),
            _ => None,
        }
    }
}

/// JSON of a later version. Ordered by its text, so that the order of merges does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Carried(pub(crate) serde_json::Value);

impl PartialOrd for Carried {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Carried {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.to_string().cmp(&other.0.to_string())
    }
}
