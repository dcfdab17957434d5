//! Where the system itself keeps an entry: a shortcut that spares the keychain its search.

/// The system's own address of a keychain entry (Secret Service: the item's object path). Only ever a hint: what is
/// found there counts if it says of itself that it is what was asked for, and otherwise the entry is searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    /// As [`as_str`](Self::as_str) gave it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// To be kept and given back.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
