//! The shape that nearly every record has, read at a glance: each field has one value, nobody ever deleted the record, and
//! nothing in it is of a later version. Lists of thousands are read so, borrowing from the text. Whatever has another shape
//! is read whole, as [`super::Meta`].

use std::fmt;

use keymoor_protocol::base64url;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use super::shown::Shown;
use super::{field, version};

/// A record of that shape.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Glance<'t> {
    actors: Vec<Bytes>,
    seen: Vec<u64>,
    #[serde(borrow)]
    fields: Fields<'t>,
    #[serde(rename = "salt")]
    _salt: Bytes,
    created: u64,
    updated: u64,
}

impl<'t> Glance<'t> {
    /// `None`: of another shape, or none at all.
    pub(crate) fn of(json: &'t [u8]) -> Option<Self> {
        // Serde would also take an array of the members.
        let object = json.first() == Some(&b'{');
        let glance: Self = serde_json::from_slice(json).ok().filter(|_| object)?;
        let known = glance.actors.len();
        let sorted = glance.actors.is_sorted_by(|a, b| a.0 < b.0);
        (sorted && glance.seen.len() <= known && glance.fields.authors <= known).then_some(glance)
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &Value<'t>> {
        let all = &self.fields.values;
        let first = all.partition_point(|(known, _)| *known < name);
        all.iter().skip(first).take_while(move |(known, _)| *known == name).map(|(_, value)| value)
    }
}

impl<'t> Shown for Glance<'t> {
    fn text(&self, name: &str) -> &str {
        self.values(name).last().map_or("", Value::text)
    }

    fn parts(&self) -> impl Iterator<Item = (&str, &str, &[u8; 16])> {
        let parts = match self.values(field::KEY).last() {
            Some(Value::Key(parts)) => parts.as_slice(),
            _ => &[],
        };
        parts.iter().map(|(name, last_four, fingerprint)| (*name, *last_four, &fingerprint.0))
    }

    fn key_counter(&self) -> u64 {
        self.fields.key_counter
    }

    fn open_fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let open =
            |(name, value): &(&'t str, Value<'t>)| Some((name.strip_prefix(field::OPEN)?, value.text()));
        self.fields.values.iter().filter_map(open)
    }

    fn labels(&self) -> Vec<&str> {
        let mut labels: Vec<_> = self.values(field::LABELS).map(Value::text).collect();
        labels.retain(|text| !text.is_empty());
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    fn conflicts(&self) -> u64 {
        0
    }

    fn mixed(&self) -> bool {
        false
    }

    fn times(&self) -> (u64, u64) {
        (self.created, self.updated)
    }

    fn version(&self) -> u64 {
        self.seen.iter().copied().max().unwrap_or(0)
    }

    fn version_id(&self) -> String {
        let seen = self.actors.iter().zip(&self.seen).filter(|(_, counter)| **counter > 0);
        version::id(self.version(), seen.map(|(actor, counter)| (actor.0, *counter)))
    }

    fn deleted(&self) -> bool {
        false
    }
}

/// What a record says.
struct Fields<'t> {
    /// By name, and sorted by it; a label is a value of its own.
    values: Vec<(&'t str, Value<'t>)>,
    /// One more than the highest place of an actor that is named.
    authors: usize,
    /// Of the secret fields.
    key_counter: u64,
}

enum Value<'t> {
    Text(&'t str),
    Key(Vec<(&'t str, &'t str, Bytes)>),
}

impl<'t> Value<'t> {
    fn text(&self) -> &'t str {
        match self {
            Self::Text(text) => text,
            Self::Key(_) => "",
        }
    }
}

/// Sixteen bytes as base64url.
struct Bytes([u8; 16]);

/// A counter, the place of its actor, and a value; nothing behind them.
#[derive(Deserialize)]
struct Entry<'t>(u64, usize, #[serde(borrow)] Value<'t>);

/// The last four characters of a secret and its fingerprint; nothing behind them.
#[derive(Deserialize)]
struct Shadow<'t>(&'t str, Bytes);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        base64url::deserialize(deserializer).map(Self)
    }
}

impl<'de: 't, 't> Deserialize<'de> for Fields<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ReadFields)
    }
}

impl<'de: 't, 't> Deserialize<'de> for Value<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReadValue)
    }
}

struct ReadFields;

impl<'de> Visitor<'de> for ReadFields {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fields")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields { values: Vec::with_capacity(8), authors: 0, key_counter: 0 };
        while let Some((name, entries)) = map.next_entry::<&str, Vec<Entry<'_>>>()? {
            let in_order = fields.values.last().is_none_or(|(before, _)| *before < name);
            if !in_order || (entries.len() != 1 && name != field::LABELS) {
                return Err(A::Error::custom("another shape"));
            }
            for Entry(counter, author, value) in entries {
                if name == field::KEY {
                    fields.key_counter = counter;
                }
                fields.authors = fields.authors.max(author.saturating_add(1));
                fields.values.push((name, value));
            }
        }
        Ok(fields)
    }
}

struct ReadValue;

impl<'de> Visitor<'de> for ReadValue {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        let mut parts: Vec<(&str, &str, Bytes)> = Vec::with_capacity(1);
        while let Some((name, Shadow(last_four, fingerprint))) = map.next_entry::<&str, Shadow<'_>>()? {
            if parts.last().is_some_and(|(before, ..)| *before >= name) {
                return Err(A::Error::custom("another shape"));
            }
            parts.push((name, last_four, fingerprint));
        }
        Ok(Value::Key(parts))
    }
}

#[cfg(test)]
pub(super) mod tests;
