//! Older copies of a cache, put in its place: what the lives of a cache did to one record, step by step.

use std::fs;
use std::path::Path;

use keymoor_protocol::{ActorId, Record, RecordId};
use secrecy::ExposeSecret as _;

use super::*;
use crate::add::{Field, NewCredential, Value};
use crate::config::{Backend, Config};
use crate::edit::Edit;
use crate::sync::take::{Outcome, take};
use crate::vault::Patience;

fn open(home: &Path) -> Vault {
    let config =
        Config { home: home.to_owned(), keychain: Backend::None, keychain_service: "unused".to_owned() };
    Vault::open(config, Patience::default(), &mut |_| Some("correct horse".into())).unwrap()
}

/// A vault with one record that nobody else knows.
fn with_one(home: &Path) -> RecordId {
    let mut vault = open(home);
    let new = NewCredential {
        provider: "openai".to_owned(),
        name: "work".to_owned(),
        fields: secret("the first secret"),
        labels: Vec::new(),
        note: None,
        replace: false,
        fallback: false,
    };
    vault.add(new).unwrap().id
}

fn secret(text: &str) -> Vec<Field> {
    vec![Field { name: "secret".to_owned(), value: Value::Secret(text.into()) }]
}

fn edit(vault: &mut Vault, id: RecordId, edit: Edit) {
    assert!(vault.edit(id, edit).unwrap().changed);
}

fn note(text: &str) -> Edit {
    Edit { note: Some(text.into()), ..Edit::default() }
}

/// Its file, as a backup has it.
fn copied(home: &Path) -> Vec<u8> {
    fs::read(Cache::path(home)).unwrap()
}

/// Another file with the bytes of before.
fn put_back(home: &Path, bytes: &[u8]) {
    let path = Cache::path(home);
    fs::rename(&path, home.join("of the other life")).unwrap(); // so that its number is not given again
    fs::write(path, bytes).unwrap();
}

fn draft(vault: &mut Vault, id: RecordId) -> Record {
    vault.cache.read(|view| view.draft(id)).unwrap().unwrap().record
}

fn actor(vault: &mut Vault) -> ActorId {
    vault.cache.read(|view| view.device()).unwrap().unwrap().actor
}

fn pull(vault: &mut Vault, record: &Record, seq: u64) {
    let keys = &vault.keys;
    let pulled = vault.cache.write(|change| {
        let mut actor = drafts::actor(change, keys)?;
        take(change, keys, record, seq, &mut actor, &mut Outcome::default())
    });
    pulled.unwrap();
}

#[test]
fn two_lives_of_a_cache_without_a_keychain_destroy_nothing_of_each_other() {
    let home = tempfile::tempdir().unwrap();
    let id = with_one(home.path());
    let backup = copied(home.path());
    let mut vault = open(home.path());
    let first_life = actor(&mut vault);
    edit(&mut vault, id, note("of the first life"));
    let sent = draft(&mut vault, id);
    drop(vault);

    put_back(home.path(), &backup);
    let mut vault = open(home.path());
    edit(&mut vault, id, Edit { fields: secret("of the second life"), ..Edit::default() });
    pull(&mut vault, &sent, 2);
    assert_eq!(vault.show(id).unwrap().listing.note.as_deref(), Some("of the first life"));
    assert_eq!(vault.reveal(id, None).unwrap().expose_secret(), "of the second life");
    let second_life = actor(&mut vault);
    assert_ne!(second_life, first_life);
    drop(vault);
    assert_eq!(actor(&mut open(home.path())), second_life, "once");
}
