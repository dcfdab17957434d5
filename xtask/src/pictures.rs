//! `cargo xtask pictures`: a picture of every screen, for the documentation.

use crate::{
    Outcome,
    setup::{self, Purpose},
    step::Step,
    workspace,
};

/// Where they lie, seen from the folder of the web view.
const FOLDER: &str = "../docs/images/screens";

/// Prepares this machine and writes the pictures anew. They show an invented vault at a standing time, so that they
/// change only with what they show.
pub(crate) fn pictures() -> Outcome {
    setup::prepare(Purpose::Test)?;
    let Some(ui) = workspace::ui() else {
        return Err("ui/package.json is not there: this clone is incomplete".into());
    };
    Step::npm("pictures", &ui, &["run", "--silent", "screens", "--", "pictures", FOLDER]).run()
}
