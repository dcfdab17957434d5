//! The three homes as the vault sees them: what lies in the keychain, how a lost home is rebuilt, how a record is healed.

pub(crate) mod catch_up;
pub(crate) mod copy;
pub(crate) mod entries;
pub(crate) mod heal;
pub(crate) mod identity;
pub(crate) mod layers;
pub(crate) mod lock;
pub(crate) mod lost;
pub(crate) mod mirror;
pub(crate) mod names;
pub(crate) mod placeholder;
pub(crate) mod rebuild;
pub(crate) mod salvaged;
pub(crate) mod without_keychain;
