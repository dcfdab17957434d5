//! The local interface over real connections, with a real vault.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test throughout.
#![allow(clippy::print_stderr)] // Counts, for whoever reads the run.

mod activity;
mod addresses;
mod credentials;
mod damage;
mod document;
mod grants;
mod hardening;
mod place;
mod refusals;
mod schemathesis;
mod services;
