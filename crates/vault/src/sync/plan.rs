//! What becomes of a record when the server's version of it arrives, and what to push next.

use std::collections::BTreeSet;

use keymoor_protocol::limits::{CHANGES_A_COMMIT, ENVELOPE_BYTES_A_COMMIT};
use keymoor_protocol::{ActorId, RecordId};

use crate::content::{Content, Entry, Seen, Stamp, merge};

/// What is left to push after the server's version became the base.
pub(crate) enum Left {
    /// Nothing: the base says it all.
    Nothing,
    /// A draft that says more than the base.
    Draft(Box<Content>),
}

/// Merges a draft with the server's version. There is no last writer: what either side had not seen stays.
pub(crate) fn take(draft: Option<&Content>, incoming: &Content) -> Left {
    let Some(draft) = draft else { return Left::Nothing };
    let merged = merge(draft, incoming);
    if merged.meta == incoming.meta { Left::Nothing } else { Left::Draft(Box::new(merged)) }
}

/// Whether the server's version shows `actor`, which is this cache, at a counter that it never issued, or one of its values
/// changed: the cache is an older copy of itself (a disk image, lost power), and its next stamps would be given twice.
pub(crate) fn rolled_back(actor: ActorId, known: &[&Content], incoming: &Content) -> bool {
    let issued = |content: &Content| content.meta.seen.get(&actor).copied().unwrap_or(0);
    let mine = known.iter().map(|content| issued(content)).max().unwrap_or(0);
    let own = |content: &Content| -> BTreeSet<(String, Entry)> {
        let fields = content.meta.fields.iter();
        let entries = fields.flat_map(|(name, entries)| entries.iter().map(|e| (name.clone(), e.clone())));
        entries.filter(|(_, entry)| entry.stamp.actor == actor).collect()
    };
    let changed = |content: &&Content| {
        let (here, there) = (own(content), own(incoming));
        let stamps = |set: &BTreeSet<(String, Entry)>| -> BTreeSet<(String, Stamp)> {
            set.iter().map(|(name, entry)| (name.clone(), entry.stamp)).collect()
        };
        let both: BTreeSet<_> = stamps(&here).intersection(&stamps(&there)).cloned().collect();
        let at = |set: &BTreeSet<(String, Entry)>| -> BTreeSet<(String, Entry)> {
            set.iter().filter(|(name, entry)| both.contains(&(name.clone(), entry.stamp))).cloned().collect()
        };
        at(&here) != at(&there)
    };
    issued(incoming) > mine || known.iter().any(changed)
}

/// A draft whose own edits get new stamps from a new actor, because `old` may have given them twice.
pub(crate) fn restamp(draft: &Content, base: Option<&Content>, old: ActorId, new: ActorId) -> Content {
    let mut content = draft.clone();
    let acknowledged = base.and_then(|base| base.meta.seen.get(&old)).copied().unwrap_or(0);
    if draft.meta.seen.get(&old).copied().unwrap_or(0) <= acknowledged {
        return content; // no edit of this cache's: whatever `old` wrote, others know
    }
    let deleted = draft.meta.deleted();
    let stamp = Stamp { counter: 1 + draft.meta.version(), actor: new };
    for (name, entries) in &mut content.meta.fields {
        let in_base = base.and_then(|base| base.meta.fields.get(name));
        *entries = std::mem::take(entries)
            .into_iter()
            .map(|entry| {
                let mine = entry.stamp.actor == old && !in_base.is_some_and(|known| known.contains(&entry));
                if mine { Entry { stamp, ..entry } } else { entry }
            })
            .collect();
    }
    // Nor was anything seen that `old` wrote in its other life: neither an edit nor a delete may cover that.
    for seen in [&mut content.meta.seen, &mut content.meta.removed] {
        if let Some(counter) =
            seen.remove(&old).map(|counter| counter.min(acknowledged)).filter(|counter| *counter > 0)
        {
            seen.insert(old, counter);
        }
    }
    content.meta.seen.insert(new, stamp.counter);
    if deleted {
        content.meta.removed.insert(new, stamp.counter);
    }
    content
}

/// A record that was forgotten elsewhere while it was edited here, or that comes along to another account: it comes whole,
/// as a new record, all its values written anew by `actor`. What was in the trash stays there.
pub(crate) fn reborn(content: &Content, actor: ActorId) -> Content {
    let deleted = content.meta.deleted();
    let stamp = Stamp { counter: 1, actor };
    let mut content = content.clone();
    for entries in content.meta.fields.values_mut() {
        *entries = std::mem::take(entries).into_iter().map(|entry| Entry { stamp, ..entry }).collect();
    }
    content.meta.seen = [(actor, 1)].into();
    content.meta.removed = if deleted { content.meta.seen.clone() } else { Seen::new() };
    content
}

/// The first drafts that fit one commit, of (record, bytes) sorted by record. One record alone may pass the bytes.
pub(crate) fn cut(drafts: &[(RecordId, usize)], room: usize) -> usize {
    let mut bytes = 0;
    let fits = |(taken, (_, size)): &(usize, &(RecordId, usize))| {
        bytes += size;
        *taken == 0 || (bytes <= ENVELOPE_BYTES_A_COMMIT && *taken < CHANGES_A_COMMIT.min(room))
    };
    drafts.iter().enumerate().take_while(fits).count()
}

/// A pull that deletes more than this of `live` records stops and asks.
pub(crate) fn deletes_allowed(live: u64) -> u64 {
    (live / 4).max(10)
}

/// The cache's name for a guard that a pull left before it reached the head.
pub(crate) const GUARD: &str = "pull_guard";

/// What a pull has deleted so far, of what was in use when it began (rule 11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guard {
    pub(crate) deleted: u64,
    pub(crate) live: u64,
}

impl Guard {
    /// A pull begins.
    pub(crate) fn of(live: u64) -> Self {
        Self { deleted: 0, live }
    }

    /// Whether to stop and ask.
    pub(crate) fn stops(&self) -> bool {
        self.live > 0 && self.deleted > deletes_allowed(self.live)
    }

    pub(crate) fn encode(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.deleted.to_be_bytes());
        bytes[8..].copy_from_slice(&self.live.to_be_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (deleted, live) = bytes.split_first_chunk::<8>()?;
        let live = u64::from_be_bytes(live.try_into().ok()?);
        Some(Self { deleted: u64::from_be_bytes(*deleted), live })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::field;

    const OLD: ActorId = ActorId([1; 16]);
    const NEW: ActorId = ActorId([2; 16]);
    const OTHER: ActorId = ActorId([3; 16]);

    fn first() -> Content {
        let mut action = Content::empty([9; 16], 0).act(OTHER, 1);
        action.set_text(field::NAME, "work");
        action.set_secrets(vec![("secret".to_owned(), "sk-the-first-secret".into())], &BTreeSet::new());
        action.finish()
    }

    fn note(content: &Content, actor: ActorId, text: &str) -> Content {
        let mut action = content.clone().act(actor, 2);
        action.set_text(field::NOTE, text);
        action.finish()
    }

    fn restored(content: Content, actor: ActorId) -> Content {
        let mut action = content.act(actor, 3);
        action.write_again();
        action.finish()
    }

    fn draft(left: Left) -> Option<Content> {
        match left {
            Left::Nothing => None,
            Left::Draft(content) => Some(*content),
        }
    }

    #[test]
    fn a_draft_vanishes_only_when_the_server_says_as_much() {
        let base = first();
        let mine = note(&base, OLD, "mine");
        assert!(draft(take(None, &base)).is_none());
        assert!(draft(take(Some(&mine), &mine)).is_none(), "it was acknowledged");
        assert!(draft(take(Some(&mine), &note(&mine, OTHER, "later"))).is_none(), "and edited further");
        assert_eq!(
            draft(take(Some(&mine), &base)).unwrap().meta,
            mine.meta,
            "an older version takes nothing away"
        );
        let both = draft(take(Some(&mine), &note(&base, OTHER, "theirs"))).unwrap();
        assert_eq!(both.meta.fields[field::NOTE].len(), 2, "what neither had seen stays");
        let edited = draft(take(Some(&mine), &base.clone().delete(OTHER, 3))).unwrap();
        assert!(!edited.meta.deleted(), "an edit that the deleter had not seen");
        let gone = draft(take(Some(&base.clone().delete(OLD, 3)), &note(&base, OTHER, "theirs"))).unwrap();
        assert!(!gone.meta.deleted());
    }

    #[test]
    fn an_older_copy_of_this_cache_is_noticed() {
        let base = first();
        let (v1, v2) = (note(&base, OLD, "one"), note(&note(&base, OLD, "one"), OLD, "two"));
        assert!(!rolled_back(OLD, &[&base, &v1], &v1), "its own edit, acknowledged");
        assert!(!rolled_back(OLD, &[&base, &v2], &v1), "an older one of its own");
        assert!(!rolled_back(OLD, &[&base], &note(&base, OTHER, "theirs")));
        assert!(rolled_back(OLD, &[&base, &v1], &v2), "a counter that it never issued");
        assert!(rolled_back(OLD, &[], &v1), "of a record that it does not know");
        assert!(rolled_back(OLD, &[&base, &v1], &note(&base, OLD, "another")), "one stamp, two values");
    }

    #[test]
    fn a_restamped_draft_says_the_same_and_collides_with_nothing() {
        let base = first();
        // The same cache in two lives: both gave the stamp (2, OLD).
        let (mine, other_life) = (note(&base, OLD, "mine"), note(&base, OLD, "other life"));
        let anew = restamp(&mine, Some(&base), OLD, NEW);
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
        let deleted = restamp(&base.clone().delete(OLD, 3), Some(&base), OLD, NEW);
        assert!(deleted.meta.deleted());
        assert!(!merge(&deleted, &note(&base, OLD, "other life")).meta.deleted(), "which it had not seen");
        let back = restamp(&restored(base.clone().delete(OLD, 3), OLD), Some(&base), OLD, NEW);
        assert!(!back.meta.deleted());
        assert!(back.is_whole());
        // A draft without an edit of this cache's is no edit afterwards either.
        let put_back = note(&base, OTHER, "theirs");
        assert_eq!(restamp(&put_back, Some(&base), OLD, NEW).meta, put_back.meta);
        let unknown = restamp(&note(&Content::empty([9; 16], 0), OLD, "new"), None, OLD, NEW);
        assert_eq!(unknown.meta.seen.keys().collect::<Vec<_>>(), [&NEW]);
    }

    #[test]
    fn what_is_reborn_is_whole_and_owes_nothing_to_its_past() {
        let edited = note(&note(&first(), OTHER, "theirs"), OLD, "mine");
        let anew = reborn(&edited, NEW);
        assert_eq!((anew.meta.version(), anew.meta.seen.len(), anew.meta.deleted()), (1, 1, false));
        assert_eq!((anew.meta.text(field::NAME), anew.meta.text(field::NOTE)), ("work", "mine"));
        assert!(anew.is_whole() && anew.secrets.len() == 1);
        let trashed = reborn(&edited.clone().delete(OLD, 5), NEW);
        assert!(trashed.meta.deleted() && trashed.is_whole(), "the trash stays the trash");
        assert!(!reborn(&restored(edited.delete(OLD, 5), OLD), NEW).meta.deleted());
    }

    #[test]
    fn drafts_are_cut_by_count_and_by_bytes_and_one_always_fits() {
        let drafts = |n: usize, size: usize| vec![(RecordId([1; 16]), size); n];
        assert_eq!(cut(&drafts(500, 800), usize::MAX), CHANGES_A_COMMIT);
        assert_eq!(cut(&drafts(500, 100_000), usize::MAX), ENVELOPE_BYTES_A_COMMIT / 100_000);
        assert_eq!(cut(&drafts(2, 2 * ENVELOPE_BYTES_A_COMMIT), usize::MAX), 1);
        assert_eq!(cut(&[], usize::MAX), 0);
    }

    #[test]
    fn the_guard_goes_on_where_a_pull_stopped() {
        let guard = Guard { deleted: 11, live: 40 };
        assert_eq!(Guard::decode(&guard.encode()), Some(guard));
        assert!(guard.stops() && !Guard { deleted: 10, ..guard }.stops() && !Guard::of(0).stops());
        assert_eq!(Guard::decode(b"short"), None);
    }

    #[test]
    fn the_guard_lets_small_vaults_delete_ten() {
        assert_eq!((deletes_allowed(0), deletes_allowed(40), deletes_allowed(400)), (10, 10, 100));
    }
}
