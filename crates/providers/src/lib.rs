//! The catalogue of providers: recognise, verify, rotate.

mod catalogue;
mod field_problem;
mod icon;
mod kept;
mod pattern;
mod recognise;
pub mod rotate;
mod url_parts;
pub mod verify;

pub use catalogue::*;
pub use field_problem::{FieldProblem, check_field};
pub use icon::icon;
pub use kept::{Kept, ONE_SECRET, kept};
pub use recognise::{Flaw, Found, Recognition, is_sample, recognise};
pub use url_parts::url_parts;
