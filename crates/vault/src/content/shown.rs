//! What a list shows of a record, however it was read.

use super::{Meta, field};

/// What a list shows of a record.
pub(crate) trait Shown {
    /// The text that is shown, or nothing.
    fn text(&self, field: &str) -> &str;
    /// The secret fields: name, last four characters, fingerprint; sorted by name.
    fn parts(&self) -> impl Iterator<Item = (&str, &str, &[u8; 16])>;
    /// The counter of whatever put in the secret that is shown.
    fn key_counter(&self) -> u64;
    /// The open fields, sorted by name.
    fn open_fields(&self) -> impl Iterator<Item = (&str, &str)>;
    /// The labels, sorted.
    fn labels(&self) -> Vec<&str>;
    /// Fields with values to settle.
    fn conflicts(&self) -> u64;
    /// Whether secrets or open fields are among them.
    fn mixed(&self) -> bool;
    /// When it was made, and when it was changed last, milliseconds since 1970.
    fn times(&self) -> (u64, u64);
    /// The number of this version.
    fn version(&self) -> u64;
    /// Its name.
    fn version_id(&self) -> String;
    /// Whether it is in the trash.
    fn deleted(&self) -> bool;

    /// Whether it is a credential. What this version does not know otherwise is one, so that nothing is hidden.
    fn is_credential(&self) -> bool {
        self.text(field::KIND) != field::SERVICES
    }
}

impl Shown for Meta {
    fn text(&self, name: &str) -> &str {
        self.text(name)
    }

    fn parts(&self) -> impl Iterator<Item = (&str, &str, &[u8; 16])> {
        let parts = self.key().into_iter().flatten();
        parts.map(|(name, shadow)| (name.as_str(), shadow.last_four.as_str(), &shadow.fingerprint.0))
    }

    fn key_counter(&self) -> u64 {
        let shown = self.fields.get(field::KEY).and_then(|entries| entries.last());
        shown.map_or(0, |entry| entry.stamp.counter)
    }

    fn open_fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.open_fields()
    }

    fn labels(&self) -> Vec<&str> {
        self.labels().into_iter().collect()
    }

    fn conflicts(&self) -> u64 {
        self.alternates().count() as u64
    }

    fn mixed(&self) -> bool {
        self.is_mixed()
    }

    fn times(&self) -> (u64, u64) {
        (self.created, self.updated)
    }

    fn version(&self) -> u64 {
        self.version()
    }

    fn version_id(&self) -> String {
        self.version_id(None)
    }

    fn deleted(&self) -> bool {
        self.deleted()
    }
}
