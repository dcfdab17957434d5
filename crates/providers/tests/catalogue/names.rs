//! Names: keys of fields, variables of the environment, and what is marked as unverified.

use std::collections::BTreeMap;

use keymoor_providers::{Provider, Service, provider, providers, services};

use super::{files, none};

/// A variable of the environment, and what it is for.
fn variables() -> BTreeMap<&'static str, Vec<(String, &'static str)>> {
    let mut variables: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for provider in providers() {
        for field in &provider.fields {
            for name in field.env.iter().chain(&field.env_file).chain(field.env_parts.keys()) {
                variables
                    .entry(name)
                    .or_default()
                    .push((format!("provider {}", provider.id), field.key.as_str()));
            }
        }
        for name in provider.endpoint.iter().flat_map(|endpoint| &endpoint.base_env) {
            variables.entry(name).or_default().push((format!("provider {}", provider.id), "base"));
        }
    }
    for service in services() {
        for setting in &service.settings {
            for name in &setting.env {
                variables
                    .entry(name)
                    .or_default()
                    .push((format!("service {}", service.id), setting.key.as_str()));
            }
        }
    }
    variables
}

#[test]
fn variables_have_names_that_a_shell_takes() {
    let environments = providers().map(|provider| &provider.environment);
    let others = environments.flat_map(|others| others.accounts.iter().chain(&others.addresses));
    for name in variables().into_keys().chain(others.map(String::as_str)) {
        let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        assert!(name.chars().all(plain) && name.starts_with(|c: char| c.is_ascii_uppercase()), "{name}");
    }
}

/// Who may share a variable: both kinds of a Twilio key have an account. Its field is called the same then.
const RELATIVES: &[&[&str]] = &[
    &["provider aws", "provider bedrock_api_key"],
    &["provider twilio", "provider twilio_api_key"],
    &["provider shopify_admin_token", "provider shopify_client_credentials", "service shopify"],
];

#[test]
fn a_variable_is_used_for_one_thing() {
    let mut wrong = Vec::new();
    for (name, uses) in variables() {
        if uses.iter().any(|(_, key)| *key != uses[0].1) {
            wrong.push(format!("{name} is used for different things: {uses:?}"));
        }
        let mut owners: Vec<_> = uses.iter().map(|(owner, _)| owner).collect();
        owners.sort();
        owners.dedup();
        let related = |all: &&[&str]| owners.iter().all(|owner| all.contains(&owner.as_str()));
        if owners.len() > 1 && !RELATIVES.iter().any(related) {
            wrong.push(format!("{name} is used by {owners:?}"));
        }
        if owners.len() != uses.len() {
            wrong.push(format!("{name} is twice in one file"));
        }
    }
    none(&wrong);
}

#[test]
fn no_two_services_share_a_variable() {
    for (name, uses) in variables() {
        let services = uses.iter().filter(|(owner, _)| owner.starts_with("service "));
        assert!(services.count() <= 1, "{name}");
    }
}

/// What has none is lent to no program. A key for any API at all has none of its own.
#[test]
fn every_secret_and_every_setting_has_a_variable() {
    let secrets = providers().flat_map(|provider| {
        let nameless = provider.fields.iter().filter(|field| field.secret && field.env.is_empty());
        nameless.map(|field| format!("{}.{}", provider.id, field.key))
    });
    assert_eq!(secrets.collect::<Vec<_>>(), ["generic_http.api_key"]);
    let settings = services().flat_map(|service| {
        let nameless = service.settings.iter().filter(|setting| setting.env.is_empty());
        nameless.map(|setting| format!("{}.{}", service.id, setting.key))
    });
    assert_eq!(settings.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn keys_are_words_and_each_is_there_once() {
    let mut wrong = Vec::new();
    let mut look = |id: &str, keys: Vec<&str>| {
        for (at, key) in keys.iter().enumerate() {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if key.is_empty() || !key.chars().all(plain) || keys[..at].contains(key) {
                wrong.push(format!("{id}: {key}"));
            }
        }
    };
    for provider in providers() {
        look(&provider.id, provider.fields.iter().map(|field| field.key.as_str()).collect());
    }
    for service in services() {
        look(&service.id, service.settings.iter().map(|setting| setting.key.as_str()).collect());
    }
    none(&wrong);
}

/// A mark that names nothing marks nothing: `field.token.env`, `verify.answer.403`, `console`.
#[test]
fn what_is_marked_as_unverified_exists() {
    let mut wrong = Vec::new();
    for (folder, table) in [("providers", "field"), ("services", "setting")] {
        for (id, text) in files(folder) {
            let file: toml::Table = text.parse().unwrap();
            for mark in file.get("unverified").and_then(|marks| marks.as_array()).into_iter().flatten() {
                let mark = mark.as_str().unwrap();
                if !leads_somewhere(&file, mark, table) {
                    wrong.push(format!("{folder}/{id}: {mark}"));
                }
            }
        }
    }
    none(&wrong);
}

fn leads_somewhere(file: &toml::Table, mark: &str, by_key: &str) -> bool {
    let mut at = toml::Value::Table(file.clone());
    let mut parts = mark.split('.').peekable();
    while let Some(part) = parts.next() {
        let next = match &at {
            toml::Value::Table(table) => table.get(part).cloned(),
            toml::Value::Array(values) => values.iter().find_map(|value| match part.parse::<i64>() {
                Ok(status) => has_status(value, status).then(|| value.clone()),
                Err(_) => value.get(part).cloned(),
            }),
            _ => None,
        };
        let Some(next) = next else { return false };
        at = next;
        if part == by_key {
            let Some(key) = parts.next() else { return false };
            let found = at
                .as_array()
                .into_iter()
                .flatten()
                .find(|it| it.get("key").and_then(|it| it.as_str()) == Some(key));
            let Some(found) = found else { return false };
            at = found.clone();
        }
    }
    true
}

fn has_status(answer: &toml::Value, status: i64) -> bool {
    match answer.get("status") {
        Some(toml::Value::Array(all)) => all.iter().any(|one| one.as_integer() == Some(status)),
        Some(one) => one.as_integer() == Some(status),
        None => false,
    }
}

#[test]
fn google_services_ask_for_what_they_use() {
    let asks = |service: &Service| {
        service.accepts.iter().any(|id| id.starts_with("google_") && id != "google_gemini")
    };
    let with_file: Vec<_> =
        services().filter(|service| asks(service) && provider(&service.id).is_none()).collect();
    assert_eq!(with_file.len(), 2);
    for service in with_file {
        assert!(service.scopes.iter().all(|scope| scope.starts_with("https://www.googleapis.com/auth/")));
        assert!(!service.scopes.is_empty() && service.verify.is_some() && !service.settings.is_empty());
        let accepted: Vec<&Provider> = service.accepts.iter().filter_map(|id| provider(id)).collect();
        assert_eq!(accepted.len(), 2, "{}", service.id);
    }
}
