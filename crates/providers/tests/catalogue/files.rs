//! Each file fits its type, is small, and has what its kind needs.

use keymoor_providers::{
    Check, Kind, Provider, Service, Template, provider, providers, service, services, template, templates,
};
use serde::de::DeserializeOwned;

use super::{files, none};

/// Whoever adds a provider reads a file or two first.
const LARGEST: usize = 4096;

fn unfit<T: DeserializeOwned>(folder: &str) -> Vec<String> {
    files(folder)
        .iter()
        .filter_map(|(id, text)| Some(format!("{folder}/{id}: {}", toml::from_str::<T>(text).err()?)))
        .collect()
}

#[test]
fn every_file_fits_its_type() {
    none(
        &[unfit::<Provider>("providers"), unfit::<Service>("services"), unfit::<Template>("templates")]
            .concat(),
    );
}

#[test]
fn every_file_is_embedded_under_its_name() {
    assert!(files("providers").len() >= 75);
    for (id, _) in files("providers") {
        assert_eq!(provider(&id).unwrap().id, id);
        assert!(service(&id).is_some(), "{id} is a service, too");
    }
    for (id, _) in files("services") {
        assert_eq!(service(&id).unwrap().id, id);
    }
    for (id, _) in files("templates") {
        assert_eq!(template(&id).unwrap().id, id);
    }
    assert!(provider("no_such").is_none() && service("no_such").is_none() && template("no_such").is_none());
}

#[test]
fn ids_are_words_and_files_are_small() {
    let mut wrong = Vec::new();
    for (id, text) in ["providers", "services", "templates"].into_iter().flat_map(files) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !id.chars().all(plain) || !id.starts_with(|c: char| c.is_ascii_lowercase()) {
            wrong.push(format!("{id}: small letters, digits and _ make an id"));
        }
        if text.len() > LARGEST {
            wrong.push(format!("{id}: {} bytes", text.len()));
        }
    }
    none(&wrong);
}

#[test]
fn every_provider_has_a_secret_and_a_check() {
    let mut wrong = Vec::new();
    for provider in providers() {
        let id = &provider.id;
        if provider.secret_field().is_none() {
            wrong.push(format!("{id}: no secret field"));
        }
        if !provider.fields.iter().any(|field| field.required) {
            wrong.push(format!("{id}: no required field"));
        }
        if provider.fields.iter().any(|field| field.label.is_empty() || field.label.ends_with('.')) {
            wrong.push(format!("{id}: a label is a few words without a full stop"));
        }
        if provider.verify.is_none() {
            wrong.push(format!("{id}: no [verify]"));
        }
        for link in [&provider.console, &provider.docs].into_iter().flatten() {
            if !link.starts_with("https://") {
                wrong.push(format!("{id}: {link} is no https:// link"));
            }
        }
    }
    none(&wrong);
}

#[test]
fn every_check_has_a_good_and_a_bad_answer() {
    let mut wrong = Vec::new();
    let mut look = |id: &str, check: &Check| {
        if !check.answers.iter().any(|answer| answer.is.is_good()) {
            wrong.push(format!("{id}: no good answer"));
        }
        if !check.answers.iter().any(|answer| answer.is.is_bad()) {
            wrong.push(format!("{id}: no bad answer"));
        }
        for answer in &check.answers {
            let by_database = check.kind == Kind::Postgres;
            let named = !answer.status.0.is_empty() || answer.failure.is_some();
            if by_database != answer.sqlstate.is_some() || by_database == named {
                wrong
                    .push(format!("{id}: an answer names a status, a failure or, of PostgreSQL, a SQLSTATE"));
            }
            if let Some(status) = answer.status.0.iter().find(|status| !(200..600).contains(*status)) {
                wrong.push(format!("{id}: {status} is no status of an answer"));
            }
        }
    };
    providers().filter_map(|it| Some((&it.id, it.verify.as_ref()?))).for_each(|(id, it)| look(id, it));
    services().filter_map(|it| Some((&it.id, it.verify.as_ref()?))).for_each(|(id, it)| look(id, it));
    none(&wrong);
}

#[test]
fn services_accept_known_providers_and_templates_name_known_services() {
    let mut wrong = Vec::new();
    for service in services() {
        if service.accepts.is_empty() {
            wrong.push(format!("{}: accepts nothing", service.id));
        }
        for id in service.accepts.iter().filter(|id| provider(id).is_none()) {
            wrong.push(format!("{}: no provider {id}", service.id));
        }
    }
    for template in templates() {
        if template.services.len() < 2 {
            wrong.push(format!("{}: a template is of several services", template.id));
        }
        for id in template.services.iter().filter(|id| service(id).is_none()) {
            wrong.push(format!("{}: no service {id}", template.id));
        }
    }
    none(&wrong);
}
