//! The cache from outside: every method, several processes, kills, damaged files, full disks, speed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::unit_arg, clippy::manual_is_multiple_of, clippy::type_complexity)]

mod aside;
mod damage;
mod disks;
mod made;
mod processes;
mod records;
mod salvage;
mod speed;
mod state;
mod tables;
