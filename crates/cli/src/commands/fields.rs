//! What was entered, as the fields of a credential: a paste is taken apart as the catalogue knows it, and what looks odd is
//! said. `add`, `edit` and `rotate` go by this.

use keymoor_providers::{
    Field as Known, Kept, ONE_SECRET, Provider, another_of, check_field, is_sample, kept,
};
use keymoor_vault::{Detail, Error, Field, Input, Value};
use secrecy::ExposeSecret as _;

use crate::{
    input::{Entered, InputError},
    output,
    words::{self, Failure},
};

pub(super) type Open = Vec<(String, String)>;

/// The fields that are given, and what is certain of them.
pub(super) struct Given {
    pub(super) fields: Vec<Field>,
    /// Whose key it is by its looks, where that is another provider.
    pub(super) anothers: Option<&'static Provider>,
}

/// Of a credential that is there, or of a new one.
///
/// # Errors
/// Nothing was stored: what is wrong with it.
pub(super) fn fields(
    known: Option<&'static Provider>,
    there: Option<&Detail>,
    open: Open,
    entered: Option<Entered>,
) -> Result<Given, Failure> {
    let kept = match entered {
        // Exposed to be compared: taken apart, a file of the catalogue's would not look like one any more.
        Some(Entered::One(secret)) if is_sample(secret.expose_secret()) => {
            return Err(Error::Invalid(Input::Sample).into());
        }
        Some(Entered::One(secret)) => kept(known, secret).into_iter().map(field).collect(),
        Some(Entered::Fields(fields)) => {
            let value = |value: Option<_>| value.map_or(Value::Removed, Value::Secret);
            fields.into_iter().map(|(name, given)| Field { name, value: value(given) }).collect()
        }
        None => Vec::new(),
    };
    together(known, there, open, kept)
}

/// What the vault says of a single secret that could be several fields, for whoever enters one; and the command that takes
/// them by name.
pub(super) fn not_kept(command: &'static str) -> impl Fn(Error) -> Failure {
    move |error| match error {
        Error::WhichField(names) => InputError::SeveralSecrets { names, command }.into(),
        error => error.into(),
    }
}

/// The same of what was recognised already.
pub(super) fn of_kept(
    known: &'static Provider,
    open: Open,
    kept: impl Iterator<Item = Kept>,
) -> Result<Given, Failure> {
    together(Some(known), None, open, kept.map(field).collect())
}

fn field(Kept { name, secret, named, value }: Kept) -> Field {
    let value = match (secret, named) {
        (true, true) => Value::Secret(value),
        (true, false) => Value::One(value),
        // Exposed where the catalogue says that it is no secret.
        (false, _) => Value::Open(value.expose_secret().to_owned()),
    };
    Field { name: name.to_owned(), value }
}

/// What was set by name, and what was entered beside it.
fn together(
    known: Option<&'static Provider>,
    there: Option<&Detail>,
    open: Open,
    mut entered: Vec<Field>,
) -> Result<Given, Failure> {
    let is_there = |name: &str, secret: bool| {
        there.is_some_and(|detail| detail.fields.iter().any(|it| it.secret == secret && it.name == name))
    };
    // No secret stands in the arguments, and none becomes part of every list by a slip. One that lies open can be removed.
    let is_secret = |name: &str, text: &str| {
        let known = known.and_then(|known| known.field(name)).is_some_and(|field| field.secret);
        is_there(name, true) || (known && !(text.is_empty() && is_there(name, false)))
    };
    if let Some((name, _)) = open.iter().find(|(name, text)| is_secret(name, text)) {
        return Err(InputError::SetSecret(name.clone()).into());
    }
    // What the user set by name goes before what was found open in a paste.
    entered.retain(|field| {
        !matches!(field.value, Value::Open(_)) || open.iter().all(|(name, _)| *name != field.name)
    });
    let mut fields: Vec<Field> = Vec::with_capacity(open.len() + entered.len());
    let open = open.into_iter().map(|(name, text)| Field { name, value: Value::Open(text) });
    for field in open.chain(entered) {
        if fields.iter().any(|known| known.name == field.name) {
            return Err(InputError::FieldTwice(field.name).into());
        }
        fields.push(field);
    }
    let anothers = known.filter(|_| !fields.is_empty()).and_then(|known| look_at(known, there, &fields));
    Ok(Given { fields, anothers })
}

/// Says what does not look as it should. Whose key it is for certain, if not this provider's.
fn look_at(known: &'static Provider, there: Option<&Detail>, fields: &[Field]) -> Option<&'static Provider> {
    let in_catalogue = |name: &str| -> Option<&'static Known> {
        known.field(name).or_else(|| known.secret_field().filter(|_| name == ONE_SECRET))
    };
    let before = || there.iter().flat_map(|detail| &detail.fields);
    let mut given: Vec<&str> = before().filter_map(|it| Some(in_catalogue(&it.name)?.key.as_str())).collect();
    // A single secret of whatever name is the one that the form asks for first.
    let mut secrets = before().filter(|it| it.secret);
    if let (Some(_), None, Some(first)) = (secrets.next(), secrets.next(), known.secret_field()) {
        given.push(&first.key);
    }
    let mut anothers = None;
    for Field { name, value } in fields {
        let text = match value {
            Value::Open(text) => text,
            Value::Secret(secret) | Value::One(secret) => secret.expose_secret(), // exposed to be looked at
            Value::Removed => continue,
        };
        if text.is_empty() {
            continue;
        }
        let Some(field) = in_catalogue(name) else {
            if before().all(|it| it.name != *name) {
                output::say(words::recognised::unknown_field(known, name));
            }
            continue;
        };
        given.push(&field.key);
        let another = another_of(known, &field.key, text);
        if let (None, Err(problem)) = (another, check_field(known, &field.key, text)) {
            output::say(words::recognised::odd(known, field, problem));
        }
        anothers = anothers.or(another);
    }
    let is_missing =
        |field: &&Known| field.required && field.default.is_none() && !given.contains(&field.key.as_str());
    for field in known.fields.iter().filter(is_missing) {
        output::say(words::recognised::incomplete(known, field));
    }
    anothers
}
