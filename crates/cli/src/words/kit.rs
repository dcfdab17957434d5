//! Kits that do not add up. This is told apart from a wrong password: the kit is looked at before the password is used.

use std::path::Path;

use keymoor_vault::KitError;

use super::Words;
use crate::output::plain;

const UNCHANGED: &str = "Nothing was changed.";

pub(super) fn words(path: &Path, error: &KitError) -> Words {
    let path = path.display().to_string();
    let path = plain(&path);
    let words = match error {
        KitError::NotAKit => {
            return Words::new(format!("{path} is not the kit that is needed here."))
                .safe(UNCHANGED)
                .hint("The join kit goes with --kit, the recovery kit with --recovery.");
        }
        KitError::Line(name) => {
            Words::new(format!("The kit {path} is damaged: the line \"{name}\" is missing or wrong."))
        }
        KitError::Check => Words::new(format!("The kit {path} is damaged: a character is wrong somewhere.")),
        KitError::Word(at) => {
            Words::new(format!("The kit {path} is damaged: word {at} is not one of the list."))
        }
    };
    words.safe(UNCHANGED).hint("Compare it with the page that was printed or saved, letter by letter.")
}

/// Where the vault finds it.
pub(super) fn damaged(place: Option<usize>) -> Words {
    let words = match place {
        Some(place) => Words::new(format!("The kit is damaged: word {place} is wrong.")),
        None => Words::new("The kit is damaged: a character is wrong or missing."),
    };
    words.safe(UNCHANGED).hint("Compare it with the page that was printed or saved, letter by letter.")
}
