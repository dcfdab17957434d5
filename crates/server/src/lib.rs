//! Home 3 itself: the sync server, which moves sealed records and cannot open them.
//!
//! It supplies nothing that a device trusts. It checks what it can check without keys (order, digests, versions, the state
//! hash, quotas), so that one bad device does not stop the others, and answers only when what it took is on the disk.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod addresses;
mod answer;
mod app;
mod auth;
mod clock;
pub mod config;
mod connections;
mod families;
mod lent;
mod listeners;
mod logins;
mod patient;
mod rates;
mod routes;
mod serve;
mod setup;
pub mod store;
mod tls;
mod tokens;
mod upkeep;

pub use config::{Config, Registration, Tls};
pub use serve::{Error, Serving, check, new_certificate, serve};
