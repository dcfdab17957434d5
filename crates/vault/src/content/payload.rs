//! Payload schema 1: what is inside the two envelopes of a record.
//!
//! `meta` is JSON: `{"actors": [id], "seen": [counter], "removed": [counter], "fields": {name: [[counter, actor index,
//! value]]}, "salt", "created", "updated"}`; ids, salts and fingerprints are base64url; a value is a text or `{part:
//! [last four, fingerprint]}`. What a later version adds is kept: members, fields, and elements at the end of an array.
//! `secret` is binary: `u16 × (fingerprint 16 | sized text)`, sorted by fingerprint, because a JSON writer would leave
//! copies of secrets in memory.

mod array;

use std::collections::BTreeMap;
use std::sync::Arc;

use keymoor_protocol::bytes::{Malformed, Reader};
use keymoor_protocol::{ActorId, base64url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Carried, Entry, Fingerprint, Meta, Secrets, Seen, Shadow, Stamp, Value, field};
use array::{Pair, Triple};

/// The schema of this version.
pub(crate) const SCHEMA: u16 = 1;

/// The schema that this program writes. Records of a newer one are shown read-only and carried along.
#[cfg(not(feature = "newer-schema"))]
pub(crate) const fn schema() -> u16 {
    SCHEMA
}

#[cfg(feature = "newer-schema")]
pub(crate) use crate::newer_schema::schema;

#[derive(Serialize, Deserialize)]
struct Payload {
    actors: Vec<Bytes<[u8; 16]>>,
    seen: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    removed: Vec<u64>,
    fields: BTreeMap<String, Vec<Triple<u64, usize, PayloadValue>>>,
    salt: Bytes<[u8; 16]>,
    created: u64,
    updated: u64,
    #[serde(flatten)]
    unknown: BTreeMap<String, serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum PayloadValue {
    Text(String),
    Key(BTreeMap<String, Pair<String, Bytes<[u8; 16]>>>),
    Other(Carried),
}

/// Bytes as base64url.
struct Bytes<T>(T);

impl<T: AsRef<[u8]>> Serialize for Bytes<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        base64url::serialize(&self.0, serializer)
    }
}

impl<'de, T: TryFrom<Vec<u8>>> Deserialize<'de> for Bytes<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        base64url::deserialize(deserializer).map(Self)
    }
}

/// The plaintext of the meta envelope.
pub(crate) fn encode_meta(meta: &Meta) -> Zeroizing<Vec<u8>> {
    let mut actors: Vec<ActorId> = meta.seen.keys().chain(meta.removed.keys()).copied().collect();
    actors.extend(meta.entries().map(|entry| entry.stamp.actor));
    actors.sort_unstable();
    actors.dedup();
    let index = |actor: &ActorId| actors.binary_search(actor).unwrap_or(0); // every actor was put in just above
    let counters = |seen: &Seen| actors.iter().map(|actor| seen.get(actor).copied().unwrap_or(0)).collect();
    let fields = meta.fields.iter().map(|(name, entries)| {
        let entries = entries.iter().map(|Entry { stamp, value }| {
            let (value, more) = value.parts();
            Triple(stamp.counter, index(&stamp.actor), PayloadValue::of(value), more.to_vec())
        });
        (name.clone(), entries.collect())
    });
    let payload = Payload {
        seen: counters(&meta.seen),
        removed: if meta.removed.is_empty() { vec![] } else { counters(&meta.removed) },
        fields: fields.collect(),
        salt: Bytes(meta.salt),
        created: meta.created,
        updated: meta.updated,
        unknown: meta.unknown.clone(),
        actors: actors.iter().map(|actor| Bytes(actor.0)).collect(),
    };
    // Maps with text keys, numbers and texts: serde_json writes them all.
    #[expect(clippy::expect_used)]
    let json = serde_json::to_vec(&payload).expect("writable JSON");
    Zeroizing::new(json)
}

/// Reads what [`encode_meta`] wrote.
pub(crate) fn decode_meta(json: &[u8]) -> Result<Meta, Malformed> {
    let payload: Payload = serde_json::from_slice(json).map_err(|_| Malformed)?;
    let actor = |index: usize| payload.actors.get(index).map(|actor| ActorId(actor.0)).ok_or(Malformed);
    let seen = |counters: &[u64]| -> Result<Seen, Malformed> {
        let pairs = counters.iter().enumerate().filter(|(_, counter)| **counter > 0);
        pairs.map(|(i, counter)| Ok((actor(i)?, *counter))).collect()
    };
    let mut meta = Meta {
        seen: seen(&payload.seen)?,
        removed: seen(&payload.removed)?,
        fields: BTreeMap::new(),
        salt: payload.salt.0,
        created: payload.created,
        updated: payload.updated,
        unknown: payload.unknown,
    };
    for (name, entries) in payload.fields.into_iter().filter(|(_, entries)| !entries.is_empty()) {
        let entries = entries.into_iter().map(|Triple(counter, index, value, more)| {
            let actor = payload.actors.get(index).map(|actor| ActorId(actor.0)).ok_or(Malformed)?;
            let value = Value::from(value);
            // A value that this version would have to show is not passed over: the record is unreadable, and another home may
            // have it whole.
            match value {
                Value::Other(_) if field::is_known(&name) => Err(Malformed),
                value => Ok(Entry { stamp: Stamp { counter, actor }, value: value.with(more) }),
            }
        });
        let entries = entries.collect::<Result<_, Malformed>>()?;
        meta.fields.insert(name, entries);
    }
    Ok(meta)
}

impl PayloadValue {
    fn of(value: &Value) -> Self {
        match value {
            Value::Text(text) => Self::Text(text.clone()),
            Value::Key(parts) => {
                let part = |(name, shadow): (&String, &Shadow)| {
                    let Shadow { last_four, fingerprint, more } = shadow;
                    (name.clone(), Pair(last_four.clone(), Bytes(fingerprint.0), more.clone()))
                };
                Self::Key(parts.iter().map(part).collect())
            }
            Value::Other(json) => Self::Other(json.clone()),
            Value::With(value, _) => Self::of(value),
        }
    }
}

impl From<PayloadValue> for Value {
    fn from(value: PayloadValue) -> Self {
        match value {
            PayloadValue::Text(text) => Self::Text(text),
            PayloadValue::Key(parts) => {
                let part =
                    |(name, Pair(last_four, fingerprint, more)): (_, Pair<String, Bytes<[u8; 16]>>)| {
                        (name, Shadow { last_four, fingerprint: Fingerprint(fingerprint.0), more })
                    };
                Self::Key(parts.into_iter().map(part).collect())
            }
            PayloadValue::Other(json) => Self::Other(json),
        }
    }
}

/// The plaintext of the secret envelope.
pub(crate) fn encode_secrets(secrets: &Secrets) -> Zeroizing<Vec<u8>> {
    // Exposed to be sealed at once; the buffer is made large enough never to be copied by growing.
    let size = secrets.values().map(|secret| 20 + secret.expose_secret().len()).sum::<usize>();
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 + size));
    bytes.extend_from_slice(&(secrets.len() as u16).to_be_bytes());
    for (fingerprint, secret) in secrets {
        let text = secret.expose_secret().as_bytes();
        bytes.extend_from_slice(&fingerprint.0);
        bytes.extend_from_slice(&(text.len() as u32).to_be_bytes());
        bytes.extend_from_slice(text);
    }
    bytes
}

/// Reads what [`encode_secrets`] wrote.
pub(crate) fn decode_secrets(bytes: &[u8]) -> Result<Secrets, Malformed> {
    let mut reader = Reader::new(bytes, b"")?;
    let mut secrets = Secrets::new();
    for _ in 0..reader.u16()? {
        let fingerprint = Fingerprint(reader.array()?);
        let text = std::str::from_utf8(reader.sized()?).map_err(|_| Malformed)?;
        secrets.insert(fingerprint, Arc::new(SecretString::from(text)));
    }
    reader.end()?;
    Ok(secrets)
}
