//! The rules of the crate graph and of the source tree, checked against `cargo metadata` and the files themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test throughout.

mod files;
mod graph;
mod imports;
