//! Every provider's rule against a server on this machine that answers as the provider documents it. What is expected is
//! written down in `tests/wire/` of the repository, one file a provider, from the providers' documentation: nothing in
//! there is taken from the catalogue.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test throughout.

mod answers;
mod fixture;
mod many;
mod mutations;
mod postgres;
mod secrecy;
mod server;
mod trouble;
