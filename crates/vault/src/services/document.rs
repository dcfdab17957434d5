//! The record of services, read: fields `service:ID:on`, `service:ID:credential` and `service:ID:set:KEY`, and of policies
//! `policy:SCOPE`.

use std::collections::{BTreeMap, BTreeSet};

use keymoor_cache::View;
use keymoor_protocol::RecordId;

use crate::content::{Content, Entry, Meta, Value, field};
use crate::error::Error;
use crate::find;
use crate::keys::Keys;
use crate::policies::Policies;

/// All such records together. Two devices that set something up unseen of each other made one each: what they say of a field
/// stands side by side, as in one record that both had written, and the highest stamp is in use.
#[derive(Default)]
pub(crate) struct Document {
    /// What an action changed, by field; empty removes it. It settles what stood side by side.
    pub(crate) changed: BTreeMap<String, String>,
    /// Whether it is a version of its own even where it says what was there.
    pub(crate) insists: bool,
    /// What takes the place of the value in use, beside the others: no choice of the user's between them.
    exchanged: BTreeMap<String, String>,
    /// Sorted by id.
    records: Vec<(RecordId, Meta)>,
    fields: BTreeMap<String, BTreeSet<Entry>>,
}

/// Which of a record's fields an action writes.
pub(crate) struct Share {
    /// Each has this one value from now on; an empty one is none.
    pub(crate) set: BTreeMap<String, String>,
    /// A value that gives way, and to which, if to any in this record; the others stay.
    pub(crate) exchanged: BTreeMap<String, (String, Option<String>)>,
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
            if meta.is_credential() {
                continue;
            }
            found.take(id, meta);
        }
        Ok(found)
    }

    fn take(&mut self, id: RecordId, meta: Meta) {
        for (name, entries) in &meta.fields {
            self.fields.entry(name.clone()).or_default().extend(entries.iter().cloned());
        }
        self.records.push((id, meta));
    }

    /// The record that takes what is new: the one with the smallest id.
    pub(crate) fn home(&self) -> Option<RecordId> {
        self.records.first().map(|(id, _)| *id)
    }

    /// All of them, sorted by id.
    pub(crate) fn ids(&self) -> impl Iterator<Item = RecordId> {
        self.records.iter().map(|(id, _)| *id)
    }

    /// What is to be written to a record. What is set is said by the first alone, so that it has one value everywhere.
    pub(crate) fn share_of(&self, record: Option<RecordId>) -> Share {
        let is_home = record == self.home();
        let meta = self.records.iter().find(|(id, _)| Some(*id) == record).map(|(_, meta)| meta);
        let has = |name: &str| meta.is_some_and(|meta| meta.fields.contains_key(name));
        let set = self.changed.iter().filter(|(name, _)| is_home || has(name));
        let set = set.map(|(name, text)| (name.clone(), if is_home { text.clone() } else { String::new() }));
        let exchanged = self.exchanged.iter().filter_map(|(name, to)| {
            let (here, all) = (meta?.fields.get(name)?, self.fields.get(name)?);
            let from = all.last()?.value.text();
            let has = here.iter().any(|entry| entry.value.text() == from);
            has.then(|| (name.clone(), (from.to_owned(), (here.last() == all.last()).then(|| to.clone()))))
        });
        Share { set: set.collect(), exchanged: exchanged.collect() }
    }

    /// Whether an action has anything to write.
    pub(crate) fn is_changed(&self) -> bool {
        !self.changed.is_empty() || !self.exchanged.is_empty()
    }

    /// Every service that was ever set up.
    pub(crate) fn services(&self) -> BTreeSet<String> {
        let names = self.fields.keys().chain(self.changed.keys());
        names
            .filter_map(|name| Some(name.strip_prefix(field::SERVICE)?.split(':').next()?.to_owned()))
            .collect()
    }

    /// Of on and off, set on two devices at once, off counts: no program gets a key that its user took from it.
    pub(crate) fn is_on(&self, service: &str) -> bool {
        !self.is_off(service) && self.text(&on(service)).as_deref() == Some(YES)
    }

    /// Switched off by the user; not the same as never set up.
    pub(crate) fn is_off(&self, service: &str) -> bool {
        let name = on(service);
        match self.changed.get(&name) {
            Some(changed) => changed == NO,
            None => self.fields.get(&name).into_iter().flatten().any(|entry| entry.value.text() == NO),
        }
    }

    pub(crate) fn setting(&self, service: &str, key: &str) -> Option<String> {
        self.text(&setting(service, key))
    }

    pub(crate) fn chosen(&self, service: &str) -> Option<Chosen> {
        Chosen::of(&self.text(&credential(service))?)
    }

    /// All that were chosen, on one device or another, the one in use first.
    pub(crate) fn choices(&self, service: &str) -> Vec<Chosen> {
        self.texts(&credential(service)).iter().filter_map(|text| Chosen::of(text)).collect()
    }

    pub(crate) fn turn(&mut self, service: &str, to: bool) {
        self.changed.insert(on(service), if to { YES } else { NO }.to_owned());
    }

    pub(crate) fn choose(&mut self, service: &str, id: RecordId, title: &str) {
        self.changed.insert(credential(service), Chosen::text(id, title));
    }

    /// Has a service use another in place of the one that it uses. What another device chose at the same time stays beside it.
    pub(crate) fn exchange(&mut self, service: &str, id: RecordId, title: &str) {
        self.exchanged.insert(credential(service), Chosen::text(id, title));
    }

    pub(crate) fn set(&mut self, service: &str, key: &str, value: &str) {
        self.changed.insert(setting(service, key), value.to_owned());
    }

    /// How old secrets may become. Of what two devices set unseen of each other the strictest counts: a limit that a user set
    /// never goes in silence.
    pub(crate) fn policies(&self) -> Policies {
        let kept = (self.fields.iter())
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

    /// What a policy was set to at the same time, the strictest first, by its scope's word; only where that differs.
    pub(crate) fn policy_conflicts(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        self.fields.keys().filter_map(|name| {
            let mut days = self.texts(name);
            days.sort_by_key(|days| days.parse::<u32>().unwrap_or(u32::MAX));
            Some((name.strip_prefix(field::POLICY)?, days)).filter(|(_, days)| days.len() > 1)
        })
    }

    /// The fields of a service that have several values, but for its credential, each with the one in use first.
    pub(crate) fn conflicts(&self, service: &str) -> BTreeMap<String, Vec<String>> {
        let prefix = format!("service:{service}:");
        let conflict = |name: &String| {
            let short = name.strip_prefix(&prefix)?;
            let mut texts = self.texts(name);
            if short == ON {
                texts.sort_unstable(); // no, yes
            }
            let of_use = texts.len() > 1 && short != CREDENTIAL;
            let short = short.strip_prefix("set:").unwrap_or(short);
            of_use.then(|| (short.to_owned(), texts.into_iter().map(str::to_owned).collect()))
        };
        self.fields.keys().filter_map(conflict).collect()
    }

    fn text(&self, name: &str) -> Option<String> {
        let changed = self.changed.get(name).map(String::as_str);
        changed
            .or_else(|| self.texts(name).first().copied())
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    }

    /// The values of a field, each once, the highest stamp first.
    fn texts(&self, name: &str) -> Vec<&str> {
        let mut texts: Vec<&str> = Vec::new();
        for entry in self.fields.get(name).into_iter().flatten().rev() {
            let text = entry.value.text();
            if !text.is_empty() && !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    }
}

impl Chosen {
    fn of(text: &str) -> Option<Self> {
        let (id, title) = text.split_once(' ')?;
        Some(Self { id: id.parse().ok(), title: title.to_owned() })
    }

    fn text(id: RecordId, title: &str) -> String {
        format!("{id} {title}")
    }
}

/// What a record of services says differently, in the words of the activity: `service openai, policy all`.
pub(crate) fn differing(meta: &Meta) -> String {
    let what = |name: &str| match name.strip_prefix(field::SERVICE) {
        Some(rest) => format!("service {}", rest.split(':').next().unwrap_or(rest)),
        None => name.replacen(':', " ", 1),
    };
    let names: BTreeSet<String> = meta.alternates().map(|(name, _)| what(name)).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// The content of a record that comes along to another account, where its credentials have other ids. Any other record is as
/// it was.
pub(crate) fn moved(mut content: Content, new_ids: &BTreeMap<RecordId, RecordId>) -> Content {
    if content.meta.is_credential() {
        return content;
    }
    let chosen = |name: &str| name.starts_with(field::SERVICE) && name.ends_with(&format!(":{CREDENTIAL}"));
    for (_, entries) in content.meta.fields.iter_mut().filter(|(name, _)| chosen(name)) {
        let moved = |entry: Entry| {
            let text = Chosen::of(entry.value.text())
                .and_then(|chosen| Some(Chosen::text(*new_ids.get(&chosen.id?)?, &chosen.title)));
            let value = text.map(|text| Value::Text(text).with(entry.value.parts().1.to_vec()));
            Entry { stamp: entry.stamp, value: value.unwrap_or(entry.value) }
        };
        *entries = std::mem::take(entries).into_iter().map(moved).collect();
    }
    content
}

const ON: &str = "on";
const CREDENTIAL: &str = "credential";
const YES: &str = "yes";
const NO: &str = "no";

fn on(service: &str) -> String {
    format!("service:{service}:{ON}")
}

fn credential(service: &str) -> String {
    format!("service:{service}:{CREDENTIAL}")
}

fn setting(service: &str, key: &str) -> String {
    format!("service:{service}:set:{key}")
}

#[cfg(test)]
mod tests {
    use keymoor_protocol::ActorId;

    use super::*;

    const CHOICE: &str = "service:openai:credential";

    fn record(n: u8, set: &[(&str, &str)]) -> (RecordId, Content) {
        let mut action = Content::empty([n; 16], 0).act(ActorId([n; 16]), 1);
        action.set_text(field::KIND, field::SERVICES);
        for (name, text) in set {
            action.set_text(name, text);
        }
        (RecordId([n; 16]), action.finish())
    }

    fn document(records: &[(RecordId, Content)]) -> Document {
        let mut found = Document::default();
        for (id, content) in records {
            found.take(*id, content.meta.clone());
        }
        found
    }

    fn written(records: &[(RecordId, Content)], document: &Document) -> Vec<(RecordId, Content)> {
        let after = |(id, content): &(RecordId, Content)| {
            let Share { set, exchanged } = document.share_of(Some(*id));
            let mut action = content.clone().act(ActorId([9; 16]), 2);
            set.iter().for_each(|(name, text)| action.set_text(name, text));
            exchanged.iter().for_each(|(name, (from, to))| action.exchange(name, from, to.as_deref()));
            (*id, action.finish())
        };
        records.iter().map(after).collect()
    }

    fn choice(n: u8) -> String {
        Chosen::text(RecordId([n; 16]), &format!("openai/{n}"))
    }

    fn titles(document: &Document) -> Vec<String> {
        document.choices("openai").into_iter().map(|chosen| chosen.title).collect()
    }

    #[test]
    fn two_records_are_read_as_one_and_what_is_set_again_has_one_value() {
        let (one, two) = (choice(1), choice(2));
        let records = [
            record(1, &[(CHOICE, &one), ("service:openai:on", "yes"), ("policy:all", "365")]),
            record(
                2,
                &[(CHOICE, &two), ("service:openai:on", "no"), ("policy:all", "30"), ("service:x:on", "yes")],
            ),
        ];
        let mut read = document(&records);
        assert_eq!(titles(&read), ["openai/2", "openai/1"], "the highest stamp first");
        assert!(read.is_off("openai") && !read.is_on("openai") && read.is_on("x"));
        assert_eq!(
            read.conflicts("openai"),
            [("on".to_owned(), vec!["no".to_owned(), "yes".to_owned()])].into()
        );
        assert_eq!(read.policy_conflicts().collect::<Vec<_>>(), [("all", vec!["30", "365"])]);

        read.choose("openai", RecordId([1; 16]), "openai/1");
        read.turn("openai", true);
        read.limit("all", "365");
        let settled = document(&written(&records, &read));
        assert_eq!(titles(&settled), ["openai/1"]);
        assert!(settled.is_on("openai") && settled.is_on("x") && settled.conflicts("openai").is_empty());
        assert_eq!(settled.policy_conflicts().count(), 0);
        assert_eq!(settled.text("policy:all").as_deref(), Some("365"));
    }

    #[test]
    fn what_takes_the_place_of_a_chosen_one_is_no_choice_between_two() {
        let (one, two) = (choice(1), choice(2));
        let records =
            [record(1, &[(CHOICE, &one)]), record(2, &[(CHOICE, &two)]), record(0, &[(CHOICE, &two)])];
        let mut read = document(&records);
        read.exchange("openai", RecordId([3; 16]), "openai/3");
        assert_eq!(titles(&document(&written(&records, &read))), ["openai/3", "openai/1"]);
    }

    #[test]
    fn a_choice_has_its_credentials_new_id_after_a_join() {
        let (id, content) = record(1, &[(CHOICE, &choice(1))]);
        let moved = moved(content, &[(RecordId([1; 16]), RecordId([7; 16]))].into());
        assert_eq!(document(&[(id, moved)]).chosen("openai").unwrap().id, Some(RecordId([7; 16])));
    }
}
