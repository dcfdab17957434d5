//! The shape that nearly every record has, read at a glance: each field has one value, nobody ever deleted the record, and
//! nothing in it is of a later version. Lists of thousands are read so, borrowing from the text. Whatever has another shape
//! is read whole, as [`Meta`].

use std::fmt;

use keymoor_protocol::base64url;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use super::{Meta, field, version};

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
        let glance: Self = serde_json::from_slice(json).ok()?;
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
mod tests {
    use std::collections::BTreeSet;

    use keymoor_protocol::ActorId;

    use super::*;
    use crate::content::{Content, merge, payload};

    /// Everything that a list could show, told in both ways.
    fn told(shown: &impl Shown) -> String {
        let parts: Vec<_> = shown.parts().collect();
        let open: Vec<_> = shown.open_fields().collect();
        let texts: Vec<_> = [
            field::PROVIDER,
            field::NAME,
            field::NOTE,
            field::KIND,
            field::OFF,
            field::EXPIRES,
            field::SINCE,
        ]
        .map(|name| shown.text(name))
        .into();
        let state = (
            shown.conflicts(),
            shown.times(),
            shown.version(),
            shown.version_id(),
            shown.deleted(),
            shown.key_counter(),
        );
        format!("{texts:?} {parts:?} {open:?} {:?} {state:?} {}", shown.labels(), shown.is_credential())
    }

    /// Whether it is read at a glance; then both ways say the same.
    #[track_caller]
    fn is_usual(content: &Content) -> bool {
        let json = payload::encode_meta(&content.meta);
        let Some(glance) = Glance::of(&json) else { return false };
        assert_eq!(told(&glance), told(&payload::decode_meta(&json).unwrap()));
        true
    }

    fn made() -> Content {
        let mut action = Content::empty([1; 16], 7).act(ActorId([9; 16]), 8);
        action.set_text(field::PROVIDER, "aws");
        action.set_text(field::NAME, "prod");
        action.set_text(field::NOTE, "of the shop");
        action.set_text("field:region", "eu-west-1");
        action.add_labels(&["b".to_owned(), "a".to_owned()].into());
        let parts = [("secret", "a secret that is long"), ("access", "AKIAQ3EGT7WXN2VB5ZLM")];
        let parts = parts.map(|(name, text)| (name.to_owned(), text.into()));
        action.set_secrets(parts.into(), &BTreeSet::new());
        action.finish()
    }

    fn edited(content: &Content, actor: u8, name: &str) -> Content {
        let mut action = content.clone().act(ActorId([actor; 16]), 10);
        action.set_text(field::NAME, name);
        action.finish()
    }

    #[test]
    fn what_is_read_at_a_glance_is_what_is_read_whole() {
        let content = made();
        assert!(is_usual(&content));
        assert!(is_usual(&edited(&content, 3, "staging")), "another device's edit");
        assert!(is_usual(&edited(&edited(&content, 3, "staging"), 9, "")), "an emptied name");
        assert!(is_usual(&Content::empty([1; 16], 7)));
    }

    #[test]
    fn another_shape_is_left_to_be_read_whole() {
        let content = made();
        assert!(
            !is_usual(&merge(&edited(&content, 3, "staging"), &edited(&content, 9, "live"))),
            "a conflict"
        );
        assert!(!is_usual(&edited(&content, 3, "a \"quoted\" name")), "a text that cannot be borrowed");
        let deleted = content.clone().delete(ActorId([9; 16]), 9);
        assert!(!is_usual(&deleted) && !is_usual(&edited(&deleted, 9, "back")), "deleted once");

        let json = String::from_utf8(payload::encode_meta(&content.meta).to_vec()).unwrap();
        assert!(Glance::of(json.as_bytes()).is_some());
        for (from, to) in [
            ("{\"actors\"", "{\"later\":1,\"actors\""),
            ("\"eu-west-1\"]", "\"eu-west-1\",\"later\"]"),
            ("\"eu-west-1\"", "17"),
            ("[[1,0,\"prod\"]]", "[[1,1,\"prod\"]]"),
            ("\"name\"", "\"zname\""),
            ("}", ""),
        ] {
            let other = json.replacen(from, to, 1);
            assert_ne!(other, json, "{from}");
            assert!(Glance::of(other.as_bytes()).is_none(), "{other}");
        }
    }
}
