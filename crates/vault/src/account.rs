//! The account at a server: making it, joining it, and the session that speaks for it.

pub(crate) mod create;
pub(crate) mod document;
pub(crate) mod join;
pub(crate) mod kits;
pub(crate) mod login;
pub(crate) mod session;
