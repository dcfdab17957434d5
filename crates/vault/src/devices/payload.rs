//! What a device's record says: JSON, of which members that this version does not know are carried along.

use std::collections::BTreeMap;

use keymoor_protocol::{RecordId, base64url};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The schema of the payload.
pub(crate) const SCHEMA: u16 = 1;

/// Uses that are kept, the newest.
const USES: usize = 1000;
/// Bytes of JSON, below what a server takes.
const BYTES: usize = 60 * 1024;

/// What changes by itself on one device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeviceRecord {
    /// When a credential was last opened there, by its own clock, milliseconds since 1970.
    #[serde(default, with = "ids")]
    pub(crate) used: BTreeMap<RecordId, u64>,
    /// What a later version adds.
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl DeviceRecord {
    /// `None` for what is none.
    pub(crate) fn decode(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// As JSON. Of very many uses the oldest are left out.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut newest: Vec<(u64, RecordId)> = self.used.iter().map(|(id, at)| (*at, *id)).collect();
        newest.sort_unstable_by(|a, b| b.cmp(a));
        newest.truncate(USES);
        loop {
            let used = newest.iter().map(|(at, id)| (*id, *at)).collect();
            let text = serde_json::to_vec(&Self { used, more: self.more.clone() }).unwrap_or_default();
            if text.len() <= BYTES || newest.is_empty() {
                return text;
            }
            newest.truncate(newest.len() / 2);
        }
    }

    /// What either says; of two times the later one.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        for (id, at) in other.used {
            let known = self.used.entry(id).or_default();
            *known = at.max(*known);
        }
        for (name, value) in other.more {
            self.more.entry(name).or_insert(value);
        }
        self
    }
}

/// Ids as base64url, which is shorter than a UUID.
mod ids {
    use serde::{Deserializer, Serializer};

    use super::*;

    pub(super) fn serialize<S: Serializer>(
        used: &BTreeMap<RecordId, u64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(used.iter().map(|(id, at)| (base64url::encode(&id.0), at)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<RecordId, u64>, D::Error> {
        let named = BTreeMap::<String, u64>::deserialize(deserializer)?;
        let id = |name: &str| base64url::decode(name).ok().and_then(|bytes| RecordId::try_from(bytes).ok());
        Ok(named.into_iter().filter_map(|(name, at)| Some((id(&name)?, at))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u16) -> RecordId {
        let mut bytes = [7; 16];
        bytes[..2].copy_from_slice(&n.to_be_bytes());
        RecordId(bytes)
    }

    #[test]
    fn what_a_later_version_added_survives() {
        let text = br#"{"checked":{"AAA":{"at":3}},"used":{"AAEHBwcHBwcHBwcHBwcHBw":17,"not an id":4}}"#;
        let mut record = DeviceRecord::decode(text).unwrap();
        assert_eq!(record.used, [(id(1), 17)].into());
        record.used.insert(id(2), 18);
        let again = DeviceRecord::decode(&record.encode()).unwrap();
        assert_eq!(again, record);
        assert_eq!(again.more["checked"]["AAA"]["at"], 3);
        assert_eq!(DeviceRecord::decode(b"[]"), None);
    }

    #[test]
    fn two_lives_of_a_device_make_one_record() {
        let record = |used: &[(RecordId, u64)], more: &str| DeviceRecord {
            used: used.iter().copied().collect(),
            more: serde_json::from_str(more).unwrap(),
        };
        let a = record(&[(id(1), 5), (id(2), 9)], r#"{"a":1}"#);
        let b = record(&[(id(1), 7), (id(3), 1)], r#"{"a":2,"b":3}"#);
        let both = a.merge(b);
        assert_eq!(both, record(&[(id(1), 7), (id(2), 9), (id(3), 1)], r#"{"a":1,"b":3}"#));
    }

    #[test]
    fn it_stays_as_small_as_a_server_takes() {
        let mut record = DeviceRecord {
            used: (0..3000).map(|n| (id(n), u64::from(n) << 40)).collect(),
            ..Default::default()
        };
        let kept = DeviceRecord::decode(&record.encode()).unwrap().used;
        assert_eq!(
            (kept.len(), kept.contains_key(&id(2999)), kept.contains_key(&id(1999))),
            (USES, true, false)
        );
        record.more.insert("later".to_owned(), "x".repeat(BYTES - 10_000).into());
        let text = record.encode();
        assert!(text.len() <= BYTES);
        let kept = DeviceRecord::decode(&text).unwrap();
        assert!(kept.used.len() >= 100 && kept.used.contains_key(&id(2999)) && kept.more.len() == 1);
    }
}
