//! Edits: each is one action by one actor, with one new counter, and leaves the record's past readable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use keymoor_protocol::ActorId;
use secrecy::SecretString;

use super::fingerprint::shadow;
use super::payload::schema;
use super::{Content, Entry, Fingerprint, Meta, Secrets, Shadow, Stamp, Value, field};
use crate::care::since;
use crate::meant::first;

/// One action under way. Everything that it writes has the same stamp.
pub(crate) struct Action {
    content: Content,
    stamp: Stamp,
    now: u64,
    /// Since when it had the secret that was shown before the action.
    since: u64,
}

impl Content {
    /// A record without any value; `salt` must be random.
    pub(crate) fn empty(salt: [u8; 16], now: u64) -> Self {
        let meta = Meta {
            seen: BTreeMap::new(),
            removed: BTreeMap::new(),
            fields: BTreeMap::new(),
            salt,
            created: now,
            updated: now,
            unknown: BTreeMap::new(),
        };
        Self { meta, secrets: Secrets::new(), schema: schema() }
    }

    /// Begins an action by `actor`; `now` is information only.
    pub(crate) fn act(mut self, actor: ActorId, now: u64) -> Action {
        let stamp = Stamp { counter: 1 + self.meta.version(), actor };
        let since = since(&self.meta);
        self.meta.updated = self.meta.updated.max(now);
        Action { content: self, stamp, now, since }
    }

    /// Puts it into the trash. The values stay; what is covered is what this device had seen.
    pub(crate) fn delete(mut self, actor: ActorId, now: u64) -> Self {
        // The delete is an edit of its own in what was seen: a later restore then sorts above it.
        self = self.act(actor, now).finish();
        self.meta.removed = self.meta.seen.clone();
        self
    }
}

impl Action {
    /// Sets a field to one value, which settles its alternates; an empty text removes it.
    pub(crate) fn set_text(&mut self, name: &str, text: &str) {
        let values = if text.is_empty() { vec![] } else { vec![Value::Text(text.to_owned())] };
        self.write(name, values);
    }

    /// Makes the labels exactly these. Labels that stay keep their stamps, so that a concurrent removal still counts.
    pub(crate) fn set_labels(&mut self, labels: &BTreeSet<String>) {
        let mut entries = self.content.meta.fields.remove(field::LABELS).unwrap_or_default();
        let text = |entry: &Entry| entry.value.text().to_owned();
        entries.retain(|entry| labels.contains(&text(entry)));
        let present: BTreeSet<String> = entries.iter().map(text).collect();
        for label in labels.difference(&present) {
            entries.insert(Entry { stamp: self.stamp, value: Value::Text(label.clone()) });
        }
        if !entries.is_empty() {
            self.content.meta.fields.insert(field::LABELS.to_owned(), entries);
        }
    }

    /// Adds labels to those that are there.
    pub(crate) fn add_labels(&mut self, labels: &BTreeSet<String>) {
        let mut all: BTreeSet<String> = self.content.meta.labels().into_iter().map(str::to_owned).collect();
        all.extend(labels.iter().cloned());
        self.set_labels(&all);
    }

    /// Sets secret fields, and takes away those in `removed`; the others stay as they are shown. With another in the place of
    /// the one that is meant ([`crate::meant`]) the key is as old as this action, and when the former expires says nothing of
    /// it, also if that is kept under another name. One that comes beside those that were there, or only goes, changes neither.
    pub(crate) fn set_secrets(&mut self, parts: Vec<(String, SecretString)>, removed: &BTreeSet<String>) {
        let before = self.content.meta.shown(field::KEY).cloned();
        let mut key = before.as_ref().and_then(Value::key).cloned().unwrap_or_default();
        let named = |key: &BTreeMap<String, Shadow>| -> BTreeSet<(String, Fingerprint)> {
            key.iter().map(|(name, shadow)| (name.clone(), shadow.fingerprint)).collect()
        };
        let were = named(&key);
        for (name, secret) in parts {
            let shadow = shadow(&self.content.meta.salt, &secret);
            self.content.secrets.insert(shadow.fingerprint, Arc::new(secret));
            key.insert(name, shadow);
        }
        key.retain(|name, _| !removed.contains(name));
        let are = named(&key);
        let secrets = |parts: &BTreeSet<(String, Fingerprint)>| -> BTreeSet<Fingerprint> {
            parts.iter().map(|(_, fingerprint)| *fingerprint).collect()
        };
        let (old, new) = (secrets(&were), secrets(&are));
        let first = |parts: &BTreeSet<(String, Fingerprint)>| {
            let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
            first(self.content.meta.text(field::PROVIDER), &names).map(str::to_owned)
        };
        let meant =
            first(&were).and_then(|name| if key.contains_key(&name) { Some(name) } else { first(&are) });
        let another = match meant.and_then(|name| key.get(&name)) {
            Some(shadow) => !old.contains(&shadow.fingerprint),
            None => {
                // Nobody knows which counts: one that gave way is enough.
                let stays = |part: &(String, Fingerprint)| are.contains(part) || !key.contains_key(&part.0);
                !new.is_subset(&old) && (!old.is_subset(&new) || old.is_empty() || !were.iter().all(stays))
            }
        };
        match before {
            Some(before) if !another => {
                // What says nothing new is no change, not even that it says since when.
                if are != were || self.settles(field::KEY) || self.content.meta.shown(field::SINCE).is_some()
                {
                    self.keep_dates(&before);
                }
            }
            _ => {
                let since = self.now.to_string();
                self.set_text(field::SINCE, &since);
                self.set_text(field::EXPIRES, "");
            }
        }
        self.write(field::KEY, vec![Value::Key(key)]);
    }

    /// Writes every value that there is again, alternates included: brings a record back from the trash.
    pub(crate) fn write_again(&mut self) {
        let names: Vec<String> = self.content.meta.fields.keys().cloned().collect();
        for name in names {
            let values = self.content.meta.fields[&name].iter().map(|entry| entry.value.clone()).collect();
            self.write(&name, values);
        }
        self.say_since(self.since);
    }

    /// Writes the values that an older content shows; what it lacked is removed.
    pub(crate) fn revert_to(&mut self, old: &Content) {
        let before = self.content.meta.clone();
        let names: BTreeSet<String> =
            self.content.meta.fields.keys().chain(old.meta.fields.keys()).cloned().collect();
        for name in names {
            let values = match name.as_str() {
                field::LABELS => old
                    .meta
                    .fields
                    .get(&name)
                    .into_iter()
                    .flatten()
                    .map(|entry| entry.value.clone())
                    .collect(),
                _ => old.meta.shown(&name).cloned().into_iter().collect(),
            };
            self.write(&name, values);
        }
        for (fingerprint, secret) in &old.secrets {
            self.content.secrets.entry(*fingerprint).or_insert_with(|| Arc::clone(secret));
        }
        if !before.says_the_same(&self.content.meta) {
            self.say_since(since(&old.meta));
        }
    }

    /// Makes one of a field's alternates its only value. With a secret go since when it is there, and when it expires.
    pub(crate) fn choose(&mut self, name: &str, value: Value) {
        if name == field::KEY {
            self.keep_dates(&value);
        }
        self.write(name, vec![value]);
    }

    /// Has one value of a field give way to another, which is shown then, or to none. The field's others stay as they are.
    pub(crate) fn exchange(&mut self, name: &str, from: &str, to: Option<&str>) {
        let mut entries = self.content.meta.fields.remove(name).unwrap_or_default();
        entries.retain(|entry| entry.value.text() != from);
        entries.extend(to.map(|to| Entry { stamp: self.stamp, value: Value::Text(to.to_owned()) }));
        if !entries.is_empty() {
            self.content.meta.fields.insert(name.to_owned(), entries);
        }
    }

    /// What there is now.
    pub(crate) fn meta(&self) -> &Meta {
        &self.content.meta
    }

    /// The content after the action.
    pub(crate) fn finish(mut self) -> Content {
        self.content.meta.seen.insert(self.stamp.actor, self.stamp.counter);
        #[cfg(feature = "newer-schema")]
        crate::newer_schema::invent(&mut self.content.meta, self.stamp);
        self.content.tidy()
    }

    /// Whether a field has several entries, of which one write leaves one.
    fn settles(&self, name: &str) -> bool {
        self.content.meta.fields.get(name).is_some_and(|entries| entries.len() > 1)
    }

    /// Before one of the secrets that are there becomes the only one: what was said of the others goes, and what was said of
    /// this one, or of none in particular, is written with it.
    fn keep_dates(&mut self, key: &Value) {
        let meta = &self.content.meta;
        let of = |name: &str| meta.fields.get(name).into_iter().flatten();
        let stamps = |this: bool| -> BTreeSet<Stamp> {
            of(field::KEY).filter(|entry| (entry.value == *key) == this).map(|entry| entry.stamp).collect()
        };
        let (own, others) = (stamps(true), stamps(false));
        // Back from the trash both have one stamp: then nobody knows whose it is, and nothing goes.
        let others = &others - &own;
        let kept = |name: &'static str| of(name).filter(|entry| !others.contains(&entry.stamp));
        let expires: Vec<Value> = kept(field::EXPIRES).map(|entry| entry.value.clone()).collect();
        let with_it = of(field::SINCE).find(|entry| own.contains(&entry.stamp));
        let since = match with_it.or_else(|| kept(field::SINCE).next_back()) {
            Some(entry) => entry.value.clone(),
            // From before it was written down.
            None if meta.shown(field::KEY) == Some(key) && meta.shown(field::SINCE).is_none() => {
                Value::Text(self.since.to_string())
            }
            None => Value::Text(meta.created.to_string()),
        };
        self.write(field::EXPIRES, expires);
        self.write(field::SINCE, vec![since]);
    }

    /// Says since when it has its secret, where that was never written down: a secret that is written again is no younger.
    fn say_since(&mut self, since: u64) {
        if self.content.meta.key().is_some() && self.content.meta.shown(field::SINCE).is_none() {
            self.set_text(field::SINCE, &since.to_string());
        }
    }

    fn write(&mut self, name: &str, values: Vec<Value>) {
        let stamp = self.stamp;
        let entries: BTreeSet<Entry> = values.into_iter().map(|value| Entry { stamp, value }).collect();
        if entries.is_empty() {
            self.content.meta.fields.remove(name);
        } else {
            self.content.meta.fields.insert(name.to_owned(), entries);
        }
    }
}
