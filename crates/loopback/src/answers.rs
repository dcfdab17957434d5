//! What programs are told. No type here can hold a secret.

pub(crate) mod activity;
pub(crate) mod credential;
pub(crate) mod service;
pub(crate) mod verification;
