//! The rules of sync.
//!
//! [`chain`], [`plan`] and [`refused`] are pure: no I/O, no clock, no randomness. The other modules are what happens to the cache, each
//! inside one local transaction; [`ahead`] fetches a page meanwhile. [`crate::synchronise`] is the one loop that performs them.

pub(crate) mod accept;
pub(crate) mod ahead;
pub(crate) mod apply;
pub(crate) mod chain;
pub(crate) mod forgetting;
pub(crate) mod freeze;
pub(crate) mod mark;
pub(crate) mod plan;
pub(crate) mod reconcile;
pub(crate) mod refused;
pub(crate) mod snapshot;
pub(crate) mod take;
