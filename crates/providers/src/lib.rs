//! The catalogue of providers: recognise, verify, rotate.

mod anothers;
mod catalogue;
mod field_problem;
mod icon;
mod json_text;
mod kept;
mod pattern;
mod recognise;
pub mod rotate;
mod shell;
mod texts;
mod url_parts;
pub mod verify;

pub use anothers::another_of;
pub use catalogue::*;
pub use field_problem::{FieldProblem, check_field};
pub use icon::{icon, monogram};
pub use json_text::{JsonMembers, json_text};
pub use kept::{Kept, ONE_SECRET, kept, kept_as};
pub use recognise::{Flaw, Found, Recognition, is_sample, recognise};
pub use texts::{environment_text, json_object};
pub use url_parts::url_parts;
