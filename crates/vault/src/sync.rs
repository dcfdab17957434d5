//! What the rules decide, done to the cache: each step inside one local transaction.
//!
//! [`crate::rules`] decides, [`crate::synchronise`] is the one loop; [`ahead`] fetches a page meanwhile.

pub(crate) mod accept;
pub(crate) mod age;
pub(crate) mod ahead;
pub(crate) mod alarms;
pub(crate) mod apply;
pub(crate) mod elsewhere;
pub(crate) mod erased_here;
pub(crate) mod freeze;
pub(crate) mod mark;
pub(crate) mod pull;
pub(crate) mod reconcile;
pub(crate) mod snapshot;
pub(crate) mod take;
