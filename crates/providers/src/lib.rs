//! The catalogue of providers: recognise, verify, rotate.

mod catalogue;

pub use catalogue::*;
