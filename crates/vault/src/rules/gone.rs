//! What leaves the set for good, and what comes back all the same (rule 10).

use keymoor_protocol::ActorId;

use crate::content::{Content, Entry, Seen, Stamp};
use crate::rules::{Rule, kept};

/// What becomes of a draft whose record was forgotten elsewhere.
pub(crate) enum Forgotten {
    /// Nothing was edited: it goes with the record.
    Goes,
    /// An edit that whoever forgot it had not seen: it comes whole, as a new record with this content.
    Anew(Box<Content>),
    /// The same of what only a newer version understands: its bytes go on under a new id.
    Carried,
}

/// Decides about the draft of a record that was forgotten. Whoever forgot it had seen the base, so a draft with the same
/// values is no edit: it may be a delete that did not hold, since it met an edit.
pub(crate) fn forgotten(draft: Option<&Content>, base: Option<&Content>, actor: ActorId) -> Forgotten {
    let edited = |draft: &&Content| base.is_none_or(|base| base.meta.fields != draft.meta.fields);
    let draft = draft.filter(|draft| !draft.meta.deleted()).filter(edited);
    match draft.filter(|_| kept(Rule::EditsOutliveForgetting)) {
        None => Forgotten::Goes,
        Some(draft) if draft.is_newer() => Forgotten::Carried,
        Some(draft) => Forgotten::Anew(Box::new(reborn(draft, actor))),
    }
}

/// Whether anybody has to be told of an erasure: the server has the record (`based`), or may have it since a commit with it
/// is on its way (`sent`), or what this device knows of the server lags behind (`rebuilt`), or the server lost it and other
/// devices have it (`elsewhere`).
pub(crate) fn erasure_waits(based: bool, sent: bool, rebuilt: bool, elsewhere: bool) -> bool {
    based || sent || rebuilt || elsewhere
}

/// What becomes of an erasure that waits, when a commit is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Erasure {
    /// The commit forgets the record.
    Forget,
    /// It is deleted in the ordinary way. Forgotten at once, it would come back from a device that has it and puts it back;
    /// in the trash it meets that as deleted.
    DeleteOnly,
    /// It was sent in vain before it was erased: there is nobody to tell.
    Drop,
}

/// Decides about an erasure.
pub(crate) fn erasure(based: bool, elsewhere: bool) -> Erasure {
    match (based, elsewhere) {
        (true, _) => Erasure::Forget,
        (false, true) => Erasure::DeleteOnly,
        (false, false) => Erasure::Drop,
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::field;
    use crate::rules::samples::*;

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
}
