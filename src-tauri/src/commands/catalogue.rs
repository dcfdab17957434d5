//! What the catalogue knows: providers and their fields, and whose a pasted secret is. Nothing here is sent anywhere, and no
//! answer has a secret in it.

use keymoor_providers::{
    FieldProblem, Flaw, Found, Provider, Recognition, another_of, check_field, is_sample, monogram, provider,
    providers,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use tauri::{AppHandle, command};
use tauri_plugin_clipboard_manager::ClipboardExt as _;

use crate::desk::Answer;
use crate::failure::Failure;
use crate::requests::Handed;

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct ProviderInfo {
    id: &'static str,
    name: &'static str,
    /// Two letters that stand for it.
    monogram: String,
    /// Where a key is made and revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    console: Option<&'static str>,
    /// In the order of its form.
    fields: Vec<FieldInfo>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct FieldInfo {
    /// What it is called in a credential.
    name: String,
    label: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'static str>,
    secret: bool,
    /// Whether the credential is of no use without it.
    required: bool,
    /// Whether it is the one that a pasted secret goes into.
    first: bool,
}

/// Whose a secret could be.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) enum Recognised {
    Certain {
        found: FoundInfo,
    },
    /// It could be of any of these.
    Candidates {
        found: Vec<FoundInfo>,
    },
    /// It looks like this one's, and something is wrong with it.
    Typo {
        found: FoundInfo,
        problem: Problem,
    },
    /// The person named a provider, and it is certainly a key of this other one.
    Another {
        found: FoundInfo,
    },
    /// It holds several credentials.
    Several {
        found: Vec<FoundInfo>,
    },
    Unknown,
    /// It is one of the catalogue's examples.
    Sample,
}

/// A provider, and the names of the fields that were there.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct FoundInfo {
    provider: &'static str,
    fields: Vec<String>,
}

/// What is wrong with a value.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Problem {
    /// A checksum: a character is another.
    Checksum,
    /// It is not what the provider gives out.
    Shape,
    /// It has characters that do not belong there.
    Characters,
    /// An address of somebody else.
    ForeignHost,
}

#[command]
pub(crate) async fn catalogue() -> Vec<ProviderInfo> {
    providers().map(info).collect()
}

/// Copies where a provider's keys are made: an address of the catalogue, and no other that the web view might name.
#[command]
pub(crate) async fn copy_console(app: AppHandle, provider: String) -> Answer<()> {
    let known = keymoor_providers::provider(&provider).and_then(|known| known.console.as_deref());
    let console = known.ok_or_else(|| Failure::new(Failure::NOT_FOUND))?;
    app.clipboard().write_text(console).map_err(|_| Failure::new(Failure::CLIPBOARD))
}

/// Whose this is. With a `provider`, whether it fits the field that its form asks for first.
#[command]
pub(crate) async fn recognise(secret: Handed, provider: Option<String>) -> Recognised {
    recognised(&secret.0, provider.as_deref())
}

fn recognised(secret: &SecretString, chosen: Option<&str>) -> Recognised {
    let text = secret.expose_secret(); // looked at where it lies; only ids and names leave here
    if is_sample(text) {
        return Recognised::Sample;
    }
    let recognition = keymoor_providers::recognise(text);
    if let Some(known) = chosen.and_then(|id| provider(&id.trim().to_lowercase())) {
        return of(known, text, recognition);
    }
    match recognition {
        Recognition::Certain(found) => Recognised::Certain { found: found.into() },
        Recognition::Candidates(found) => Recognised::Candidates { found: once_each(found) },
        Recognition::Typo(found, flaw) => {
            let problem = match flaw {
                Flaw::Checksum => Problem::Checksum,
                Flaw::Shape => Problem::Shape,
            };
            Recognised::Typo { found: found.into(), problem }
        }
        Recognition::Several { found, .. } => Recognised::Several { found: once_each(found) },
        Recognition::Unknown => Recognised::Unknown,
    }
}

/// A secret of a provider that the person named. Nothing is told of one whose looks the catalogue does not know.
fn of(known: &'static Provider, text: &str, recognition: Recognition) -> Recognised {
    let first = known.secret_field();
    match recognition {
        Recognition::Certain(found) if found.provider.id == known.id && found.has_secret() => {
            return Recognised::Certain { found: found.into() };
        }
        Recognition::Certain(found)
            if first.is_some_and(|first| another_of(known, &first.key, text).is_some()) =>
        {
            return Recognised::Another { found: found.into() };
        }
        Recognition::Typo(found, Flaw::Checksum) if found.provider.id == known.id => {
            return Recognised::Typo { found: found.into(), problem: Problem::Checksum };
        }
        _ => {}
    }
    let Some(found) = known.found_in(text) else { return Recognised::Unknown };
    let problem = found.fields.iter().find_map(|(key, value)| {
        let value = value.expose_secret(); // what would be kept, looked at where it lies
        check_field(known, key, value.strip_suffix('\n').unwrap_or(value)).err()
    });
    match problem {
        None if first.is_none_or(|first| first.pattern.is_none()) => Recognised::Unknown,
        None => Recognised::Certain { found: found.into() },
        Some(problem) => Recognised::Typo { found: found.into(), problem: problem.into() },
    }
}

fn once_each(all: Vec<Found>) -> Vec<FoundInfo> {
    let mut found: Vec<FoundInfo> = Vec::new();
    for one in all {
        if found.iter().all(|known| known.provider != one.provider.id) {
            found.push(one.into());
        }
    }
    found
}

fn info(provider: &'static Provider) -> ProviderInfo {
    let first = provider.secret_field().map(|field| &field.key);
    let field = |field: &'static keymoor_providers::Field| FieldInfo {
        name: provider.name_of(field).to_owned(),
        label: &field.label,
        help: field.help.as_deref(),
        secret: field.secret,
        required: field.required && field.default.is_none(),
        first: first == Some(&field.key),
    };
    ProviderInfo {
        id: &provider.id,
        name: &provider.name,
        monogram: monogram(provider),
        console: provider.console.as_deref(),
        fields: provider.fields.iter().map(field).collect(),
    }
}

impl From<Found> for FoundInfo {
    fn from(found: Found) -> Self {
        let known = found.provider;
        let name = |key: &'static str| known.field(key).map_or(key, |field| known.name_of(field)).to_owned();
        Self { provider: &known.id, fields: found.fields.iter().map(|(key, _)| name(key)).collect() }
    }
}

impl From<FieldProblem> for Problem {
    fn from(problem: FieldProblem) -> Self {
        match problem {
            FieldProblem::Checksum => Self::Checksum,
            FieldProblem::Characters => Self::Characters,
            FieldProblem::NotAnAddress | FieldProblem::ForeignHost | FieldProblem::NotEncrypted => {
                Self::ForeignHost
            }
            FieldProblem::NoSuchField
            | FieldProblem::Missing
            | FieldProblem::Shape
            | FieldProblem::NotJson => Self::Shape,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(secret: &str, chosen: Option<&str>) -> serde_json::Value {
        serde_json::to_value(recognised(&secret.into(), chosen)).unwrap()
    }

    #[test]
    fn whose_a_secret_is_and_never_what_it_is() {
        let groq = "gsk_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijAB";
        let certain = told(groq, None);
        assert_eq!(certain["kind"], "certain");
        assert_eq!(certain["found"]["provider"], "groq");
        assert!(!certain.to_string().contains("0123456789"), "{certain}");
        assert_eq!(told("nothing like a key", None)["kind"], "unknown");
        assert_eq!(told(&groq[..40], Some("groq"))["problem"], "shape");
        assert_eq!(told("ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000", None)["problem"], "checksum");
        assert_eq!(told("ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000", Some("GitHub"))["problem"], "checksum");
        let other = told(groq, Some("openai"));
        assert_eq!((&other["kind"], &other["found"]["provider"]), (&"another".into(), &"groq".into()));
        assert_eq!(told("anything", Some("generic_http"))["kind"], "unknown", "its keys have no shape");
        let sample = &provider("github").unwrap().recognise[0].samples[0];
        assert_eq!(told(sample, None)["kind"], "sample");
    }

    #[test]
    fn the_catalogue_has_a_form_for_every_provider() {
        for provider in providers().map(info) {
            let first = provider.fields.iter().filter(|field| field.first).count();
            assert_eq!(first, 1, "{}", provider.id);
            let names: std::collections::BTreeSet<_> =
                provider.fields.iter().map(|field| &field.name).collect();
            assert_eq!(names.len(), provider.fields.len(), "{}", provider.id);
        }
    }
}
