//! Programs that providers themselves, or their users, run: PostgreSQL, an OAuth server, and AWS's services as moto has
//! them. They are real ones, on this machine; what is missing is installed into the target directory.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test throughout.

mod aws;
mod moto;
mod oauth;
mod postgres;
mod program;
