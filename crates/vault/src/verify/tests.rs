use std::collections::BTreeSet;

use keymoor_protocol::ActorId;
use keymoor_providers::Verdict;

use super::*;
use crate::config::{Backend, Config};
use crate::content::merge;
use crate::vault::Patience;
use crate::{CheckStatus, Edit, Field, NewCredential, Value};

fn named(provider: &str, secrets: &[&str]) -> String {
    let mut action = Content::empty([1; 16], 0).act(ActorId([2; 16]), 0);
    action.set_text(field::PROVIDER, provider);
    let parts = secrets.iter().map(|name| ((*name).to_owned(), "planted".into())).collect();
    action.set_secrets(parts, &BTreeSet::new());
    format!("{:?}", fields_of(&action.finish()))
}

#[test]
fn a_secret_without_a_name_of_the_catalogue_is_what_the_form_asks_for_first() {
    assert_eq!(named("openai", &["secret"]), r#"{"api_key"}"#);
    assert_eq!(named("openai", &["key"]), r#"{"api_key"}"#);
    assert_eq!(named("aws", &["secret", "session_token"]), r#"{"secret_access_key", "session_token"}"#);
    // Where that is there already, it takes nobody's place.
    assert_eq!(named("openai", &["api_key", "secret"]), r#"{"api_key", "secret"}"#);
}

fn vault() -> (tempfile::TempDir, Vault) {
    let home = tempfile::tempdir().unwrap();
    let config = Config {
        home: home.path().to_owned(),
        keychain: Backend::None,
        keychain_service: "unused".to_owned(),
    };
    let vault = Vault::open(config, Patience::default(), &mut |_| Some("correct horse".into())).unwrap();
    (home, vault)
}

fn said(vault: &mut Vault, id: RecordId, values: Values, verdict: Verdict, at: u64) {
    let report =
        Report { verdict, reason: Reason::Answered, say: None, identity: None, expires: None, status: None };
    let asked = Asked { id, title: "openai/work".to_owned(), report, at, values, by_name: false };
    vault.heard(&[asked]).unwrap();
}

#[test]
fn an_answer_about_values_of_before_leaves_what_is_known_of_those_of_now() {
    let (_home, mut vault) = vault();
    let secret = |text: &str| vec![Field { name: "secret".to_owned(), value: Value::Secret(text.into()) }];
    let new = NewCredential {
        provider: "openai".to_owned(),
        name: "work".to_owned(),
        fields: secret("first"),
        ..NewCredential::default()
    };
    let id = vault.add(new).unwrap().id;
    let values = |vault: &mut Vault| vault.questions(&[id]).unwrap().0.remove(0).values;
    let status = |vault: &mut Vault| vault.show(id).unwrap().listing.status;
    let before = values(&mut vault);
    vault.edit(id, Edit { fields: secret("second"), ..Edit::default() }).unwrap();
    let now = values(&mut vault);
    said(&mut vault, id, now, Verdict::Invalid, 1);
    assert_eq!(status(&mut vault), CheckStatus::Error);
    said(&mut vault, id, before, Verdict::Valid, 2);
    assert_eq!(status(&mut vault), CheckStatus::Error, "the answer about the first is none about the second");
    said(&mut vault, id, now, Verdict::Valid, 3);
    assert_eq!(status(&mut vault), CheckStatus::Connected);
    vault.trash(id).unwrap();
    vault.erase(id).unwrap();
    said(&mut vault, id, now, Verdict::Invalid, 4);
}

#[test]
fn what_cannot_be_asked_about_keeps_nothing_else_back() {
    let (_home, mut vault) = vault();
    let mut add = |name: &str| {
        let fields = vec![Field { name: "secret".to_owned(), value: Value::Secret("one".into()) }];
        let (provider, name) = ("openai".to_owned(), name.to_owned());
        vault.add(NewCredential { provider, name, fields, ..NewCredential::default() }).unwrap().id
    };
    let (here, gone) = (add("here"), add("gone"));
    vault.trash(gone).unwrap();
    let (questions, refused) = vault.questions_where_possible(&[gone, here]);
    assert_eq!(questions.ids().collect::<Vec<_>>(), [here]);
    assert!(matches!(refused.as_slice(), [(id, Error::NotFound)] if *id == gone), "{refused:?}");
}

/// What a device writes of a host and its key.
fn moved(content: &Content, actor: u8, host: Option<&str>, key: &str) -> Content {
    let mut action = content.clone().act(ActorId([actor; 16]), 1);
    if let Some(host) = host {
        action.set_text(&format!("{}host", field::OPEN), host);
    }
    action.set_secrets([("token".to_owned(), key.into())].into(), &BTreeSet::new());
    action.finish()
}

#[test]
fn an_address_of_one_change_is_not_asked_with_the_key_of_another() {
    let mut action = Content::empty([1; 16], 0).act(ActorId([1; 16]), 0);
    action.set_text(field::PROVIDER, "gitlab");
    let first = moved(&action.finish(), 1, Some("gitlab.example.com"), "glpat-first");
    assert!(must_be_of_one_change(&first).is_ok());
    let elsewhere = moved(&first, 2, Some("gitlab.example.net"), "glpat-elsewhere");
    let renewed = moved(&first, 3, None, "glpat-renewed");
    let merged = merge(&elsewhere, &renewed);
    assert!(merged.meta.is_mixed());
    assert!(matches!(must_be_of_one_change(&merged), Err(Error::Unsettled)));
    // A note that is to be settled keeps nothing back.
    let note = |actor| {
        let mut action = first.clone().act(ActorId([actor; 16]), 1);
        action.set_text(field::NOTE, &actor.to_string());
        action.finish()
    };
    let noted = merge(&note(2), &note(3));
    assert!(noted.meta.alternates().count() == 1 && must_be_of_one_change(&noted).is_ok());
}

#[test]
fn a_name_of_the_catalogue_stays_what_it_is() {
    assert_eq!(named("aws", &["session_token"]), r#"{"session_token"}"#);
    assert_eq!(named("nobody", &["key"]), r#"{"key"}"#);
}
