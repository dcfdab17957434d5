//! New values for a credential, asked for at the terminal: one secret, or field by field. Enter keeps a field as it is.

use keymoor_providers::{Field as Known, ONE_SECRET, Provider};
use keymoor_vault::{Detail, ShownField};

use crate::{
    commands::fields::Open,
    input::{self, Entered, InputError, Source},
    output::plain,
    prompt,
    words::Failure,
};

/// What was entered; nothing where every field was kept. What is no secret is shown as it is typed, and goes into `open`.
pub(super) fn values(
    detail: &Detail,
    known: Option<&'static Provider>,
    open: &mut Open,
) -> Result<Option<Entered>, Failure> {
    let fields = fields(detail, known);
    if fields.len() < 2 {
        let title = plain(&detail.listing.title()).into_owned();
        return input::read(Source::Prompt, &format!("New secret of {title}")).map(Some);
    }
    let mut secrets = Vec::new();
    for field in fields {
        let label = known.and_then(|known| of_catalogue(known, field)).map(|field| field.label.as_str());
        let label = label.map_or_else(|| plain(&field.name), Into::into);
        match &field.value {
            Some(value) if !field.secret => {
                let question = format!("{label} (Enter keeps {}): ", plain(value));
                let text = prompt::line(&question).ok_or(Failure::Cancelled)?;
                if !text.is_empty() {
                    open.push((field.name.clone(), text));
                }
            }
            _ => match input::read(Source::Prompt, &format!("{label} (Enter keeps it)")) {
                Ok(Entered::One(secret)) => secrets.push((field.name.clone(), Some(secret))),
                Ok(Entered::Fields(fields)) => secrets.extend(fields),
                Err(Failure::Input(InputError::Empty)) => {}
                Err(error) => return Err(error),
            },
        }
    }
    Ok((!secrets.is_empty()).then_some(Entered::Fields(secrets)))
}

/// The fields that are asked for: every secret, and, as when it was added, what its provider needs beside it. In the
/// catalogue's order.
fn fields<'d>(detail: &'d Detail, known: Option<&'static Provider>) -> Vec<&'d ShownField> {
    let place = |field: &ShownField| {
        let of = known.and_then(|known| of_catalogue(known, field));
        of.and_then(|of| known?.fields.iter().position(|known| known.key == of.key)).unwrap_or(usize::MAX)
    };
    let is_needed = |field: &ShownField| {
        let of = known.and_then(|known| of_catalogue(known, field));
        of.is_some_and(|of| of.required && of.default.is_none())
    };
    let mut fields: Vec<&ShownField> =
        detail.fields.iter().filter(|field| field.secret || is_needed(field)).collect();
    fields.sort_by_key(|field| place(field));
    fields
}

fn of_catalogue(known: &'static Provider, field: &ShownField) -> Option<&'static Known> {
    known.field(&field.name).or_else(|| known.secret_field().filter(|_| field.name == ONE_SECRET))
}
