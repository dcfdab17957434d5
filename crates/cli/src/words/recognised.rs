//! Whose a secret is, and what is odd about it.

use keymoor_providers::{Field, FieldProblem, Flaw, Found, Provider, provider};
use keymoor_vault::Saved;

use super::Words;
use crate::output::{argument, plain};

const NOTHING: &str = "Nothing was stored.";

/// The secret does not tell whose it is.
pub(super) fn which(providers: &[&Provider]) -> Words {
    let ids: Vec<&str> = providers.iter().map(|provider| provider.id.as_str()).collect();
    match ids.first() {
        None => Words::new("Whose API is it for? The secret does not tell.")
            .safe(NOTHING)
            .hint("Name the provider first: keymoor add openai --name work"),
        Some(first) => Words::new(format!("It could be a key of several providers: {}.", ids.join(", ")))
            .safe(NOTHING)
            .hint(format!("Name the one it is: keymoor add {first} --name NAME")),
    }
}

/// Asks what a new credential is called.
pub(crate) fn name_of_new(provider: &str, offered: &str) -> String {
    let provider = provider.trim();
    let provider = self::provider(&provider.to_lowercase())
        .map_or_else(|| plain(provider), |known| known.name.as_str().into());
    format!("What do you call this credential of {provider}? (Enter: {offered}) ")
}

/// The answer is the name of another one.
pub(crate) fn name_is_taken(provider: &str, name: &str) -> String {
    format!("{} already has a credential named \"{}\".", plain(provider.trim()), plain(name))
}

/// There is no name, and nobody to be asked.
pub(super) fn no_name(id: Option<&str>) -> Words {
    let id = id.map(|id| format!("{} ", argument(id.trim()))).unwrap_or_default();
    Words::new("A name is missing, and there is no terminal to ask for it.")
        .safe(NOTHING)
        .hint(format!("Say what you call it: keymoor add {id}--name default"))
}

/// It looks like a provider's key, and cannot be one.
pub(super) fn typo(provider: &Provider, flaw: Flaw) -> Words {
    Words::new(format!("It looks like a key of {}, {}.", provider.name, flawed(flaw)))
        .safe(NOTHING)
        .hint(format!("Copy it again. To keep it as it is: keymoor add {} --name NAME", provider.id))
}

/// Several credentials at once, where nobody can be asked.
pub(super) fn several(providers: &[&Provider]) -> Words {
    let names: Vec<&str> = providers.iter().map(|provider| provider.name.as_str()).collect();
    let words = match names.as_slice() {
        [one] => format!("Beside a credential of {one} there is something else in it."),
        _ => format!("There is more than one credential in it: {}.", names.join(", ")),
    };
    let mut hint =
        String::from("At a terminal, keymoor add takes all of them. One by one, each with its own lines:");
    for provider in providers {
        hint.push_str(&format!("\n  keymoor add {} --name NAME --stdin", provider.id));
    }
    Words::new(words).safe(NOTHING).hint(hint)
}

/// What of a text is not saved: names as they stand there, and providers of which something is missing.
pub(crate) fn left_out(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| plain(name)).collect();
    format!(
        "Not saved, for whose it is cannot be told, or something is missing: {}. Each on its own: keymoor add PROVIDER",
        names.join(", ")
    )
}

/// Asks whether to save what was recognised.
pub(crate) fn save_all(found: &[Found]) -> String {
    let names: Vec<&str> = found.iter().map(|found| found.provider.name.as_str()).collect();
    match names.as_slice() {
        [one] => format!("There is a credential of {one} in it. Save that?"),
        _ => format!("There are {} credentials in it: {}. Save them all?", names.len(), names.join(", ")),
    }
}

/// Fields are missing.
pub(super) fn missing(provider: &Provider, fields: &[&str]) -> Words {
    let (secret, open): (Vec<&str>, Vec<&str>) =
        fields.iter().partition(|key| provider.field(key).is_some_and(|field| field.secret));
    let set: Vec<String> = open.iter().map(|field| format!("--set {field}=…")).collect();
    let hint = if secret.is_empty() {
        format!("Say them: {}", set.join(" "))
    } else {
        let all = provider.fields.iter().filter(|field| field.secret && field.required);
        let all: Vec<String> = all.map(|field| format!("\"{}\": \"…\"", field.key)).collect();
        let set = set.iter().map(|set| format!(" {set}")).collect::<String>();
        format!(
            "Secret ones come as JSON: keymoor add {} --name NAME{set} --fields-stdin, with {{{}}} as input.",
            provider.id,
            all.join(", ")
        )
    };
    Words::new(format!("A credential of {} also needs: {}.", provider.name, fields.join(", ")))
        .safe(NOTHING)
        .hint(hint)
}

/// A field that the catalogue does not have.
pub(crate) fn unknown_field(provider: &Provider, name: &str) -> String {
    let known: Vec<&str> = provider.fields.iter().map(|field| field.key.as_str()).collect();
    format!(
        "{}: {} has no such field; programs look for {}. It is kept as it is.",
        plain(name),
        provider.name,
        known.join(", ")
    )
}

/// A key that is certainly another provider's was saved: how it gets to where it belongs.
pub(crate) fn anothers(other: &Provider, saved: &Saved) -> String {
    let title = argument(&format!("{}/{}", saved.provider, saved.name));
    format!(
        "This looks like a key of {}, and {} is not asked about it. To move it there:\n  keymoor get {title} --raw | keymoor add {} --name {} --stdin\n  keymoor rm {title}",
        other.name,
        provider(&saved.provider).map_or(&*plain(&saved.provider), |known| &known.name),
        other.id,
        argument(&saved.name),
    )
}

/// A credential that lacks something.
pub(crate) fn incomplete(provider: &Provider, field: &Field) -> String {
    let way = if field.secret { "--fields-stdin" } else { &format!("--set {}=…", field.key) };
    format!(
        "{} is missing: {} does not take it without. To give it: keymoor edit NAME {way}",
        field.label, provider.name
    )
}

/// A value is kept although it does not look right.
pub(crate) fn odd(provider: &Provider, field: &Field, problem: FieldProblem) -> String {
    let text = match problem {
        FieldProblem::Checksum => format!("has a typo, by its checksum: {} will refuse it", provider.name),
        FieldProblem::ForeignHost => {
            format!("is no address of {}, and no key will be sent there", provider.name)
        }
        _ => format!("is not what {} gives out, by its looks", provider.name),
    };
    format!("{}: this {text}. It is kept as it is.", field.label)
}

fn flawed(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::Checksum => "with a typo: its checksum is wrong",
        Flaw::Shape => "but part of it is missing, or too much was copied",
    }
}
