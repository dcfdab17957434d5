//! The real window, driven through WebDriver: what a person does with it, and what its web view is told. A file for each story.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test throughout.

mod accessible;
mod conflict;
mod display;
mod driver;
mod dropped;
mod first_minute;
mod hands;
mod language;
mod locked;
mod many;
mod offline;
mod one_key;
mod picker;
mod recorder;
mod second_device;
mod watching;
mod wiped;
