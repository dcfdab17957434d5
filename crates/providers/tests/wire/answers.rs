//! Each documented answer is understood, and each request is the documented one.

use std::collections::BTreeSet;

use keymoor_providers::{Verdict, provider, providers, service, services};

use crate::fixture::Fixture;

#[test]
fn every_provider_is_asked_and_understood_as_it_documents() {
    let wrong: Vec<String> = Fixture::all()
        .iter()
        .filter_map(|fixture| match provider(&fixture.id) {
            Some(provider) => fixture.check(provider).err(),
            None => Some(format!("{}: not in the catalogue", fixture.id)),
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_service_is_asked_and_understood_as_its_provider_documents() {
    let fixtures = Fixture::services();
    let wrong: Vec<String> = fixtures
        .iter()
        .filter_map(|fixture| match (service(&fixture.id), fixture.provider()) {
            (Some(service), Some(provider)) => fixture.check_with(provider, Some(service)).err(),
            _ => Some(format!("{}: not in the catalogue", fixture.id)),
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let written: BTreeSet<_> = fixtures.iter().map(|fixture| fixture.id.as_str()).collect();
    let known: BTreeSet<_> =
        services().filter(|service| service.verify.is_some()).map(|service| service.id.as_str()).collect();
    assert_eq!(written, known);
}

#[test]
fn no_provider_is_without_its_file() {
    let fixtures = Fixture::all();
    let written: BTreeSet<_> = fixtures.iter().map(|fixture| fixture.id.as_str()).collect();
    let known: BTreeSet<_> = providers().map(|provider| provider.id.as_str()).collect();
    assert_eq!(known.difference(&written).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert!(written.len() >= 75);
    for fixture in &fixtures {
        let has = |is: fn(Verdict) -> bool| fixture.answers.iter().any(|answer| is(answer.is));
        assert!(has(Verdict::is_good) && has(Verdict::is_bad), "{}", fixture.id);
    }
}
