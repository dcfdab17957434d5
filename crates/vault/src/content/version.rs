//! What a version is called: its number and a hash of what went into it. Numbers repeat where devices edit unseen of each
//! other; these names do not, and every device gives a version the same one.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::{Content, Entry, Meta, Stamp, Value};

/// What the hashes of versions begin with.
const DOMAIN: &[u8] = b"keymoor/v1/version";

/// One of the values that a version with alternates does not show: what the action of this stamp wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Alternate {
    pub(crate) stamp: Stamp,
    /// Which one, from 0 and from the highest, where one action wrote several values of a field (bringing a record with
    /// alternates back from the trash does).
    pub(crate) place: u32,
}

/// The name of a version that was never deleted, as it is shown: what went into it, sorted by actor.
pub(crate) fn id(version: u64, seen: impl Iterator<Item = ([u8; 16], u64)> + Clone) -> String {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    counters(&mut hash, seen);
    counters(&mut hash, std::iter::empty());
    hash.update([0]);
    named(version, hash)
}

impl Meta {
    /// The name of this version, as it is shown or as an alternate has it: `3-1f0c22ab`.
    pub(crate) fn version_id(&self, alternate: Option<Alternate>) -> String {
        let mut hash = Sha256::new();
        hash.update(DOMAIN);
        for seen in [&self.seen, &self.removed] {
            counters(&mut hash, seen.iter().map(|(actor, counter)| (actor.0, *counter)));
        }
        match alternate {
            None => hash.update([0]),
            Some(Alternate { stamp, place }) => {
                hash.update([1]);
                hash.update(stamp.counter.to_be_bytes());
                hash.update(stamp.actor.0);
                hash.update(place.to_be_bytes());
            }
        }
        named(self.version(), hash)
    }
}

impl Content {
    /// The version as each other device wrote it: where a field has alternates, the value of one stamp, and everything else
    /// as shown. The highest stamp comes first; none equals what is shown, or another.
    pub(crate) fn as_alternates(&self) -> Vec<(Alternate, Content)> {
        let conflicts: Vec<(&str, &BTreeSet<Entry>)> = self.meta.alternates().collect();
        let mut stamps: Vec<Stamp> =
            conflicts.iter().flat_map(|(_, entries)| entries.iter().map(|entry| entry.stamp)).collect();
        stamps.sort_unstable_by(|a, b| b.cmp(a));
        let mut found: Vec<(Alternate, Content)> = Vec::new();
        let mut told = vec![conflicts.iter().map(|(name, _)| self.meta.shown(name)).collect::<Vec<_>>()];
        for (at, stamp) in stamps.iter().enumerate() {
            let place = stamps[..at].iter().rev().take_while(|before| *before == stamp).count();
            let chosen: Vec<Option<&Entry>> =
                conflicts.iter().map(|(_, entries)| of_stamp(entries, stamp).nth(place)).collect();
            let values: Vec<Option<&Value>> = (conflicts.iter().zip(&chosen))
                .map(|((name, _), entry)| entry.map(|entry| &entry.value).or_else(|| self.meta.shown(name)))
                .collect();
            if told.contains(&values) {
                continue;
            }
            let mut content = self.clone();
            for ((name, _), entry) in conflicts.iter().zip(&chosen) {
                if let Some(entry) = entry {
                    content.meta.fields.insert((*name).to_owned(), [(*entry).clone()].into());
                }
            }
            told.push(values);
            found.push((Alternate { stamp: *stamp, place: place as u32 }, content));
        }
        found
    }
}

/// What one action wrote, the highest value first.
fn of_stamp<'e>(entries: &'e BTreeSet<Entry>, stamp: &Stamp) -> impl Iterator<Item = &'e Entry> {
    entries.iter().rev().filter(move |entry| entry.stamp == *stamp)
}

/// Sorted by actor.
fn counters(hash: &mut Sha256, seen: impl Iterator<Item = ([u8; 16], u64)> + Clone) {
    hash.update((seen.clone().count() as u32).to_be_bytes());
    for (actor, counter) in seen {
        hash.update(actor);
        hash.update(counter.to_be_bytes());
    }
}

fn named(version: u64, hash: Sha256) -> String {
    format!("{version}-{}", crate::show::hex(&hash.finalize()[..4]))
}

#[cfg(test)]
mod tests {
    use keymoor_protocol::ActorId;

    use super::*;
    use crate::content::{field, merge};

    const A: ActorId = ActorId([0xaa; 16]);
    const B: ActorId = ActorId([0xbb; 16]);

    fn first() -> Content {
        let mut action = Content::empty([7; 16], 0).act(A, 1);
        action.set_text(field::NAME, "work");
        action.finish()
    }

    fn note(content: &Content, actor: ActorId, text: &str) -> Content {
        let mut action = content.clone().act(actor, 2);
        action.set_text(field::NOTE, text);
        action.finish()
    }

    /// Of `docs/formats.md`; computed there without this code.
    #[test]
    fn the_names_are_those_of_the_format() {
        let mut meta = first().meta;
        meta.seen = [(A, 3), (B, 2)].into();
        assert_eq!(meta.version_id(None), "3-59ddf577");
        meta.removed = [(A, 2)].into();
        assert_eq!(meta.version_id(None), "3-6b8fce6a");
        meta.removed.clear();
        let stamp = Stamp { counter: 2, actor: B };
        assert_eq!(meta.version_id(Some(Alternate { stamp, place: 0 })), "3-59a6a6b5");
        assert_eq!(meta.version_id(Some(Alternate { stamp, place: 1 })), "3-7c0c1056");
    }

    #[test]
    fn one_number_on_two_devices_is_two_names_and_the_merge_is_named_alike() {
        let (a, b) = (note(&first(), A, "of a"), note(&first(), B, "of b"));
        assert_eq!((a.meta.version(), b.meta.version()), (2, 2));
        assert_ne!(a.meta.version_id(None), b.meta.version_id(None));
        let (here, there) = (merge(&a, &b), merge(&b, &a));
        assert_eq!(here.meta.version_id(None), there.meta.version_id(None));
        let names = |content: &Content| -> Vec<(String, String)> {
            let rows = content.as_alternates();
            rows.iter()
                .map(|(one, as_of)| {
                    (content.meta.version_id(Some(*one)), as_of.meta.text(field::NOTE).to_owned())
                })
                .collect()
        };
        assert_eq!(names(&here), names(&there));
        assert_eq!(names(&here).iter().map(|(_, note)| note.as_str()).collect::<Vec<_>>(), ["of a"]);
        assert!(first().as_alternates().is_empty());
    }

    #[test]
    fn fields_that_one_device_wrote_together_stay_together() {
        let both = |actor, name: &str, text: &str| {
            let mut action = first().act(actor, 2);
            action.set_text(field::NOTE, text);
            action.set_text(field::NAME, name);
            action.finish()
        };
        let merged = merge(&both(A, "name of a", "note of a"), &both(B, "name of b", "note of b"));
        let [(_, as_of_a)] = &merged.as_alternates()[..] else { panic!("one row for the other device") };
        assert_eq!(
            (as_of_a.meta.text(field::NAME), as_of_a.meta.text(field::NOTE)),
            ("name of a", "note of a")
        );
        assert_eq!(as_of_a.meta.alternates().count(), 0);
    }

    #[test]
    fn values_that_one_action_wrote_several_of_are_all_there() {
        let merged = [(A, "one"), (B, "two"), (ActorId([0xcc; 16]), "three")]
            .map(|(actor, text)| note(&first(), actor, text))
            .into_iter()
            .reduce(|all, one| merge(&all, &one))
            .unwrap();
        let mut action = merged.delete(A, 3).act(B, 4);
        action.write_again();
        let restored = action.finish();
        let mut notes: Vec<String> = restored
            .as_alternates()
            .iter()
            .map(|(_, as_of)| as_of.meta.text(field::NOTE).to_owned())
            .collect();
        notes.push(restored.meta.text(field::NOTE).to_owned());
        notes.sort();
        assert_eq!(notes, ["one", "three", "two"]);
        let ids: BTreeSet<String> =
            restored.as_alternates().iter().map(|(one, _)| restored.meta.version_id(Some(*one))).collect();
        assert_eq!(ids.len(), 2);
    }

    #[test]
    fn the_same_value_written_twice_is_told_once() {
        let merged = [(A, "same"), (B, "same"), (ActorId([0xcc; 16]), "other")]
            .map(|(actor, text)| note(&first(), actor, text))
            .into_iter()
            .reduce(|all, one| merge(&all, &one))
            .unwrap();
        assert_eq!(merged.as_alternates().len(), 1);
    }
}
