//! Labels are a set: each comes and goes by itself.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::histories::{ACTORS, Named, World, entries, histories};
use crate::content::{Content, Value, merge};

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn labels_are_a_set(history in histories()) {
        let [mut a, b, _] = World::after(&history).copies;
        let (mine, theirs) = (labels(&a), labels(&b));
        let both = labels(&merge(&a, &b));
        prop_assert!(both.is_subset(&mine.union(&theirs).cloned().collect()));
        prop_assert!(mine.intersection(&theirs).all(|label| both.contains(label) || was_removed(&a, &b, label)));
        let mut action = a.clone().act(ACTORS[0], 99);
        action.add_labels(&["new".to_owned()].into());
        a = action.finish();
        prop_assert!(labels(&merge(&b, &a)).contains("new"), "an unseen label comes along");
        let mut action = a.clone().act(ACTORS[0], 100);
        action.set_labels(&BTreeSet::new());
        prop_assert!(!labels(&merge(&a, &action.finish())).contains("new"), "a removed one is gone");
    }
}

fn labels(content: &Content) -> BTreeSet<String> {
    content.meta.labels().into_iter().map(str::to_owned).collect()
}

/// Whether each side removed the other's entry of a label that both have: they wrote it with different stamps.
fn was_removed(a: &Content, b: &Content, label: &str) -> bool {
    let of = |content: &Content| -> BTreeSet<Named> {
        entries(content)
            .into_iter()
            .filter(|(_, entry)| entry.value == Value::Text(label.to_owned()))
            .collect()
    };
    of(a).is_disjoint(&of(b))
}
