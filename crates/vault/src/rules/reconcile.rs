//! From the live set: after a server that is behind or changed, after pruned history, and for a rebuilt cache (rules 8 to 10).
//!
//! What this device knew to be acknowledged after the last common commit and the server lacks was lost there and is put
//! back; what it knew to be acknowledged before it and is absent was deleted and forgotten; what others wrote is merged.

use std::collections::{BTreeMap, BTreeSet};

use keymoor_protocol::{Commit, Digest, Kind, RecordId};

use crate::content::{Content, merge};
use crate::rules::{Rule, kept};

/// The sealed bytes of a record, and the commit that wrote them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) seq: u64,
    pub(crate) digest: Digest,
}

/// What to do with one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The same bytes; only the commit that wrote them has another number now.
    Renumber(u64),
    /// Others wrote: first what was acknowledged here joins the draft, so that nothing of it is lost, then it is taken.
    Take,
    /// The server lost it: its draft goes on without a base, or the base becomes one. Other devices may have it, too.
    PutBack,
    /// It was deleted and forgotten.
    Forget,
    /// It waits to be erased, was sent, and may have been there until the server lost it: others may have it.
    MayBeElsewhere,
    /// The server lost the commit that forgot it, and nobody has changed it since: it is taken, and erased again.
    EraseAgain,
}

/// What a device has and knows when a live set comes.
pub(crate) struct Here<'a> {
    pub(crate) base: &'a BTreeMap<RecordId, At>,
    pub(crate) drafts: &'a [RecordId],
    /// What waits to be erased.
    pub(crate) erased: &'a [RecordId],
    /// The newest commit known here.
    pub(crate) seq: u64,
    /// This device's own commits after the ancestor, which the server lost.
    pub(crate) lost: &'a [Commit],
}

/// What to do, in this order. `live` is the server's set, `ancestor` the last common commit, `forgotten` the ids that the
/// chain forgot: no server takes one of them again, so what would go back under such an id comes as a new record.
pub(crate) fn steps(
    here: &Here<'_>,
    live: &BTreeMap<RecordId, At>,
    ancestor: u64,
    forgotten: &BTreeSet<RecordId>,
) -> Vec<(RecordId, Step)> {
    let Here { base, drafts, erased, seq, lost } = here;
    let mut steps = Vec::new();
    for (id, there) in live {
        match base.get(id) {
            Some(here) if here.digest != there.digest => steps.push((*id, Step::Take)),
            Some(here) if here.seq != there.seq => steps.push((*id, Step::Renumber(there.seq))),
            Some(_) => {}
            None if there.seq <= ancestor && was_forgotten(lost, *id) => steps.push((*id, Step::EraseAgain)),
            None => steps.push((*id, Step::Take)),
        }
    }
    let mut waiting: BTreeSet<RecordId> = drafts.iter().copied().collect();
    for (id, here) in base.iter().filter(|(id, _)| !live.contains_key(id)) {
        let lost = here.seq > ancestor && kept(Rule::PutBack);
        if lost || !kept(Rule::AbsentIsForgotten) {
            steps.push((*id, Step::PutBack));
            waiting.insert(*id);
        } else {
            steps.push((*id, Step::Forget));
            waiting.remove(id);
        }
    }
    for id in erased.iter().filter(|id| !live.contains_key(id)) {
        if !base.contains_key(id) && *seq > ancestor {
            steps.push((*id, Step::MayBeElsewhere));
        }
    }
    let never_again = waiting
        .iter()
        .filter(|id| forgotten.contains(id) && !live.contains_key(id) && kept(Rule::IdsAreUsedOnce));
    steps.extend(never_again.map(|id| (*id, Step::Forget)));
    steps
}

/// Whether the last of these commits that names a record forgot it.
fn was_forgotten(commits: &[Commit], id: RecordId) -> bool {
    let mut changes = commits.iter().flat_map(|commit| &commit.changes);
    let last = changes.rfind(|change| change.record == id);
    last.is_some_and(|change| change.kind == Kind::Forgotten) && kept(Rule::PutBack)
}

/// What waits, once the server lost what it had acknowledged of a record, or shows less of it.
pub(crate) enum Waits {
    /// What it had acknowledged, as it is.
    Known,
    /// The draft, as it is: only a newer version understands it.
    Draft,
    /// Both, merged.
    Merged(Box<Content>),
    /// Both, apart: only a newer version could merge them. What was acknowledged goes on under the record's id, and the
    /// draft as a new record.
    Apart,
}

/// Decides about the draft over what was acknowledged. The draft need not contain that: over what a newer version wrote it
/// waits unmerged.
pub(crate) fn waits(draft: Option<&Content>, known: &Content) -> Waits {
    match draft {
        None => Waits::Known,
        Some(draft) if draft.is_newer() => Waits::Draft,
        Some(_) if known.is_newer() => Waits::Apart,
        draft => Waits::Merged(Box::new(with_known(draft, known))),
    }
}

/// The draft of a record that others wrote meanwhile: with what was acknowledged here.
pub(crate) fn with_known(draft: Option<&Content>, known: &Content) -> Content {
    match draft {
        Some(draft) => merge(draft, known),
        None => known.clone(),
    }
}

/// Whether `there` says all that `known` does: where neither may be merged here, what it lacks stays as a draft that waits.
pub(crate) fn says_all(known: &Content, there: &crate::content::Meta) -> bool {
    known.meta.seen.iter().all(|(actor, counter)| there.seen.get(actor) >= Some(counter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::payload::SCHEMA;
    use crate::rules::samples::*;

    #[test]
    fn neither_an_edit_nor_what_it_waits_over_is_dropped() {
        let base = first();
        let (edited, theirs) = (note(&base, OLD, "mine"), note(&base, OTHER, "theirs"));
        let Waits::Merged(both) = waits(Some(&edited), &theirs) else { panic!("merged") };
        assert!(both.meta.alternates().count() == 1 && says_all(&edited, &both.meta));
        let newer = Content { schema: SCHEMA + 1, ..theirs };
        assert!(matches!(waits(Some(&edited), &newer), Waits::Apart));
        assert!(matches!(waits(Some(&newer), &edited), Waits::Draft));
        assert!(matches!(waits(None, &newer), Waits::Known));
    }
}
