//! The rules of sync, as decisions: what becomes of a record, a page, a commit. No I/O, no clock, no randomness.
//!
//! Whoever performs them reads what is there, asks here, and writes the answer in one local transaction: the app in
//! [`crate::sync`] over its cache, the simulation over maps in memory. [`crate::content`] has the merge. The numbers are those
//! of docs/sync.md, "The rules".

pub(crate) mod accepted;
pub(crate) mod chain;
pub(crate) mod copies;
pub(crate) mod exchange;
pub(crate) mod forgetting;
pub(crate) mod gone;
pub(crate) mod guard;
pub(crate) mod life;
pub(crate) mod names;
pub(crate) mod page;
pub(crate) mod push;
pub(crate) mod reconcile;
pub(crate) mod refused;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod simulation;
pub(crate) mod take;

/// The rules that the simulation can leave out, to show what is lost without them. Each stands where it is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// 4: a draft vanishes only when the base says as much.
    DraftsStay,
    /// 5: merging is by what was seen; no clock and no last writer decides.
    MergeBySeen,
    /// 5: a delete covers only what its author had seen.
    DeletesCoverSeen,
    /// 9: what was acknowledged after the last common commit and is not there, goes back.
    PutBack,
    /// 10: what was acknowledged before it and is not there, was deleted and forgotten.
    AbsentIsForgotten,
    /// 10: an edit that whoever forgot the record had not seen comes back.
    EditsOutliveForgetting,
    /// A forgotten id is never used again: what comes back is a new record.
    IdsAreUsedOnce,
    /// 18: a keychain copy says what was acknowledged.
    CopiesSayAcknowledged,
    /// 19: a cache that was put back stamps under a new actor.
    PutBackCachesAreNoticed,
    /// 19: where the keychain's base says what a draft of an older cache does, that draft goes.
    SupersededDraftsGo,
    /// 19: an erasure that an older cache has waits only where nobody edited the record since.
    EditsOverruleErasures,
}

/// Whether a rule is kept: always, but where the simulation shows what happens without it.
#[cfg(not(test))]
pub(crate) const fn kept(_: Rule) -> bool {
    true
}

#[cfg(test)]
pub(crate) use simulation::kept;
