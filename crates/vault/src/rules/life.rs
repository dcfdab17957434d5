//! The lives of a cache: one that was put back from an older copy stamps under a new actor (rule 19).

use std::collections::{BTreeMap, BTreeSet};

use keymoor_protocol::ActorId;

use crate::content::{Content, Entry, Stamp, Value, covers, merge};
use crate::rules::{Rule, kept};

/// Whether the server's version shows that this cache, which stamps or stamped as `actor`, is an older copy of itself (a
/// disk image, lost power), so that it gives stamps twice: a counter that it never issued, or one of its stamps with another
/// value. Where the base is known, so does a stamp on one side alone although the other had seen it. (What was sent from here
/// and accepted is in the base by the time that this is asked. Without a base, what a server lost comes back from several
/// devices in several states, and only one of them is right about what was replaced.)
pub(crate) fn gave_twice(
    actor: ActorId,
    base: Option<&Content>,
    draft: Option<&Content>,
    incoming: &Content,
) -> bool {
    if !incoming.meta.seen.contains_key(&actor) || !kept(Rule::PutBackCachesAreNoticed) {
        return false;
    }
    let issued =
        |content: Option<&Content>| content.and_then(|c| c.meta.seen.get(&actor)).copied().unwrap_or(0);
    if issued(Some(incoming)) > issued(base).max(issued(draft)) {
        return true;
    }
    let own = |content: Option<&Content>| -> BTreeSet<(String, Entry)> {
        let fields = content.into_iter().flat_map(|content| &content.meta.fields);
        let entries = fields.flat_map(|(name, entries)| entries.iter().map(|e| (name.clone(), e.clone())));
        entries.filter(|(_, entry)| entry.stamp.actor == actor).collect()
    };
    let (known, mine, theirs) = (own(base), own(draft), own(Some(incoming)));
    // A stamp with two values is on each side alone, too, unless the base has it.
    let news = |of: &BTreeSet<(String, Entry)>, other: &BTreeSet<(String, Entry)>, seen: &Content| {
        of.iter()
            .any(|one| !known.contains(one) && !other.contains(one) && covers(&seen.meta.seen, &one.1.stamp))
    };
    let values = |set: &BTreeSet<(String, Entry)>| -> BTreeMap<(String, Stamp), BTreeSet<Value>> {
        let mut values: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (name, entry) in set {
            values.entry((name.clone(), entry.stamp)).or_default().insert(entry.value.clone());
        }
        values
    };
    let theirs_by_stamp = values(&theirs);
    let changed = values(&known)
        .iter()
        .any(|(stamp, value)| theirs_by_stamp.get(stamp).is_some_and(|there| there != value));
    let parted = || news(&mine, &theirs, incoming) || draft.is_some_and(|draft| news(&theirs, &mine, draft));
    changed || (base.is_some() && parted())
}

/// A draft whose own edits get new stamps from a new actor, because `old` may have given them twice. What `incoming` has
/// under the same stamp and with the same value is no edit any more: it arrived there in the cache's other life.
pub(crate) fn restamp(
    draft: &Content,
    base: Option<&Content>,
    incoming: &Content,
    old: ActorId,
    new: ActorId,
) -> Content {
    let mut content = draft.clone();
    let in_base = base.and_then(|base| base.meta.seen.get(&old)).copied().unwrap_or(0);
    // The lives parted after the last edit that is the same in both.
    let same = draft.meta.fields.iter().flat_map(|(field, mine)| {
        let theirs = incoming.meta.fields.get(field).into_iter().flatten();
        theirs
            .filter(|entry| entry.stamp.actor == old && mine.contains(entry))
            .map(|entry| entry.stamp.counter)
    });
    let acknowledged = same.max().unwrap_or(0).max(in_base);
    if draft.meta.seen.get(&old).copied().unwrap_or(0) <= acknowledged {
        return content; // no edit of this cache's: whatever `old` wrote, others know
    }
    let deleted = draft.meta.deleted();
    let stamp = Stamp { counter: 1 + draft.meta.version(), actor: new };
    let arrived = |field: &String, entry: &Entry| {
        let has = |content: &Content| content.meta.fields.get(field).is_some_and(|all| all.contains(entry));
        base.is_some_and(has) || has(incoming)
    };
    for (field, entries) in &mut content.meta.fields {
        let anew = |entry: Entry| match entry.stamp.actor == old && !arrived(field, &entry) {
            true => Entry { stamp, ..entry },
            false => entry,
        };
        *entries = std::mem::take(entries).into_iter().map(anew).collect();
    }
    // Nor was anything seen that `old` wrote in its other life: neither an edit nor a delete may cover that.
    for seen in [&mut content.meta.seen, &mut content.meta.removed] {
        if let Some(counter) =
            seen.remove(&old).map(|counter| counter.min(acknowledged)).filter(|counter| *counter > 0)
        {
            seen.insert(old, counter);
        }
    }
    if deleted || merge(&content, incoming).meta != incoming.meta {
        content.meta.seen.insert(new, stamp.counter);
    }
    if deleted {
        content.meta.removed.insert(new, stamp.counter);
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::field;
    use crate::rules::samples::*;

    #[test]
    fn an_older_copy_of_this_cache_is_noticed() {
        let base = first();
        let (v1, v2) = (note(&base, OLD, "one"), note(&note(&base, OLD, "one"), OLD, "two"));
        fn twice(base: Option<&Content>, draft: Option<&Content>, incoming: &Content) -> bool {
            gave_twice(OLD, base, draft, incoming)
        }
        assert!(!twice(Some(&base), Some(&v1), &v1), "its own edit");
        assert!(!twice(Some(&v1), Some(&v2), &v1), "an older one of its own, acknowledged");
        assert!(!twice(Some(&base), None, &note(&base, OTHER, "theirs")));
        assert!(!twice(Some(&v1), Some(&v1), &note(&v1, OTHER, "theirs")), "replaced since");
        assert!(twice(Some(&base), Some(&v1), &v2), "a counter that it never issued");
        assert!(twice(None, None, &v1), "of a record that it does not know");
        assert!(twice(Some(&base), Some(&v1), &note(&base, OLD, "another")), "one stamp, two values");
        let deleted = base.clone().delete(OLD, 3);
        assert!(twice(Some(&base), Some(&v1), &deleted), "a delete has the counter of the edit");
        assert!(twice(Some(&base), Some(&deleted), &v1), "an edit has the counter of the delete");
    }

    #[test]
    fn a_restamped_draft_says_the_same_and_collides_with_nothing() {
        let base = first();
        // The same cache in two lives: both gave the stamp (2, OLD).
        let (mine, other_life) = (note(&base, OLD, "mine"), note(&base, OLD, "other life"));
        let anew = restamp(&mine, Some(&base), &other_life, OLD, NEW);
        assert_eq!((anew.meta.text(field::NOTE), anew.meta.seen.get(&OLD)), ("mine", None));
        assert_eq!(
            anew.meta.fields[field::NAME],
            base.meta.fields[field::NAME],
            "what is acknowledged keeps its stamps"
        );
        let merged = merge(&anew, &other_life);
        let notes: Vec<_> = merged.meta.fields[field::NOTE].iter().map(|entry| entry.value.clone()).collect();
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(merged.is_whole());
    }

    #[test]
    fn restamping_moves_nothing_in_or_out_of_the_trash() {
        let base = first();
        let other_life = note(&base, OLD, "other life");
        let deleted = restamp(&base.clone().delete(OLD, 3), Some(&base), &other_life, OLD, NEW);
        assert!(deleted.meta.deleted());
        assert!(!merge(&deleted, &note(&base, OLD, "other life")).meta.deleted(), "which it had not seen");
        let back = restamp(&restored(base.clone().delete(OLD, 3), OLD), Some(&base), &other_life, OLD, NEW);
        assert!(!back.meta.deleted());
        assert!(back.is_whole());
        // A draft without an edit of this cache's is no edit afterwards either.
        let put_back = note(&base, OTHER, "theirs");
        assert_eq!(restamp(&put_back, Some(&base), &other_life, OLD, NEW).meta, put_back.meta);
        let unknown = restamp(&note(&Content::empty([9; 16], 0), OLD, "new"), None, &other_life, OLD, NEW);
        assert_eq!(unknown.meta.seen.keys().collect::<Vec<_>>(), [&NEW]);
    }

    #[test]
    fn what_arrived_in_the_other_life_is_no_edit_any_more() {
        let base = first();
        let draft = note(&base, OLD, "mine");
        let sent = draft.clone();
        let later = note(&sent, OTHER, "theirs, who had seen it");
        assert!(gave_twice(OLD, Some(&base), Some(&draft), &later));
        assert!(!gave_twice(OLD, Some(&draft), Some(&draft), &later));
        let anew = restamp(&draft, Some(&base), &sent, OLD, NEW);
        assert_eq!(merge(&anew, &sent).meta, sent.meta);
        // Whether what was replaced is the same edit, nobody can tell: it stands beside the newer one.
        let anew = restamp(&draft, Some(&base), &later, OLD, NEW);
        assert_eq!(merge(&anew, &later).meta.fields[field::NOTE].len(), 2);
    }
}
