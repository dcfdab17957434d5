//! The catalogue of providers: recognise, verify, rotate.

mod catalogue;
pub mod verify;

pub use catalogue::*;
