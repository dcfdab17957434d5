//! Several credentials in one paste: at a terminal all that are known are saved, once somebody agreed.

use keymoor_providers::Found;

use super::sorted::providers;
use crate::{
    commands::fields::{Given, of_kept},
    input, output, prompt,
    words::{self, Failure},
};

/// Those that are complete, if whoever is asked wants them. What is left out is told: `unknown` are the names of what was not
/// recognised. `has_name`: all are to be called the same.
///
/// # Errors
/// [`Failure::SeveralCredentials`] where nobody can be asked, and where two would get one name.
pub(super) fn agreed(
    found: Vec<Found>,
    unknown: &[String],
    has_name: bool,
) -> Result<Vec<(String, Given)>, Failure> {
    let all = providers(&found);
    let one_name = has_name && all.len() < found.len();
    let (whole, partial): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|one| one.missing().next().is_none());
    if one_name || whole.is_empty() || !input::stdin_is_terminal() {
        return Err(Failure::SeveralCredentials(all));
    }
    let left_out: Vec<&str> = (partial.iter().map(|one| one.provider.name.as_str()))
        .chain(unknown.iter().map(String::as_str))
        .collect();
    if !left_out.is_empty() {
        output::say(words::recognised::left_out(&left_out));
    }
    if !prompt::confirmed(&words::recognised::save_all(&whole)) {
        return Err(Failure::Cancelled);
    }
    let given = |one: Found| {
        let known = one.provider;
        Ok((known.id.clone(), of_kept(known, Vec::new(), one.kept())?))
    };
    whole.into_iter().map(given).collect()
}
