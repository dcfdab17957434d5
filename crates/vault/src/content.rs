//! What a record says, and the merge of two devices' versions of it: by causality, never by a clock.
//!
//! A content carries what it has *seen* (`{actor: counter}`), per field a set of values with stamps (counter, actor), and
//! *removed*: what whoever deleted it had seen. Merging two contents needs no common ancestor, and its order does not
//! matter (dotted version vectors, Preguiça and others 2012). One value in a field is the normal case; several are
//! alternates, all kept, the highest stamp shown, until the user settles it with one action.
//!
//! Pure: no clock, no randomness, no I/O. [`Meta`] is what a list shows; [`Content`] has the secrets, too.

pub(crate) mod edit;
pub(crate) mod fingerprint;
pub(crate) mod glance;
pub(crate) mod payload;
pub(crate) mod shown;
#[cfg(test)]
mod tests;
mod value;
pub(crate) mod version;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use keymoor_protocol::ActorId;
use secrecy::{ExposeSecret as _, SecretString};

use crate::rules::{Rule, kept};
pub(crate) use value::{Carried, Shadow, Value};

/// Which edits went into something: for each actor the highest counter.
pub(crate) type Seen = BTreeMap<ActorId, u64>;

/// When a value was written, in causal order: 1 + the highest counter that its author had seen in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp {
    pub(crate) counter: u64,
    pub(crate) actor: ActorId,
}

/// Names a secret inside its record: HMAC-SHA256 under the record's own salt, cut to 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fingerprint(pub(crate) [u8; 16]);

/// A value and when it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) stamp: Stamp,
    pub(crate) value: Value,
}

/// The fields of the merge. Open fields of a credential are `field:NAME`.
pub(crate) mod field {
    pub(crate) const PROVIDER: &str = "provider";
    pub(crate) const NAME: &str = "name";
    pub(crate) const NOTE: &str = "note";
    pub(crate) const KEY: &str = "key";
    /// A set: every entry is a label, not an alternate.
    pub(crate) const LABELS: &str = "labels";
    pub(crate) const OPEN: &str = "field:";
    /// What the record is, if it is no credential.
    pub(crate) const KIND: &str = "kind";
    /// The [`KIND`] of the record that says which services are set up.
    pub(crate) const SERVICES: &str = "services";
    /// What that record's other fields begin with.
    pub(crate) const SERVICE: &str = "service:";
    /// `yes`: used only where no other credential of its provider is.
    pub(crate) const FALLBACK: &str = "fallback";
    /// `yes`: kept, and used by nothing.
    pub(crate) const OFF: &str = "off";
    /// In the new key of a rotation: `for ID TITLE`, the credential whose place it is to take; then `after ID TITLE`, the one
    /// whose place it took and which is to be revoked. Gone when the rotation is over.
    pub(crate) const ROTATES: &str = "rotates";
    /// In the new key, with `after`: names the values of the one that it replaced, so that a key which was put in its place later
    /// is not revoked for it.
    pub(crate) const RETIRES: &str = "retires";
    /// When it expires, as the user said (RFC 3339). It goes with the secret that it was said of.
    pub(crate) const EXPIRES: &str = "expires";
    /// When the secret that is shown was put in, milliseconds since 1970. Never an alternate: it goes with its secret.
    pub(crate) const SINCE: &str = "since";
    /// What the policies begin with, in the record of services.
    pub(crate) const POLICY: &str = "policy:";

    /// Whether this version knows what it means.
    pub(crate) fn is_known(name: &str) -> bool {
        [PROVIDER, NAME, NOTE, KEY, LABELS, KIND, FALLBACK, OFF, EXPIRES, SINCE, ROTATES, RETIRES]
            .contains(&name)
            || [OPEN, SERVICE, POLICY].iter().any(|prefix| name.starts_with(prefix))
    }
}

/// Everything but the secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) seen: Seen,
    /// What whoever deleted it had seen; empty if nobody did.
    pub(crate) removed: Seen,
    pub(crate) fields: BTreeMap<String, BTreeSet<Entry>>,
    /// The key of the fingerprints, made with the record.
    pub(crate) salt: [u8; 16],
    /// Milliseconds since 1970, by the clock of whoever it was. Information only.
    pub(crate) created: u64,
    pub(crate) updated: u64,
    /// Top-level members that this version does not know; carried along.
    pub(crate) unknown: BTreeMap<String, serde_json::Value>,
}

/// The secrets of a record by fingerprint. Shared, never copied.
pub(crate) type Secrets = BTreeMap<Fingerprint, Arc<SecretString>>;

/// A record, opened.
#[derive(Clone)]
pub(crate) struct Content {
    pub(crate) meta: Meta,
    pub(crate) secrets: Secrets,
    /// Of the envelopes that it was opened from. What is newer than [`payload::schema()`] is read and never sealed.
    pub(crate) schema: u16,
}

impl Meta {
    /// The highest counter: the version that users see.
    pub(crate) fn version(&self) -> u64 {
        self.seen.values().copied().max().unwrap_or(0)
    }

    /// In the trash: whoever deleted it had seen every edit. One that he had not seen brings it back whole, also one that
    /// left no value behind, such as a note that was emptied.
    pub(crate) fn deleted(&self) -> bool {
        let covered = |(actor, counter): (&ActorId, &u64)| self.removed.get(actor) >= Some(counter);
        !self.removed.is_empty() && (self.seen.iter().all(covered) || !kept(Rule::DeletesCoverSeen))
    }

    /// Every value of every field.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.fields.values().flatten()
    }

    /// The value that is shown: the one with the highest stamp.
    pub(crate) fn shown(&self, field: &str) -> Option<&Value> {
        self.fields.get(field)?.last().map(|entry| &entry.value)
    }

    /// The text that is shown, or nothing.
    pub(crate) fn text(&self, field: &str) -> &str {
        self.shown(field).map_or("", Value::text)
    }

    /// Whether it is a credential. What this version does not know otherwise is one, so that nothing is hidden.
    pub(crate) fn is_credential(&self) -> bool {
        self.text(field::KIND) != field::SERVICES
    }

    /// Provider and name, as they are shown.
    pub(crate) fn title(&self) -> String {
        if !self.is_credential() {
            return field::SERVICES.to_owned();
        }
        format!("{}/{}", self.text(field::PROVIDER), self.text(field::NAME))
    }

    /// The secret fields that are shown.
    pub(crate) fn key(&self) -> Option<&BTreeMap<String, Shadow>> {
        self.shown(field::KEY)?.key()
    }

    /// The open fields that are shown.
    pub(crate) fn open_fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.keys().filter_map(|name| Some((name.strip_prefix(field::OPEN)?, self.text(name))))
    }

    /// The names of its fields, the secret ones first.
    pub(crate) fn field_names(&self) -> Vec<String> {
        let secret = self.key().into_iter().flat_map(BTreeMap::keys).cloned();
        secret.chain(self.open_fields().map(|(name, _)| name.to_owned())).collect()
    }

    /// The labels.
    pub(crate) fn labels(&self) -> BTreeSet<&str> {
        let texts = self.fields.get(field::LABELS).into_iter().flatten().map(|entry| entry.value.text());
        texts.filter(|text| !text.is_empty()).collect()
    }

    /// Fields with more than one value, which the user has to settle. The same value written twice is one.
    pub(crate) fn alternates(&self) -> impl Iterator<Item = (&str, &BTreeSet<Entry>)> {
        let several = |(name, entries): &(&String, &BTreeSet<Entry>)| {
            let first = entries.first().map(|entry| &entry.value);
            ![field::LABELS, field::SINCE].contains(&name.as_str())
                && entries.iter().any(|entry| Some(&entry.value) != first)
        };
        self.fields.iter().filter(several).map(|(name, entries)| (name.as_str(), entries))
    }

    /// Whether its secrets or open fields have more than one value: those in use may be of two changes, and not go together.
    pub(crate) fn is_mixed(&self) -> bool {
        self.alternates().any(|(name, _)| name == field::KEY || name.starts_with(field::OPEN))
    }

    /// Whether both show and hold the same, whoever wrote it and when.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let values = |meta: &Self| -> BTreeMap<String, BTreeSet<Value>> {
            let of = |entries: &BTreeSet<Entry>| entries.iter().map(|entry| entry.value.clone()).collect();
            meta.fields.iter().map(|(name, entries)| (name.clone(), of(entries))).collect()
        };
        self.deleted() == other.deleted() && values(self) == values(other)
    }

    /// The fingerprints that its values name.
    pub(crate) fn fingerprints(&self) -> BTreeSet<Fingerprint> {
        let keys = self.entries().filter_map(|entry| entry.value.key());
        keys.flat_map(BTreeMap::values).map(|shadow| shadow.fingerprint).collect()
    }
}

impl Content {
    /// Whether every secret that its values name is there. Only such a content may be sealed.
    pub(crate) fn is_whole(&self) -> bool {
        self.meta.fingerprints().iter().all(|fingerprint| self.secrets.contains_key(fingerprint))
    }

    /// Whether a newer version of Keymoor wrote it.
    pub(crate) fn is_newer(&self) -> bool {
        self.schema > payload::schema()
    }

    /// Bytes of the fields that are shown: what a credential may hold 64 KiB of.
    pub(crate) fn shown_bytes(&self) -> usize {
        let secrets = self.meta.key().into_iter().flat_map(|parts| parts.values());
        // Exposed to be counted.
        let secrets =
            secrets.filter_map(|shadow| Some(self.secrets.get(&shadow.fingerprint)?.expose_secret().len()));
        let open = self.meta.open_fields().map(|(_, text)| text.len());
        secrets.sum::<usize>() + open.sum::<usize>()
    }

    /// Drops secrets that no value names any more.
    pub(crate) fn tidy(mut self) -> Self {
        let named = self.meta.fingerprints();
        self.secrets.retain(|fingerprint, _| named.contains(fingerprint));
        self
    }
}

/// Whether whoever had seen `seen` had seen the value written at `stamp`.
pub(crate) fn covers(seen: &Seen, stamp: &Stamp) -> bool {
    stamp.counter <= seen.get(&stamp.actor).copied().unwrap_or(0)
}

/// The merge: a value stays if both have it, or if the side that lacks it had not seen it.
///
/// Commutative, associative and idempotent.
pub(crate) fn merge(mine: &Content, theirs: &Content) -> Content {
    if !kept(Rule::MergeBySeen) {
        return if mine.meta.updated > theirs.meta.updated { mine.clone() } else { theirs.clone() };
    }
    let meta = merge_meta(&mine.meta, &theirs.meta);
    let mut secrets = mine.secrets.clone();
    secrets.extend(theirs.secrets.iter().map(|(fingerprint, secret)| (*fingerprint, Arc::clone(secret))));
    Content { meta, secrets, schema: mine.schema.max(theirs.schema) }.tidy()
}

fn merge_meta(mine: &Meta, theirs: &Meta) -> Meta {
    let none = BTreeSet::new();
    let names: BTreeSet<&String> = mine.fields.keys().chain(theirs.fields.keys()).collect();
    let merged = names.into_iter().map(|name| {
        let (a, b) = (mine.fields.get(name).unwrap_or(&none), theirs.fields.get(name).unwrap_or(&none));
        let stays = |entry: &&Entry, other: &BTreeSet<Entry>, seen: &Seen| {
            other.contains(*entry) || !covers(seen, &entry.stamp)
        };
        let kept: BTreeSet<Entry> = (a.iter().filter(|entry| stays(entry, b, &theirs.seen)))
            .chain(b.iter().filter(|entry| stays(entry, a, &mine.seen)))
            .cloned()
            .collect();
        (name.clone(), kept)
    });
    Meta {
        seen: union(&mine.seen, &theirs.seen),
        removed: union(&mine.removed, &theirs.removed),
        fields: merged.filter(|(_, entries)| !entries.is_empty()).collect(),
        salt: mine.salt.min(theirs.salt),
        created: mine.created.min(theirs.created),
        updated: mine.updated.max(theirs.updated),
        unknown: merge_unknown(&mine.unknown, &theirs.unknown),
    }
}

/// For each actor the higher counter.
fn union(a: &Seen, b: &Seen) -> Seen {
    let mut both = a.clone();
    for (actor, counter) in b {
        let known = both.entry(*actor).or_default();
        *known = (*known).max(*counter);
    }
    both
}

/// What nobody here understands is kept; of two values the one that sorts higher as JSON, so that the order of merges
/// does not matter. A later version keeps what changes in a field, where it has stamps.
fn merge_unknown(
    a: &BTreeMap<String, serde_json::Value>,
    b: &BTreeMap<String, serde_json::Value>,
) -> BTreeMap<String, serde_json::Value> {
    let mut both = a.clone();
    for (name, value) in b {
        let text = value.to_string();
        let higher = both.get(name).map(serde_json::Value::to_string).is_none_or(|known| known < text);
        if higher {
            both.insert(name.clone(), value.clone());
        }
    }
    both
}
