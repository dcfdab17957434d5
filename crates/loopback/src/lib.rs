//! Lends keys to local programs on 127.0.0.1.
//!
//! A REST API under a token for each program, with its own OpenAPI document. One table has every route; router and document
//! are made from it. It lends the use of keys and the care for them; a secret itself never leaves through it.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod admission;
mod answer;
mod answers;
mod app;
mod asking;
mod body;
mod connections;
mod desk;
mod document;
mod guard;
mod parameters;
mod places;
mod prompt;
mod refusal;
mod routes;
mod secret;
mod serve;
mod table;
mod texts;
mod words;
mod wrong;

pub use desk::{OpenVault, Opener, Opening};
pub use serve::{Config, DEFAULT_PORT, Error, Serving, Stop, serve};
