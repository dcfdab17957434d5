//! The vault from outside: what a user does, and what becomes of it when a home is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod actions;
mod bad_input;
mod care;
#[cfg(all(unix, not(target_os = "macos")))]
mod damage;
#[cfg(all(unix, not(target_os = "macos")))]
mod holes;
mod keychain;
mod lend;
mod misnamed;
mod names;
mod older;
mod opening;
mod place;
mod programs;
mod rotate;
mod services;
mod together;
mod whose;
