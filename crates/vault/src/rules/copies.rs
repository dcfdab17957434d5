//! What becomes of a record of which cache and keychain each have something: in a rebuild (rule 18), and where a cache turns
//! out to be an older copy of itself (rule 19).

use std::borrow::Cow;

use keymoor_protocol::{ActorId, Cursor};

use crate::content::{Content, merge};
use crate::rules::life::restamp;
use crate::rules::reconcile::says_all;
use crate::rules::take::{Left, left};
use crate::rules::{Rule, kept};

/// What a home has of a record, opened. What does not open counts as not there.
#[derive(Clone, Copy, Default)]
pub(crate) struct Layers<'a> {
    /// What the server had acknowledged or sent, and the commit that wrote it.
    pub(crate) base: Option<(&'a Content, u64)>,
    /// What the user did since.
    pub(crate) draft: Option<&'a Content>,
    /// Whether an erasure of it waits.
    pub(crate) erased: bool,
}

impl<'a> Layers<'a> {
    fn shown(&self) -> Option<&'a Content> {
        self.draft.or(self.base.map(|(base, _)| base))
    }
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    Cache,
    Keychain,
}

/// What the record is then.
pub(crate) struct Met {
    /// Whose base counts.
    pub(crate) base: Option<Home>,
    pub(crate) draft: Draft,
    /// Whether it is still to be erased.
    pub(crate) erased: bool,
}

/// The draft over that base.
pub(crate) enum Draft {
    /// None: the base says all that either home has.
    Nothing,
    /// This home's, as it is.
    Of(Home),
    /// This.
    Is(Box<Content>),
}

/// What a cache stamped as, where it may have given stamps twice before it was noticed to be an older copy.
#[derive(Clone, Copy)]
pub(crate) struct Lives<'a> {
    /// The actors in doubt. None of them has stamped what lies here, where the cache became another one first.
    pub(crate) former: &'a [ActorId],
    pub(crate) now: ActorId,
}

/// Puts together what cache and keychain have. The base of the later commit counts; the drafts are merged, with the other base
/// where that says more, and what of that the base says, too, is no draft. An erasure waits on as long as what is shown is deleted: an edit that whoever erased it
/// had not seen decides.
pub(crate) fn meet(cache: Layers<'_>, copy: Layers<'_>, lives: Lives<'_>) -> Met {
    let copy = match kept(Rule::CopiesSayAcknowledged) {
        true => copy,
        false => Layers { base: None, draft: copy.shown(), ..copy },
    };
    let base = match (cache.base, copy.base) {
        (Some((_, here)), Some((_, there))) if there > here => Some(Home::Keychain),
        (Some(_), _) => Some(Home::Cache),
        (None, Some(_)) => Some(Home::Keychain),
        (None, None) => None,
    };
    let of = |home| match home {
        Home::Cache => cache,
        Home::Keychain => copy,
    };
    let beneath = base.and_then(|home| of(home).base).map(|(base, _)| base);
    let draft = draft(cache, copy, beneath, lives);
    let shown = match &draft {
        Draft::Nothing => beneath,
        Draft::Of(home) => of(*home).draft,
        Draft::Is(content) => Some(&**content),
    };
    let deleted = shown.is_some_and(|shown| shown.meta.deleted());
    let erased = (cache.erased || copy.erased) && (deleted || !kept(Rule::EditsOverruleErasures));
    Met { base, draft, erased }
}

fn draft(cache: Layers<'_>, copy: Layers<'_>, base: Option<&Content>, lives: Lives<'_>) -> Draft {
    let newer = |draft: Option<&Content>| draft.is_some_and(Content::is_newer);
    // A server that was put back begins anew with lower numbers: what either home calls acknowledged may be lost again.
    let unsaid = |layers: Layers<'_>| {
        let known = layers.base.map(|(known, _)| known).filter(|known| !known.is_newer())?;
        base.filter(|base| !base.is_newer() && !says_all(known, &base.meta)).map(|_| known.clone())
    };
    let (mine, theirs) = (unsaid(cache), unsaid(copy));
    let merged = match (cache.draft.or(mine.as_ref()), copy.draft.or(theirs.as_ref())) {
        (None, None) => return Draft::Nothing,
        // From the keychain alone nothing changes, nor what only a newer version understands: it waits as it is.
        (None, Some(_)) if cache.base.is_none() && theirs.is_none() => return Draft::Of(Home::Keychain),
        (draft, _) if newer(draft) => return Draft::Of(Home::Cache),
        (_, draft) if newer(draft) => return Draft::Of(Home::Keychain),
        (None, Some(theirs)) => theirs.clone(),
        (Some(mine), theirs) => {
            let mine = apart(mine, cache, copy, lives);
            theirs.map_or_else(|| mine.clone().into_owned(), |theirs| merge(&mine, theirs))
        }
    };
    match base.filter(|base| !base.is_newer()) {
        None => Draft::Is(Box::new(merged)),
        Some(base) => match left(Some(&merged), base) {
            Left::Nothing if cache.draft.is_some() && !kept(Rule::SupersededDraftsGo) => {
                Draft::Of(Home::Cache)
            }
            Left::Nothing => Draft::Nothing,
            Left::Draft(content) => Draft::Is(content),
        },
    }
}

/// The cache's draft, which may have counters that its other life gave to other edits, with new stamps. From the contents
/// alone nobody can tell an edit of this life from one that the other life replaced: both then stand side by side.
fn apart<'a>(mine: &'a Content, cache: Layers<'_>, copy: Layers<'_>, lives: Lives<'_>) -> Cow<'a, Content> {
    let mut mine = Cow::Borrowed(mine);
    let Some(theirs) = copy.shown().filter(|theirs| !theirs.is_newer()) else { return mine };
    for former in lives.former {
        if mine.meta != theirs.meta && kept(Rule::PutBackCachesAreNoticed) {
            let base = cache.base.map(|(base, _)| base);
            mine = Cow::Owned(restamp(&mine, base, theirs, *former, lives.now));
        }
    }
    mine
}

/// Where a rebuilt cache begins: at the keychain's mark. Its base may lag behind that, so the next sync takes a snapshot.
pub(crate) fn begins_at(mark: Option<Cursor>) -> Cursor {
    mark.unwrap_or(Cursor::START)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::field;
    use crate::rules::samples::*;

    const LIVES: Lives<'_> = Lives { former: &[], now: NEW };

    fn layers<'a>(base: Option<(&'a Content, u64)>, draft: Option<&'a Content>) -> Layers<'a> {
        Layers { base, draft, erased: false }
    }

    #[test]
    fn a_draft_that_the_newer_base_says_goes() {
        let v1 = first();
        let v2 = note(&v1, OLD, "two");
        let v3 = note(&v2, OLD, "three");
        let met = meet(layers(Some((&v1, 1)), Some(&v2)), layers(Some((&v3, 3)), None), LIVES);
        assert!(matches!(met.draft, Draft::Nothing) && met.base == Some(Home::Keychain));
        let later = note(&v3, OLD, "four");
        let met = meet(layers(Some((&v1, 1)), Some(&v2)), layers(Some((&v3, 3)), Some(&later)), LIVES);
        assert!(matches!(met.draft, Draft::Is(draft) if draft.meta == later.meta));
        let met = meet(layers(None, None), layers(Some((&v1, 1)), Some(&v2)), LIVES);
        assert!(matches!(met.draft, Draft::Of(Home::Keychain)), "as it is");
    }

    #[test]
    fn an_edit_overrules_an_erasure_in_either_home() {
        let base = first();
        let gone = base.clone().delete(OLD, 3);
        let edited = note(&base, OTHER, "theirs, unseen");
        for (here, there) in [(true, false), (false, true)] {
            let cache = Layers { erased: here, ..layers(Some((&base, 1)), Some(&gone)) };
            let waits = meet(cache, Layers { erased: there, ..layers(Some((&base, 1)), None) }, LIVES);
            assert!(waits.erased);
            let back = meet(cache, Layers { erased: there, ..layers(Some((&edited, 2)), None) }, LIVES);
            assert!(!back.erased && matches!(back.draft, Draft::Is(draft) if !draft.meta.deleted()));
        }
    }

    #[test]
    fn what_two_lives_stamped_alike_stands_side_by_side() {
        let base = first();
        let (one, two) = (note(&base, OLD, "one"), note(&base, OLD, "two"));
        let notes = |lives| match meet(layers(None, Some(&two)), layers(None, Some(&one)), lives).draft {
            Draft::Is(draft) => draft.meta.fields.get(field::NOTE).map_or(0, std::collections::BTreeSet::len),
            _ => 0,
        };
        assert_eq!(notes(Lives { former: &[OLD], now: NEW }), 2);
        assert_eq!(notes(LIVES), 0, "which is why whoever may have done so has to be named");
    }

    #[test]
    fn a_later_base_of_a_log_that_was_lost_takes_nothing_away() {
        let (v1, v2) = (first(), note(&first(), OLD, "two"));
        let met = meet(layers(Some((&v1, 6)), None), layers(Some((&v2, 4)), None), LIVES);
        assert!(met.base == Some(Home::Cache));
        assert!(matches!(met.draft, Draft::Is(draft) if draft.meta == v2.meta));
    }
}
