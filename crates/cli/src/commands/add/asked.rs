//! A credential of several fields, asked for one after the other at the terminal.

use keymoor_providers::{Field, Provider, provider};

use super::sorted::known_as;
use crate::{
    commands::fields::Open,
    input::{self, Entered, InputError, Source},
    prompt,
    words::Failure,
};

/// The provider, if somebody is there to be asked and its credentials need more than one field.
pub(super) fn of_several(id: Option<&str>, source: Source) -> Option<&'static Provider> {
    let known = provider(&known_as(id?))?;
    let asked = source == Source::Prompt && input::stdin_is_terminal();
    (asked && known.fields.iter().filter(|field| is_needed(field)).count() > 1).then_some(known)
}

/// Asks for what it needs and `--set` did not give. What is no secret is shown as it is typed.
pub(super) fn fields(known: &'static Provider, open: &mut Open) -> Result<Entered, Failure> {
    let mut secrets = Vec::new();
    for field in known.fields.iter().filter(|field| is_needed(field)) {
        if open.iter().any(|(name, _)| *name == field.key) {
            continue;
        }
        let question = match &field.help {
            Some(help) => format!("{} ({help})", field.label),
            None => field.label.clone(),
        };
        if !field.secret {
            let text = prompt::line(&format!("{question}: ")).ok_or(Failure::Cancelled)?;
            if text.is_empty() {
                return Err(InputError::EmptyField(field.label.clone()).into());
            }
            open.push((field.key.clone(), text));
        } else if let Entered::One(secret) = input::read(Source::Prompt, &question)? {
            secrets.push((known.name_of(field).to_owned(), Some(secret)));
        }
    }
    Ok(Entered::Fields(secrets))
}

fn is_needed(field: &Field) -> bool {
    field.required && field.default.is_none()
}
