//! The sync server from outside: one suite over every store, and the real server over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod author;
mod conformance;
mod files;
mod grouping;
mod http;
mod killed;
mod program;
