//! Whose credential it is, and its fields under the names that the catalogue gives them.

use keymoor_providers::{Found, Provider, Recognition, is_sample, provider, recognise};
use keymoor_vault::{Error, Input};
use secrecy::{ExposeSecret as _, SecretString};

use super::several::agreed;
use crate::{
    commands::fields::{Given, Open, fields, of_kept},
    input::Entered,
    output,
    words::Failure,
};

/// Provider and fields. Without a provider, the secret has to tell it, and may hold several credentials: `has_name` says
/// whether what they are called is said already. What looks odd is said.
///
/// # Errors
/// Nothing was stored: what it could be, and what is wrong with it.
pub(super) fn sorted(
    named: Option<&str>,
    has_name: bool,
    open: Open,
    entered: Entered,
) -> Result<Vec<(String, Given)>, Failure> {
    match (named, entered) {
        (Some(id), entered) => {
            let given = fields(provider(&known_as(id)), None, open, Some(entered))?;
            Ok(vec![(id.to_owned(), given)])
        }
        (None, Entered::One(secret)) => told_by(&secret, has_name, open),
        (None, Entered::Fields(_)) => Err(Failure::WhichProvider(Vec::new())),
    }
}

/// An id as the catalogue has it.
pub(super) fn known_as(id: &str) -> String {
    id.trim().to_lowercase()
}

/// The credential that the secret tells, or several.
fn told_by(secret: &SecretString, has_name: bool, open: Open) -> Result<Vec<(String, Given)>, Failure> {
    // Exposed to be recognised, here, by its shape.
    let text = secret.expose_secret();
    if is_sample(text) {
        return Err(Error::Invalid(Input::Sample).into());
    }
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
            output::say(format!("It is a credential of {}.", found.provider.name));
            let known = found.provider;
            Ok(vec![(known.id.clone(), of_kept(known, open, found.kept())?)])
        }
        Recognition::Candidates(found) => Err(Failure::WhichProvider(providers(&found))),
        Recognition::Typo(found, flaw) => Err(Failure::Typo(found.provider, flaw)),
        // Which of them a field that was set belongs to, nobody says.
        Recognition::Several { found, .. } if !open.is_empty() => {
            Err(Failure::SeveralCredentials(providers(&found)))
        }
        Recognition::Several { found, unknown } => agreed(found, &unknown, has_name),
        Recognition::Unknown => Err(Failure::WhichProvider(Vec::new())),
    }
}

pub(super) fn providers(found: &[Found]) -> Vec<&'static Provider> {
    let mut providers: Vec<&'static Provider> = Vec::new();
    for found in found {
        if providers.iter().all(|known| known.id != found.provider.id) {
            providers.push(found.provider);
        }
    }
    providers
}
