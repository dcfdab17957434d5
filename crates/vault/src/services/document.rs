//! The record of services, read: fields `service:ID:on`, `service:ID:credential` and `service:ID:set:KEY`, and of policies
//! `policy:SCOPE`.

use std::collections::{BTreeMap, BTreeSet};

use keymoor_cache::View;
use keymoor_protocol::RecordId;

use crate::content::{Meta, field};
use crate::error::Error;
use crate::find;
use crate::keys::Keys;
use crate::policies::Policies;

/// All such records together; where two say something of one field, that of the smaller id.
#[derive(Default)]
pub(crate) struct Document {
    /// The record that is written, and the others, which are taken into it.
    pub(crate) home: Option<RecordId>,
    pub(crate) others: Vec<RecordId>,
    /// What an action changed, by field; empty removes it.
    pub(crate) changed: BTreeMap<String, String>,
    /// Whether it is a version of its own even where it says what was there.
    pub(crate) insists: bool,
    metas: Vec<Meta>,
}

/// The credential that was chosen for a service. After a rebirth or a join it has another id, and is known by its name.
pub(crate) struct Chosen {
    pub(crate) id: Option<RecordId>,
    /// `provider/name`, as it was when it was chosen.
    pub(crate) title: String,
}

impl Document {
    pub(crate) fn read(view: &View<'_>, keys: &Keys) -> Result<Self, Error> {
        let mut found = Self::default();
        // It has neither provider nor name, and so its place in the index.
        for id in find::holders(view, keys, "", "")? {
            let Some(current) = view.current(id)? else { continue };
            let unreadable = |_| Error::Unreadable { id, homes: Vec::new() };
            let meta = keys.open_meta(current.record()).map_err(unreadable)?;
            if !meta.is_credential() {
                match found.home {
                    None => found.home = Some(id),
                    Some(_) => found.others.push(id),
                }
                found.metas.push(meta);
            }
        }
        Ok(found)
    }

    /// Every service that was ever set up.
    pub(crate) fn services(&self) -> BTreeSet<String> {
        let names = self.metas.iter().flat_map(|meta| meta.fields.keys()).chain(self.changed.keys());
        names
            .filter_map(|name| Some(name.strip_prefix(field::SERVICE)?.split(':').next()?.to_owned()))
            .collect()
    }

    pub(crate) fn is_on(&self, service: &str) -> bool {
        self.text(&on(service)).as_deref() == Some("yes")
    }

    /// Switched off by the user; not the same as never set up.
    pub(crate) fn is_off(&self, service: &str) -> bool {
        self.text(&on(service)).as_deref() == Some("no")
    }

    pub(crate) fn setting(&self, service: &str, key: &str) -> Option<String> {
        self.text(&setting(service, key))
    }

    pub(crate) fn chosen(&self, service: &str) -> Option<Chosen> {
        let text = self.text(&credential(service))?;
        let (id, title) = text.split_once(' ')?;
        Some(Chosen { id: id.parse().ok(), title: title.to_owned() })
    }

    pub(crate) fn turn(&mut self, service: &str, to: bool) {
        self.changed.insert(on(service), if to { "yes" } else { "no" }.to_owned());
    }

    pub(crate) fn choose(&mut self, service: &str, id: RecordId, title: &str) {
        self.changed.insert(credential(service), format!("{id} {title}"));
    }

    pub(crate) fn set(&mut self, service: &str, key: &str, value: &str) {
        self.changed.insert(setting(service, key), value.to_owned());
    }

    /// How old secrets may become. Of what two devices set unseen of each other the strictest counts: a limit that a user set
    /// never goes in silence.
    pub(crate) fn policies(&self) -> Policies {
        let kept = self.metas.iter().flat_map(|meta| &meta.fields);
        let kept = kept
            .filter(|(name, _)| !self.changed.contains_key(*name))
            .flat_map(|(name, entries)| entries.iter().map(move |entry| (name.as_str(), entry.value.text())));
        let changed = self.changed.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let all = kept.chain(changed);
        Policies::of(all.filter_map(|(name, days)| Some((name.strip_prefix(field::POLICY)?, days))))
    }

    /// Sets a policy; an empty one is none. Whoever says it means it, also where it is what was there: a looser one that another
    /// device sets unseen of it does not count alone.
    pub(crate) fn limit(&mut self, scope: &str, days: &str) {
        self.insists = true;
        self.changed.insert(format!("{}{scope}", field::POLICY), days.to_owned());
    }

    /// The fields of a service with several values.
    pub(crate) fn conflicts(&self, service: &str) -> BTreeMap<String, Vec<String>> {
        let prefix = format!("service:{service}:");
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, entries) in self.metas.iter().flat_map(Meta::alternates) {
            let Some(short) = name.strip_prefix(&prefix) else { continue };
            let texts = entries.iter().rev().map(|entry| entry.value.text().to_owned());
            let short = short.strip_prefix("set:").unwrap_or(short);
            found.entry(short.to_owned()).or_default().extend(texts);
        }
        found
    }

    fn text(&self, name: &str) -> Option<String> {
        let changed = self.changed.get(name).cloned();
        let kept = || self.metas.iter().map(|meta| meta.text(name)).find(|text| !text.is_empty());
        changed.or_else(|| kept().map(str::to_owned)).filter(|text| !text.is_empty())
    }

    /// Takes what only the other records say into the home, to be written with the change.
    pub(crate) fn gather(&mut self) {
        let Some((home, others)) = self.metas.split_first() else { return };
        let mut taken = BTreeMap::new();
        for meta in others {
            let ours = |name: &&String| [field::SERVICE, field::POLICY].iter().any(|it| name.starts_with(it));
            for name in meta.fields.keys().filter(ours) {
                if !home.fields.contains_key(name) && !self.changed.contains_key(name) {
                    taken.entry(name.clone()).or_insert_with(|| meta.text(name).to_owned());
                }
            }
        }
        if !others.is_empty() {
            taken.extend(self.policies().words());
        }
        for (name, value) in taken {
            self.changed.entry(name).or_insert(value);
        }
    }
}

fn on(service: &str) -> String {
    format!("service:{service}:on")
}

fn credential(service: &str) -> String {
    format!("service:{service}:credential")
}

fn setting(service: &str, key: &str) -> String {
    format!("service:{service}:set:{key}")
}
