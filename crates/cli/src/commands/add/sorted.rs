//! What was entered, under the names that the catalogue gives it.

use keymoor_providers::{
    Found, Kept, ONE_SECRET, Provider, Recognition, check_field, is_sample, kept, provider, recognise,
};
use keymoor_vault::{Error, Input};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    input::{Entered, InputError},
    output,
    words::{self, Failure},
};

pub(super) type Open = Vec<(String, String)>;

/// Provider, open fields and secret ones. Without a provider, the secret has to tell it. What looks odd is said.
///
/// # Errors
/// Nothing was stored: what it could be, and what is wrong with it.
pub(super) fn sorted(
    named: Option<String>,
    open: Open,
    entered: Entered,
) -> Result<(String, Open, Entered), Failure> {
    // Exposed to be compared: taken apart, a file of the catalogue's would not look like one any more.
    if let Entered::One(secret) = &entered
        && is_sample(secret.expose_secret())
    {
        return Err(Error::Invalid(Input::Sample).into());
    }
    let (id, open, entered) = match (named, entered) {
        (Some(id), Entered::One(secret)) => match provider(&known_as(&id)) {
            Some(known) => {
                let (open, entered) = spread(kept(Some(known), secret), open);
                (id, open, entered)
            }
            None => (id, open, Entered::One(secret)),
        },
        (Some(id), fields) => (id, open, fields),
        (None, Entered::One(secret)) => told_by(secret, open)?,
        (None, Entered::Fields(_)) => return Err(Failure::WhichProvider(Vec::new())),
    };
    if let (Some(known), Entered::Fields(secrets)) = (provider(&known_as(&id)), &entered) {
        if let Some((name, _)) = open.iter().find(|(name, _)| known.field(name).is_some_and(|it| it.secret)) {
            return Err(InputError::SetSecret(name.clone()).into());
        }
        look_at(known, &open, secrets);
    }
    Ok((id, open, entered))
}

/// An id as the catalogue has it.
pub(super) fn known_as(id: &str) -> String {
    id.trim().to_lowercase()
}

/// The credential that the secret tells.
fn told_by(secret: SecretString, open: Open) -> Result<(String, Open, Entered), Failure> {
    // Exposed to be recognised, here, by its shape.
    let text = secret.expose_secret();
    match recognise(text) {
        Recognition::Certain(found) => {
            let missing: Vec<&'static str> = found
                .missing()
                .map(|field| field.key.as_str())
                .filter(|key| open.iter().all(|(name, _)| name != key))
                .collect();
            if !missing.is_empty() {
                return Err(Failure::FieldsMissing(found.provider, missing));
            }
            let id = found.provider.id.clone();
            output::say(format!("It is a credential of {}.", found.provider.name));
            let (open, entered) = spread(found.kept(), open);
            Ok((id, open, entered))
        }
        Recognition::Candidates(found) => Err(Failure::WhichProvider(providers(&found))),
        Recognition::Typo(found, flaw) => Err(Failure::Typo(found.provider, flaw)),
        Recognition::Several { found, .. } => Err(Failure::SeveralCredentials(providers(&found))),
        Recognition::Unknown => Err(Failure::WhichProvider(Vec::new())),
    }
}

/// Says what does not look as it should.
fn look_at(known: &'static Provider, open: &Open, secrets: &[(String, Option<SecretString>)]) {
    let mut given: Vec<&str> = Vec::new();
    // Exposed to be looked at.
    let secrets = secrets.iter().filter_map(|(name, value)| Some((name, value.as_ref()?.expose_secret())));
    for (name, value) in secrets.chain(open.iter().map(|(name, value)| (name, value.as_str()))) {
        let first = || known.secret_field().filter(|_| name == ONE_SECRET);
        let Some(field) = known.field(name).or_else(first) else {
            output::say(words::recognised::unknown_field(known, name));
            continue;
        };
        given.push(&field.key);
        if let Err(problem) = check_field(known, &field.key, value) {
            output::say(words::recognised::odd(known, field, problem));
        }
    }
    let is_missing = |field: &&keymoor_providers::Field| {
        field.required && field.default.is_none() && !given.contains(&field.key.as_str())
    };
    for field in known.fields.iter().filter(is_missing) {
        output::say(words::recognised::incomplete(known, field));
    }
}

/// What of a credential is kept, open and secret; what the user set by name goes before it.
fn spread(kept: impl IntoIterator<Item = Kept>, mut open: Open) -> (Open, Entered) {
    let mut secrets = Vec::new();
    for Kept { name, secret, value } in kept {
        if secret {
            secrets.push((name.to_owned(), Some(value)));
        } else if open.iter().all(|(set, _)| set != name) {
            open.push((name.to_owned(), value.expose_secret().to_owned())); // the catalogue says that it is no secret
        }
    }
    (open, Entered::Fields(secrets))
}

fn providers(found: &[Found]) -> Vec<&'static Provider> {
    let mut providers: Vec<&'static Provider> = Vec::new();
    for found in found {
        if providers.iter().all(|known| known.id != found.provider.id) {
            providers.push(found.provider);
        }
    }
    providers
}
