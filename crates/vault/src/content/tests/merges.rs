//! The merge: in any order the same, and nothing is lost.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::histories::{ACTORS, Deed, Named, World, deed, entries, histories};
use crate::content::{Content, field, merge};

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_merges_does_not_matter(history in histories()) {
        let [a, b, c] = World::after(&history).copies;
        prop_assert!(same(&merge(&a, &b), &merge(&b, &a)), "commutative");
        prop_assert!(same(&merge(&merge(&a, &b), &c), &merge(&a, &merge(&b, &c))), "associative");
        prop_assert!(same(&merge(&a, &a), &a), "idempotent");
        let all = merge(&merge(&a, &b), &c);
        prop_assert!(same(&merge(&all, &b), &all), "what was merged adds nothing");
    }

    #[test]
    fn nothing_is_lost_and_nothing_replaced_comes_back(history in histories()) {
        let world = World::after(&history);
        let merged = world.merged();
        let there = entries(&merged);
        let expected: BTreeSet<Named> = world.written.difference(&world.replaced).cloned().collect();
        prop_assert_eq!(&there, &expected);
        prop_assert!(merged.is_whole(), "every key that a value names is there");
        for copy in &world.copies {
            prop_assert!(copy.is_whole());
        }
    }

    #[test]
    fn an_unseen_edit_survives_a_delete_and_a_seen_one_does_not(history in histories(), last in deed(), seen in any::<bool>()) {
        let world = World::after(&history);
        let deleted = world.copies[0].clone().delete(ACTORS[0], 99);
        prop_assert!(deleted.meta.deleted());
        let mut edited = world.clone();
        edited.act(1, last);
        let after = &edited.copies[1];
        // A deed that is one: a merge, a restore of what is not deleted and a settling of nothing write nothing.
        let wrote = after.meta.seen.get(&ACTORS[1]) > world.copies[1].meta.seen.get(&ACTORS[1]);
        let is_delete = matches!(last, Deed::Delete);
        let merged = merge(&deleted, after);
        if wrote && !is_delete {
            prop_assert!(!merged.meta.deleted(), "the edit was not seen");
            for named in entries(after).difference(&entries(&world.copies[1])) {
                prop_assert!(entries(&merged).contains(named));
            }
        }
        if seen {
            let gone = merge(&world.merged(), after).delete(ACTORS[2], 100);
            prop_assert!(merge(&gone, after).meta.deleted(), "the deleter had seen it all");
            prop_assert!(merge(after, &gone).meta.deleted());
        }
    }

    #[test]
    fn an_edit_of_a_credential_in_use_leaves_it_in_use(history in histories(), last in deed()) {
        let mut world = World::after(&history);
        let before = world.copies[2].meta.deleted();
        world.act(2, last);
        if !before && !matches!(last, Deed::Delete | Deed::Merge(_)) {
            prop_assert!(!world.copies[2].meta.deleted());
        }
    }
}

fn same(a: &Content, b: &Content) -> bool {
    a.meta == b.meta && a.secrets.keys().eq(b.secrets.keys())
}

#[test]
fn an_emptied_note_that_the_deleter_had_not_seen_keeps_the_credential() {
    let [base, ..] = World::new().copies;
    let mut action = base.act(ACTORS[0], 2);
    action.set_text(field::NOTE, "a note");
    let base = action.finish();
    let deleted = base.clone().delete(ACTORS[1], 3);
    let mut action = base.act(ACTORS[2], 3);
    action.set_text(field::NOTE, "");
    let merged = merge(&deleted, &action.finish());
    assert!(!merged.meta.deleted());
    assert_eq!(merged.meta.text(field::NOTE), "");
    // And what brought it back may go again without taking it along.
    let mut action = merged.act(ACTORS[0], 4);
    action.set_text(field::NOTE, "");
    assert!(!action.finish().meta.deleted());
}

#[test]
fn two_devices_that_write_the_same_value_leave_nothing_to_settle() {
    let [a, b, _] = World::new().copies;
    let note = |content: Content, actor, text: &str| {
        let mut action = content.act(actor, 2);
        action.set_text(field::NOTE, text);
        action.finish()
    };
    let equal = merge(&note(a.clone(), ACTORS[0], "same"), &note(b.clone(), ACTORS[1], "same"));
    assert_eq!(equal.meta.alternates().count(), 0);
    let other = merge(&note(a, ACTORS[0], "one"), &note(b, ACTORS[1], "two"));
    assert_eq!(
        other.meta.alternates().map(|(name, entries)| (name, entries.len())).collect::<Vec<_>>(),
        [("note", 2)]
    );
    assert_eq!(other.meta.text(field::NOTE), "two", "the higher actor's, on every device");
}
