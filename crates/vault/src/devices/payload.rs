//! What a device's record says: JSON, of which members that this version does not know are carried along.

use std::collections::BTreeMap;

use keymoor_protocol::{RecordId, base64url};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::verification::Verification;

/// The schema of the payload.
pub(crate) const SCHEMA: u16 = 1;

/// Uses that are sent, the newest.
const USES: usize = 1000;
/// Bytes of JSON that are sent, below what a server takes.
const BYTES: usize = 60 * 1024;

/// What changes by itself on one device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DeviceRecord {
    /// When a credential was last opened there, by its own clock, milliseconds since 1970.
    pub(crate) used: BTreeMap<RecordId, u64>,
    /// What providers said there of credentials.
    pub(crate) checks: BTreeMap<RecordId, Verification>,
    /// Whether its activity is linked, so that nobody can say that it never was.
    pub(crate) linked: bool,
    /// What its computer is called, if its system says so.
    pub(crate) name: Option<String>,
    /// Which system it has.
    pub(crate) platform: Option<String>,
    /// When it last said these two, by its own clock, milliseconds since 1970; 0 before that was kept.
    pub(crate) seen: u64,
    /// What a later version adds.
    more: Map<String, Value>,
}

/// The members, each read for itself: a reader of all at once would first copy the long ones to see which they are.
type Members<'t> = BTreeMap<String, &'t RawValue>;

impl DeviceRecord {
    /// `None` for what is none.
    pub(crate) fn decode(text: &[u8]) -> Option<Self> {
        let members: Members<'_> = serde_json::from_slice(text).ok()?;
        let mut record = Self::default();
        for (name, value) in members {
            match name.as_str() {
                "used" => record.used = ids::read(value)?,
                "checks" => record.checks = ids::read(value)?,
                "linked" => record.linked = value.get() == "true",
                "name" => record.name = serde_json::from_str(value.get()).ok(),
                "platform" => record.platform = serde_json::from_str(value.get()).ok(),
                "seen" => record.seen = serde_json::from_str(value.get()).unwrap_or_default(),
                _ => drop(record.more.insert(name, serde_json::from_str(value.get()).ok()?)),
            }
        }
        Some(record)
    }

    /// As JSON, whole.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut members = self.more.clone();
        members.insert("used".to_owned(), ids::write(&self.used));
        if !self.checks.is_empty() {
            members.insert("checks".to_owned(), ids::write(&self.checks));
        }
        if self.linked {
            members.insert("linked".to_owned(), true.into());
        }
        for (member, text) in [("name", &self.name), ("platform", &self.platform)] {
            if let Some(text) = text {
                members.insert(member.to_owned(), text.as_str().into());
            }
        }
        if self.seen > 0 {
            members.insert("seen".to_owned(), self.seen.into());
        }
        serde_json::to_vec(&members).unwrap_or_default() // texts and numbers: nothing that JSON could not say
    }

    /// As much of it as a server takes. Of very many uses and answers the oldest are left out.
    pub(crate) fn cut(&self) -> Self {
        let mut uses: Vec<(u64, RecordId)> = self.used.iter().map(|(id, at)| (*at, *id)).collect();
        uses.sort_unstable_by(|a, b| b.cmp(a));
        uses.truncate(USES);
        let mut checks: Vec<(u64, RecordId)> =
            self.checks.iter().map(|(id, check)| (check.latest(), *id)).collect();
        checks.sort_unstable_by(|a, b| b.cmp(a));
        loop {
            let check = |(_, id): &(u64, RecordId)| Some((*id, self.checks.get(id)?.clone()));
            let cut = Self {
                used: uses.iter().map(|(at, id)| (*id, *at)).collect(),
                checks: checks.iter().filter_map(check).collect(),
                linked: self.linked,
                name: self.name.clone(),
                platform: self.platform.clone(),
                seen: self.seen,
                more: self.more.clone(),
            };
            if cut.encode().len() <= BYTES || (uses.is_empty() && checks.is_empty()) {
                return cut;
            }
            // Half of whichever is more.
            if uses.len() > checks.len() {
                uses.truncate(uses.len() / 2);
            } else {
                checks.truncate(checks.len() / 2);
            }
        }
    }

    /// What either says; of two times the later one.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        for (id, at) in other.used {
            let known = self.used.entry(id).or_default();
            *known = at.max(*known);
        }
        for (id, check) in other.checks {
            let merged = match self.checks.remove(&id) {
                Some(known) => known.merge(check),
                None => check,
            };
            self.checks.insert(id, merged);
        }
        self.linked |= other.linked;
        if other.seen > self.seen {
            (self.name, self.platform, self.seen) = (other.name, other.platform, other.seen);
        }
        for (name, value) in other.more {
            self.more.entry(name).or_insert(value);
        }
        self
    }

    /// Drops what belongs to records that are gone.
    pub(crate) fn retain(&mut self, holds: impl Fn(&RecordId) -> bool) {
        self.used.retain(|id, _| holds(id));
        self.checks.retain(|id, _| holds(id));
    }
}

/// Ids as base64url, which is shorter than a UUID.
mod ids {
    use std::fmt;
    use std::marker::PhantomData;

    use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
    use serde::{Deserialize, Serialize};

    use super::*;

    pub(super) fn write<T: Serialize>(entries: &BTreeMap<RecordId, T>) -> Value {
        let named = entries
            .iter()
            .map(|(id, entry)| Some((base64url::encode(&id.0), serde_json::to_value(entry).ok()?)));
        named.flatten().collect::<Map<String, Value>>().into()
    }

    /// What is no id, or under it no entry of ours, is left out.
    pub(super) fn read<T: DeserializeOwned>(text: &RawValue) -> Option<BTreeMap<RecordId, T>> {
        if let Ok(Ours(entries)) = serde_json::from_str(text.get()) {
            return Some(entries.into_iter().collect());
        }
        let named: BTreeMap<String, &RawValue> = serde_json::from_str(text.get()).ok()?;
        let entry =
            |(name, text): (String, &RawValue)| Some((id(&name)?, serde_json::from_str(text.get()).ok()?));
        Some(named.into_iter().filter_map(entry).collect())
    }

    fn id(name: &str) -> Option<RecordId> {
        base64url::decode(name).ok().and_then(|bytes| RecordId::try_from(bytes).ok())
    }

    /// All of them ids, with entries of ours: the usual case, read in one go.
    struct Ours<T>(Vec<(RecordId, T)>);

    impl<'de, T: DeserializeOwned> Deserialize<'de> for Ours<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(Reading(PhantomData))
        }
    }

    struct Reading<T>(PhantomData<T>);

    impl<'de, T: DeserializeOwned> Visitor<'de> for Reading<T> {
        type Value = Ours<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("entries by id")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ours<T>, A::Error> {
            let mut entries = Vec::new();
            while let Some(name) = map.next_key::<&str>()? {
                let id = id(name).ok_or_else(|| A::Error::custom("no id"))?;
                entries.push((id, map.next_value()?));
            }
            Ok(Ours(entries))
        }
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
        let text = br#"{"later":{"AAA":{"at":3}},"used":{"AAEHBwcHBwcHBwcHBwcHBw":17,"not an id":4}}"#;
        let mut record = DeviceRecord::decode(text).unwrap();
        assert_eq!(record.used, [(id(1), 17)].into());
        record.used.insert(id(2), 18);
        let again = DeviceRecord::decode(&record.encode()).unwrap();
        assert_eq!(again, record);
        assert_eq!(again.more["later"]["AAA"]["at"], 3);
        assert_eq!(DeviceRecord::decode(b"[]"), None);
    }

    #[test]
    fn two_lives_of_a_device_make_one_record() {
        let record = |used: &[(RecordId, u64)], more: &str| DeviceRecord {
            used: used.iter().copied().collect(),
            more: serde_json::from_str(more).unwrap(),
            ..DeviceRecord::default()
        };
        let a = record(&[(id(1), 5), (id(2), 9)], r#"{"a":1}"#);
        let b = record(&[(id(1), 7), (id(3), 1)], r#"{"a":2,"b":3}"#);
        let both = a.merge(b);
        assert_eq!(both, record(&[(id(1), 7), (id(2), 9), (id(3), 1)], r#"{"a":1,"b":3}"#));
    }

    #[test]
    fn what_a_device_says_of_itself_is_written_and_the_later_word_counts() {
        let said = |name: &str, seen| DeviceRecord {
            name: Some(name.to_owned()),
            platform: Some("linux".to_owned()),
            seen,
            ..DeviceRecord::default()
        };
        assert_eq!(DeviceRecord::decode(&said("desk", 7).encode()).unwrap(), said("desk", 7));
        assert_eq!(said("desk", 7).cut(), said("desk", 7));
        assert_eq!(said("desk", 7).merge(said("lap", 8)), said("lap", 8));
        assert_eq!(said("desk", 7).merge(said("lap", 6)), said("desk", 7));
        let odd = DeviceRecord::decode(br#"{"used":{},"name":3,"platform":null,"seen":"x"}"#).unwrap();
        assert_eq!((odd.name, odd.platform, odd.seen), (None, None, 0));
    }

    #[test]
    fn it_stays_as_small_as_a_server_takes() {
        let mut record = DeviceRecord {
            used: (0..3000).map(|n| (id(n), u64::from(n) << 40)).collect(),
            ..Default::default()
        };
        assert_eq!(DeviceRecord::decode(&record.encode()).unwrap(), record, "here it stays whole");
        let kept = record.cut().used;
        assert_eq!(
            (kept.len(), kept.contains_key(&id(2999)), kept.contains_key(&id(1999))),
            (USES, true, false)
        );
        record.more.insert("later".to_owned(), "x".repeat(BYTES - 10_000).into());
        let text = record.cut().encode();
        assert!(text.len() <= BYTES);
        let kept = DeviceRecord::decode(&text).unwrap();
        assert!(kept.used.len() >= 100 && kept.used.contains_key(&id(2999)) && kept.more.len() == 1);
    }
}
