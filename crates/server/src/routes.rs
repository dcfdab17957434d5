//! One file a resource; each call is a few lines over the store.

pub(crate) mod accounts;
pub(crate) mod devices;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod keys;
pub(crate) mod sessions;
pub(crate) mod vaults;
