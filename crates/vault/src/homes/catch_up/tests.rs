//! Older copies of a cache, put in its place: what the lives of a cache did to one record, step by step.

use std::fs;
use std::path::Path;

use keymoor_cache::Base;
use keymoor_keychain::Slot;
use keymoor_protocol::{ActorId, Cursor, Digest, Kind, Record, RecordId};
use keymoor_sealing::commit::sign;
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::*;
use crate::add::{Field, NewCredential, Value};
use crate::config::{Backend, Config};
use crate::content::{Content, field};
use crate::edit::Edit;
use crate::homes::copy::Copy;
use crate::rules::chain::Proving;
use crate::rules::refused::Room;
use crate::sync::accept::accept;
use crate::sync::freeze::freeze;
use crate::sync::take::{Outcome, forget, take};
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
        ..NewCredential::default()
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

/// What the keychain of the other life has of a record.
fn copy(vault: &Vault, id: RecordId, copy: &Copy) -> Vec<(EntryId, Vec<Stored>)> {
    let bytes = Zeroizing::new(copy.encode(&vault.keys.copy).unwrap());
    let slot = Slot { generation: 1, parts: 1 };
    vec![(EntryId::Record(id), vec![Stored { slot, place: None, bytes }])]
}

fn sealed(vault: &Vault, id: RecordId, version: u64, content: &Content) -> Record {
    vault.keys.seal(id, version, content).unwrap()
}

/// A vault whose one record the server has, and what it says.
fn acknowledged(home: &Path) -> (Vault, RecordId, Content) {
    let id = with_one(home);
    let mut vault = open(home);
    let record = draft(&mut vault, id);
    let content = vault.keys.open(&record).unwrap();
    let tags = vault.keys.tags(&content.meta);
    let base = vault.cache.write(|change| {
        change.put_base(&record, 1, tags)?;
        change.drop_draft(id)
    });
    base.unwrap();
    (vault, id, content)
}

fn noted(content: &Content, actor: ActorId, text: &str) -> Content {
    let mut action = content.clone().act(actor, 2);
    action.set_text(field::NOTE, text);
    action.finish()
}

#[test]
fn a_draft_that_the_newer_base_says_is_no_draft_any_more() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id, v1) = acknowledged(home.path());
    edit(&mut vault, id, note("two"));
    let v2 = draft(&mut vault, id);
    let v2 = vault.keys.open(&v2).unwrap();
    let v3 = noted(&v2, actor(&mut vault), "three");
    let base = Base { record: sealed(&vault, id, 3, &v3), seq: 3 };
    let all = copy(&vault, id, &Copy { base: Some(base.clone()), draft: None, erased: false });
    vault.merge_copies(all, None).unwrap();
    let current = vault.cache.read(|view| view.current(id)).unwrap().unwrap();
    assert_eq!((current.base, current.draft), (Some(base), None));
    assert_eq!(vault.show(id).unwrap().listing.note.as_deref(), Some("three"));
    assert_eq!(vault.notices(), [Notice::CacheWasOlder { taken: 1 }]);
    assert!(v1.meta.version() < v3.meta.version() && vault.history(id).unwrap().len() >= 2);
}

#[test]
fn an_edit_that_an_erasure_had_not_seen_takes_it_back() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id, v1) = acknowledged(home.path());
    vault.erase(id).unwrap();
    let edited = noted(&v1, ActorId([9; 16]), "of another device");
    let base = Base { record: sealed(&vault, id, 2, &edited), seq: 2 };
    let all = copy(&vault, id, &Copy { base: Some(base), draft: None, erased: false });
    vault.merge_copies(all, None).unwrap();
    assert!(!vault.cache.read(|view| view.is_erased(id)).unwrap());
    assert_eq!(vault.show(id).unwrap().listing.note.as_deref(), Some("of another device"));
}

/// The keychain could not be read when the copy was noticed, nor written when the user went on.
#[test]
fn what_is_edited_before_the_keychain_was_read_destroys_nothing_of_what_lies_there() {
    for noticed in [true, false] {
        let home = tempfile::tempdir().unwrap();
        let id = with_one(home.path());
        let backup = copied(home.path());
        let mut vault = open(home.path());
        edit(&mut vault, id, note("one"));
        let one = draft(&mut vault, id);
        let all = copy(&vault, id, &Copy { base: None, draft: Some(one), erased: false });
        drop(vault);
        put_back(home.path(), &backup);
        if !noticed {
            // Written over in place, as far as can be seen.
            let file = Cache::identity(home.path()).unwrap();
            let cache = rusqlite::Connection::open(Cache::path(home.path())).unwrap();
            cache.execute("UPDATE setting SET value = ?1 WHERE key = 'file'", [&file[..]]).unwrap();
        }
        let mut vault = open(home.path());
        edit(&mut vault, id, Edit { fields: secret("two"), ..note("two") });
        if !noticed {
            let keys = &vault.keys;
            let doubted = vault.cache.write(|change| {
                let old = drafts::actor(change, keys)?;
                older(change, keys)?;
                Ok::<_, Error>(change.set_setting(UNREAD, &old.0)?) // as where there is a keychain
            });
            doubted.unwrap();
        }
        vault.merge_copies(all, None).unwrap();
        let conflicts = vault.show(id).unwrap().conflicts;
        let notes = conflicts.iter().find(|conflict| conflict.field == "note").unwrap();
        let mut notes: Vec<&str> = notes.choices.iter().map(|choice| choice.summary.as_str()).collect();
        notes.sort_unstable();
        assert_eq!(notes, ["one", "two"]);
        assert_eq!(vault.reveal(id, None).unwrap().expose_secret(), "two");
    }
}

/// Let go, the draft would be an edit that whoever erased the record meanwhile had not seen.
#[test]
fn what_was_frozen_stays_so_and_its_acceptance_is_heard_along_the_whole_chain() {
    let home = tempfile::tempdir().unwrap();
    let id = with_one(home.path());
    let mut vault = open(home.path());
    let keys = &vault.keys;
    let frozen = vault
        .cache
        .write(|change| freeze(change, keys, false, &Room::default(), &mut Outcome::default()))
        .unwrap()
        .unwrap();
    vault.merge_copies(Vec::new(), None).unwrap();
    assert_eq!(vault.cache.read(|view| view.frozen()).unwrap().as_ref(), Some(&frozen));

    // Another device erased it; the mark that this one begins at lies beyond both commits.
    let mut commit = frozen.signed.commit().unwrap();
    (commit.seq, commit.parent) = (2, frozen.signed.head());
    let change = &mut commit.changes[0];
    (change.version, change.kind, change.digest) = (2, Kind::Forgotten, Digest([0; 32]));
    let erased = sign(&vault.keys.root, &commit);
    let head = Cursor { seq: 2, head: erased.head() };
    let mut proving = Proving::begin(vault.keys.vault, head);
    proving.follow(&vault.keys.root, vec![frozen.signed.clone(), erased]).unwrap();
    let proved = proving.end(&[(2, head.head)].into(), 2).unwrap();
    assert_eq!((proved.ancestor, proved.has(&frozen.signed)), (2, true));
    let keys = &vault.keys;
    let forgotten = vault.cache.write(|change| {
        accept(change, keys, &frozen.signed.commit().unwrap(), &frozen, &mut Outcome::default())?;
        forget(change, keys, id, &mut Outcome::default())
    });
    forgotten.unwrap();
    assert!(vault.list(&Default::default()).unwrap().is_empty(), "and nothing came back");
}

#[test]
fn an_acceptance_heard_late_takes_no_later_base_away() {
    let home = tempfile::tempdir().unwrap();
    let id = with_one(home.path());
    let mut vault = open(home.path());
    let keys = &vault.keys;
    let frozen = vault
        .cache
        .write(|change| freeze(change, keys, false, &Room::default(), &mut Outcome::default()))
        .unwrap()
        .unwrap();
    let later = noted(&vault.keys.open(&frozen.records[0]).unwrap(), ActorId([9; 16]), "later");
    let later = Base { record: sealed(&vault, id, 2, &later), seq: 7 };
    let all = copy(&vault, id, &Copy { base: Some(later.clone()), draft: None, erased: false });
    vault.merge_copies(all, None).unwrap();
    let keys = &vault.keys;
    let commit = frozen.signed.commit().unwrap();
    vault.cache.write(|change| accept(change, keys, &commit, &frozen, &mut Outcome::default())).unwrap();
    let current = vault.cache.read(|view| view.current(id)).unwrap().unwrap();
    assert_eq!((current.base, current.draft), (Some(later), None));
}
