//! What becomes of a draft when the server's version of its record arrives (rules 4 and 5).

use crate::content::{Content, merge};
use crate::rules::{Rule, kept};

/// What is left to push once the server's version is the base.
pub(crate) enum Left {
    /// Nothing: the base says it all.
    Nothing,
    /// A draft that says more than the base.
    Draft(Box<Content>),
}

/// Merges a draft with the base. There is no last writer: what either side had not seen stays.
pub(crate) fn left(draft: Option<&Content>, base: &Content) -> Left {
    let Some(draft) = draft.filter(|_| kept(Rule::DraftsStay)) else { return Left::Nothing };
    let merged = merge(draft, base);
    if merged.meta == base.meta { Left::Nothing } else { Left::Draft(Box::new(merged)) }
}

/// What a device has of a record that arrives. What does not open counts as not there.
#[derive(Clone, Copy, Default)]
pub(crate) struct Here<'a> {
    /// What the server had acknowledged or sent before.
    pub(crate) base: Option<&'a Content>,
    /// What the user did since.
    pub(crate) draft: Option<&'a Content>,
    /// Whether it was in use, and not in the trash.
    pub(crate) live: bool,
    /// Whether an erasure of it waits.
    pub(crate) erased: bool,
    /// There is a base that does not open, of other bytes than what arrives.
    pub(crate) unread: bool,
}

/// What becomes of the draft.
pub(crate) enum Draft {
    /// It goes: the base says it all.
    Goes,
    /// It stays as it is.
    Stays,
    /// It is this now.
    Becomes(Box<Content>),
}

/// A record that was deleted on one side and edited on the other, unseen of each other, and is there again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Back {
    /// Erased, and not only moved to the trash.
    pub(crate) erased: bool,
    /// Deleted here and edited elsewhere, or the other way round.
    pub(crate) here: bool,
}

/// What to do with a record that arrived, beside making it the base.
pub(crate) struct Taken {
    pub(crate) draft: Draft,
    /// Somebody edited what was being erased here: the edit decides, and the erasure is taken back.
    pub(crate) unerase: bool,
    pub(crate) back: Option<Back>,
    /// The user has fields to settle.
    pub(crate) conflict: bool,
    /// It was in use and is in the trash now.
    pub(crate) deleted: bool,
}

impl Taken {
    /// What is shown afterwards.
    pub(crate) fn shown<'a>(&'a self, here: Here<'a>, incoming: &'a Content) -> &'a Content {
        match &self.draft {
            Draft::Becomes(content) => content,
            Draft::Stays => here.draft.unwrap_or(incoming),
            Draft::Goes => incoming,
        }
    }
}

/// Decides about a record that arrived.
pub(crate) fn take(here: Here<'_>, incoming: &Content) -> Taken {
    if incoming.is_newer() || here.draft.is_some_and(Content::is_newer) {
        return beside(here, incoming);
    }
    let deleted_here = here.draft.is_some_and(|draft| draft.meta.deleted());
    let deleted_there = here.draft.is_some() && !deleted_here && incoming.meta.deleted();
    // What is news to whoever erased it. Without a base it was sent and its answer lost: the draft says what was seen.
    // What does not open is known by its bytes: others were written by whoever had not seen the erasure.
    let news = here.base.map_or(here.draft.is_some() || here.unread, |base| base.meta != incoming.meta);
    let unerase = news && !here.draft.is_some_and(|draft| saw(draft, incoming));
    let draft = match left(here.draft, incoming) {
        Left::Nothing => Draft::Goes,
        Left::Draft(content) => Draft::Becomes(content),
    };
    let mut taken = Taken { draft, unerase, back: None, conflict: false, deleted: false };
    let shown = &taken.shown(here, incoming).meta;
    let (deleted, conflict) = (shown.deleted(), shown.alternates().next().is_some());
    // Whoever took it out of the trash had seen it there.
    let unseen = here.draft.is_some_and(|draft| match deleted_here {
        true => !saw(incoming, draft),
        false => !saw(draft, incoming),
    });
    if (deleted_here || deleted_there) && unseen && !deleted {
        taken.back = Some(Back { erased: here.erased && deleted_here, here: deleted_here });
    }
    if here.erased && here.unread && taken.unerase && !deleted {
        taken.back = Some(Back { erased: true, here: true });
    }
    (taken.deleted, taken.conflict) = (here.live && deleted, conflict);
    taken
}

/// A record that only a newer version of Keymoor understands, or one whose draft only that one does: they are not merged
/// here. The draft stays as it is and is not pushed until this version was updated (rule 15).
fn beside(here: Here<'_>, incoming: &Content) -> Taken {
    Taken {
        draft: Draft::Stays,
        unerase: here.base.is_some_and(|base| base.meta != incoming.meta),
        back: None,
        conflict: incoming.meta.alternates().next().is_some(),
        deleted: here.draft.is_none() && here.live && incoming.meta.deleted(),
    }
}

/// Whether whoever wrote `draft` had seen all that is in `incoming`: it is an earlier state then, and no edit.
fn saw(draft: &Content, incoming: &Content) -> bool {
    incoming.meta.seen.iter().all(|(actor, counter)| draft.meta.seen.get(actor) >= Some(counter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::field;
    use crate::rules::samples::*;

    fn draft(left: Left) -> Option<Content> {
        match left {
            Left::Nothing => None,
            Left::Draft(content) => Some(*content),
        }
    }

    #[test]
    fn only_what_was_unseen_is_told_as_back() {
        let base = first();
        let deleted = base.clone().delete(OLD, 3);
        let back = |draft: &Content, incoming: &Content| {
            take(Here { base: Some(&base), draft: Some(draft), ..Here::default() }, incoming).back
        };
        let unseen = note(&base, OTHER, "theirs");
        assert_eq!(back(&deleted, &unseen), Some(Back { erased: false, here: true }));
        let seen = note(&restored(deleted.clone(), OTHER), OTHER, "theirs");
        assert_eq!(back(&deleted, &seen), None, "taken out of the trash by somebody who saw it there");
        assert_eq!(back(&unseen, &deleted), Some(Back { erased: false, here: false }));
        assert_eq!(back(&seen, &deleted), None);
    }

    #[test]
    fn a_draft_vanishes_only_when_the_server_says_as_much() {
        let base = first();
        let mine = note(&base, OLD, "mine");
        assert!(draft(left(None, &base)).is_none());
        assert!(draft(left(Some(&mine), &mine)).is_none(), "it was acknowledged");
        assert!(draft(left(Some(&mine), &note(&mine, OTHER, "later"))).is_none(), "and edited further");
        assert_eq!(
            draft(left(Some(&mine), &base)).unwrap().meta,
            mine.meta,
            "an older version takes nothing away"
        );
        let both = draft(left(Some(&mine), &note(&base, OTHER, "theirs"))).unwrap();
        assert_eq!(both.meta.fields[field::NOTE].len(), 2, "what neither had seen stays");
        let edited = draft(left(Some(&mine), &base.clone().delete(OTHER, 3))).unwrap();
        assert!(!edited.meta.deleted(), "an edit that the deleter had not seen");
        let gone = draft(left(Some(&base.clone().delete(OLD, 3)), &note(&base, OTHER, "theirs"))).unwrap();
        assert!(!gone.meta.deleted());
    }
}
