//! Generated histories of three copies of one record, and what an observer of all of them knows.

use std::collections::BTreeSet;

use keymoor_protocol::ActorId;
use proptest::prelude::*;

use crate::content::edit::Action;
use crate::content::{Content, Entry, field, merge};

pub(super) const ACTORS: [ActorId; 3] = [ActorId([1; 16]), ActorId([2; 16]), ActorId([3; 16])];
pub(super) const FIELDS: [&str; 4] = [field::NAME, field::NOTE, field::PROVIDER, "field:region"];
pub(super) const LABELS: [&str; 3] = ["prod", "test", "old"];
pub(super) const PARTS: [&str; 2] = ["secret", "token"];

#[derive(Debug, Clone, Copy)]
pub(super) enum Deed {
    Text(usize),
    Clear(usize),
    Secret(usize),
    AddLabel(usize),
    Labels(usize),
    Delete,
    Restore,
    Settle(usize),
    Revert(usize),
    Merge(usize),
}

pub(super) fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0..FIELDS.len()).prop_map(Deed::Text),
        1 => (0..FIELDS.len()).prop_map(Deed::Clear),
        2 => (0..PARTS.len()).prop_map(Deed::Secret),
        1 => (0..LABELS.len()).prop_map(Deed::AddLabel),
        1 => (0..1_usize << LABELS.len()).prop_map(Deed::Labels),
        2 => Just(Deed::Delete),
        1 => Just(Deed::Restore),
        2 => any::<usize>().prop_map(Deed::Settle),
        1 => (0..3_usize).prop_map(Deed::Revert),
        5 => (0..3_usize).prop_map(Deed::Merge),
    ]
}

pub(super) type Named = (String, Entry);

/// Three copies of one record, and what an observer of all of them knows.
#[derive(Clone)]
pub(super) struct World {
    pub(super) copies: [Content; 3],
    pub(super) written: BTreeSet<Named>,
    /// Values that somebody who saw them replaced or removed.
    pub(super) replaced: BTreeSet<Named>,
    deeds: u64,
}

impl World {
    pub(super) fn new() -> Self {
        let mut action = Content::empty([9; 16], 0).act(ACTORS[0], 1);
        action.set_text(field::PROVIDER, "openai");
        action.set_text(field::NAME, "work");
        action.set_secrets(vec![("secret".to_owned(), "sk-the-very-first-secret".into())], &BTreeSet::new());
        let first = action.finish();
        let written = entries(&first);
        Self { copies: [first.clone(), first.clone(), first], written, replaced: BTreeSet::new(), deeds: 1 }
    }

    pub(super) fn after(history: &[(usize, Deed)]) -> Self {
        let mut world = Self::new();
        history.iter().for_each(|(who, deed)| world.act(*who, *deed));
        world
    }

    pub(super) fn act(&mut self, who: usize, deed: Deed) {
        self.deeds += 1;
        let (now, text) = (self.deeds, format!("value {}", self.deeds));
        let before = self.copies[who].clone();
        let edit = |act: &dyn Fn(&mut Action)| {
            let mut action = before.clone().act(ACTORS[who], now);
            act(&mut action);
            action.finish()
        };
        let after = match deed {
            Deed::Text(at) => edit(&|action| action.set_text(FIELDS[at], &text)),
            Deed::Clear(at) => edit(&|action| action.set_text(FIELDS[at], "")),
            Deed::Secret(at) => edit(&|action| {
                action.set_secrets(
                    vec![(PARTS[at].to_owned(), format!("sk-{text} long").into())],
                    &BTreeSet::new(),
                )
            }),
            Deed::AddLabel(at) => edit(&|action| action.add_labels(&[LABELS[at].to_owned()].into())),
            Deed::Labels(bits) => {
                let some = LABELS.iter().enumerate().filter(|(at, _)| bits & (1 << at) != 0);
                edit(&|action| {
                    action.set_labels(&some.clone().map(|(_, label)| (*label).to_owned()).collect())
                })
            }
            Deed::Delete => before.clone().delete(ACTORS[who], now),
            Deed::Restore if before.meta.deleted() => edit(&|action| action.write_again()),
            Deed::Restore => return,
            Deed::Settle(n) => {
                let chosen = before.meta.alternates().next().map(|(name, entries)| {
                    let entry = entries.iter().nth(n % entries.len()).unwrap();
                    (name.to_owned(), entry.value.clone())
                });
                let Some((name, value)) = chosen else { return };
                edit(&|action| action.choose(&name, value.clone()))
            }
            Deed::Revert(from) => {
                let old = self.copies[from].clone();
                edit(&|action| action.revert_to(&old))
            }
            Deed::Merge(from) => {
                self.copies[who] = merge(&before, &self.copies[from]);
                return;
            }
        };
        let (had, has) = (entries(&before), entries(&after));
        self.written.extend(has.iter().cloned());
        self.replaced.extend(had.difference(&has).cloned());
        self.copies[who] = after;
    }

    pub(super) fn merged(&self) -> Content {
        self.copies.iter().skip(1).fold(self.copies[0].clone(), |all, copy| merge(&all, copy))
    }
}

pub(super) fn entries(content: &Content) -> BTreeSet<Named> {
    let fields = content.meta.fields.iter();
    fields.flat_map(|(name, entries)| entries.iter().map(|entry| (name.clone(), entry.clone()))).collect()
}

pub(super) fn histories() -> impl Strategy<Value = Vec<(usize, Deed)>> {
    prop::collection::vec((0..3_usize, deed()), 0..40)
}
