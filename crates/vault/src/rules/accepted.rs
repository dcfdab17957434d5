//! A commit that the server took is the base now; what the user did since goes on from there (rules 2 and 4).

use crate::content::Content;

/// What becomes of a draft whose record was just accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// It says no more than what was accepted, and goes.
    Goes,
    /// It was edited since it was frozen, and goes on from the new base.
    GoesOn,
}

/// Decides about a draft over what was accepted.
pub(crate) fn after(draft: &Content, accepted: &Content) -> After {
    if draft.meta == accepted.meta { After::Goes } else { After::GoesOn }
}
