//! Named points at which a test ends the process; nothing at all in a release.
//!
//! A point stands where a death between two steps could cost something: `reached("save.written")`. With the feature `on`,
//! `KEYMOOR_FAIL_POINT=save.written` kills the program there, and `save.written:3` when it comes there the third time;
//! `KEYMOOR_PANIC_POINT` lets the thread panic there. The names are unique; the test that walks through them all finds them
//! in the sources.

#[cfg(all(feature = "on", not(debug_assertions)))]
compile_error!("fail points end the program: they are for test builds only");

#[cfg(feature = "on")]
mod armed;
#[cfg(not(feature = "on"))]
mod unarmed;

#[cfg(feature = "on")]
pub use armed::{Crash, arm, disarm, reached};
#[cfg(not(feature = "on"))]
pub use unarmed::{Crash, arm, disarm, reached};
