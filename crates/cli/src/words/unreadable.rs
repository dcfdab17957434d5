//! A record that no home can give back: which home said what.

use keymoor_vault::{HomeName, Why};

use super::Words;

/// Below a history that lacks the version in use.
pub(crate) const NEWEST_LOST: &str = "The version in use cannot be read; keymoor get says what each home answered.\n\
     To go on from one of these: keymoor revert NAME --to ID";

pub(super) fn words(homes: &[(HomeName, Why)]) -> Words {
    let mut said = Vec::new();
    for (home, why) in homes {
        said.push(format!("{}: {}", home_name(*home), reason(*why)));
    }
    Words::new("The credential cannot be read: no home has a copy that opens.")
        .safe("Nothing was written over; the copies that are there are kept.")
        .hint(match said.is_empty() {
            true => "keymoor doctor says more about it.".to_owned(),
            false => format!(
                "{}\nA home that comes back into reach can mend it: keymoor doctor --repair\nIf there were versions before it, keymoor history lists them.",
                said.join("\n")
            ),
        })
}

/// The home as people call it.
pub(super) fn home_name(home: HomeName) -> &'static str {
    match home {
        HomeName::Keychain => "keychain",
        HomeName::Cache => "cache on this disk",
        HomeName::Server => "server",
    }
}

fn reason(why: Why) -> &'static str {
    match why {
        Why::SealBroken => "its copy is damaged",
        Why::Missing => "it has no copy",
        Why::OutOfReach => "it could not be asked",
        Why::NotSetUp => "it is not set up",
    }
}
