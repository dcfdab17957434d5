//! The catalogue of providers: recognise, verify, rotate.

mod catalogue;
mod pattern;

pub use catalogue::*;
