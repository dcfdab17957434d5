//! Records that a newer version of Keymoor wrote: fabricated with schema 2 and members that nobody here knows.

use keymoor_protocol::{ActorId, Class};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::*;
use crate::add::{Field, NewCredential, Value as FieldValue};
use crate::config::{Backend, Config};
use crate::content::{field, payload};
use crate::edit::Edit;
use crate::find::Place;
use crate::rules::refused::Room;
use crate::sync::freeze::freeze;
use crate::vault::{Patience, Vault};

const NEWER: ActorId = ActorId([0xee; 16]);

/// A vault with one credential that the server has.
pub(super) fn synced(home: &std::path::Path) -> (Vault, RecordId) {
    let config =
        Config { home: home.to_owned(), keychain: Backend::None, keychain_service: "unused".to_owned() };
    synced_as(config)
}

pub(super) fn synced_as(config: Config) -> (Vault, RecordId) {
    let mut vault = Vault::open(config, Patience::default(), &mut |_| Some("correct horse".into())).unwrap();
    let fields = vec![Field { name: "secret".to_owned(), value: FieldValue::Secret(SECRET.into()) }];
    let (provider, name) = ("openai".to_owned(), "work".to_owned());
    let new = NewCredential { provider, name, fields, ..NewCredential::default() };
    let id = vault.add(new).unwrap().id;
    let keys = &vault.keys;
    vault
        .cache
        .write(|change| {
            let draft = change.draft(id)?.unwrap();
            let meta = keys.open_meta(&draft.record).unwrap();
            change.put_base(&draft.record, 1, keys.tags(&meta))?;
            change.drop_draft(id)
        })
        .unwrap();
    (vault, id)
}

const SECRET: &str = "sk-the-secret-of-work";

/// The credential as a newer version of Keymoor edited it elsewhere: with a note, and with what only that one knows.
fn newer(vault: &mut Vault, id: RecordId, version: u64, schema: u16) -> Record {
    let keys = &vault.keys;
    let base = vault.cache.read(|view| view.base(id)).unwrap().unwrap();
    let mut action = keys.open(&base.record).unwrap().act(NEWER, 9);
    action.set_text(field::NOTE, "of the newer version");
    let content = action.finish();
    let mut json: Value = serde_json::from_slice(&payload::encode_meta(&content.meta)).unwrap();
    json["rotation"] = json!({"every": "90d", "steps": [1, 2]});
    let secrets = payload::encode_secrets(&content.secrets);
    let envelope = |class, text: &[u8]| keys.envelope(class, id, version, schema, text).unwrap();
    Record {
        id,
        version,
        deleted: false,
        meta: envelope(Class::Meta, json.to_string().as_bytes()),
        secret: envelope(Class::Secret, &secrets),
    }
}

pub(super) fn pull(vault: &mut Vault, record: &Record, seq: u64) {
    let keys = &vault.keys;
    vault
        .cache
        .write(|change| {
            let mut actor = crate::drafts::actor(change, keys)?;
            take(change, keys, record, seq, &mut actor, &mut Outcome::default())
        })
        .unwrap();
}

pub(super) fn note(text: &str) -> Edit {
    Edit { note: Some(text.into()), ..Edit::default() }
}

pub(super) fn pushed(vault: &mut Vault) -> Vec<Record> {
    let keys = &vault.keys;
    let push = vault
        .cache
        .write(|change| freeze(change, keys, false, &Room::default(), &mut Outcome::default()))
        .unwrap();
    push.map(|push| push.records).unwrap_or_default()
}

#[test]
fn a_record_of_a_newer_schema_is_shown_and_not_changed() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id) = synced(home.path());
    let record = newer(&mut vault, id, 2, payload::schema() + 1);
    pull(&mut vault, &record, 2);

    let listing = vault.list(&Default::default()).unwrap().remove(0);
    assert!(listing.read_only);
    let detail = vault.show(id).unwrap();
    assert!(detail.listing.read_only && detail.listing.note.as_deref() == Some("of the newer version"));
    assert_eq!(vault.reveal(id, None).unwrap().expose_secret(), SECRET);
    assert_eq!(vault.find("openai/work", Place::Active).unwrap(), id);
    assert_eq!(vault.history(id).unwrap().len(), 2);

    let secret = Field { name: "secret".to_owned(), value: FieldValue::Secret("other".into()) };
    let (provider, name) = ("openai".to_owned(), "work".to_owned());
    let fields = vec![secret];
    let replace = NewCredential { provider, name, fields, replace: true, ..NewCredential::default() };
    let refused = [
        vault.edit(id, note("x")).err(),
        vault.trash(id).err(),
        vault.restore(id).err(),
        vault.revert(id, "1").err(),
        vault.settle(id, "note", "1-00").err(),
        vault.add(replace).err(),
    ];
    for error in refused {
        assert!(matches!(error, Some(Error::NewerRecord)), "{error:?}");
    }
    let kept = vault.cache.read(|view| view.current(id)).unwrap().unwrap();
    assert_eq!((kept.draft.is_none(), kept.base.unwrap().record), (true, record), "byte for byte");
    assert!(pushed(&mut vault).is_empty());
}

#[test]
fn a_draft_under_which_a_newer_record_arrives_waits_as_it_is_and_is_merged_after_the_update() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id) = synced(home.path());
    vault.edit(id, Edit { labels: Some(vec!["mine".into()]), ..Edit::default() }).unwrap();
    let draft = vault.cache.read(|view| view.draft(id)).unwrap().unwrap().record;
    let record = newer(&mut vault, id, 2, payload::schema() + 1);
    pull(&mut vault, &record, 2);

    let now_is = |vault: &mut Vault| vault.cache.read(|view| view.current(id)).unwrap().unwrap();
    let current = now_is(&mut vault);
    assert_eq!((&current.draft.unwrap().record, &current.base.unwrap().record), (&draft, &record));
    assert!(pushed(&mut vault).is_empty(), "it would be sealed as schema 1");
    assert!(matches!(vault.edit(id, note("x")), Err(Error::NewerRecord)));
    assert!(vault.show(id).unwrap().listing.read_only);
    assert_eq!(now_is(&mut vault).draft.unwrap().record, draft, "untouched through all of it");

    // The update: the same record, in a schema that is known.
    let known = newer(&mut vault, id, 3, payload::schema());
    let keys = &vault.keys;
    let tags = keys.tags(&keys.open_meta(&known).unwrap());
    vault.cache.write(|change| change.put_base(&known, 3, tags)).unwrap();
    let [merged] = &pushed(&mut vault)[..] else { panic!("one record") };
    let content = vault.keys.open(merged).unwrap();
    assert_eq!(merged.version, 4);
    assert_eq!(content.meta.text(field::NOTE), "of the newer version");
    assert!(content.meta.labels().contains("mine"));
    assert!(content.meta.unknown.contains_key("rotation"));
}

#[test]
fn what_is_carried_on_keeps_its_schema_and_every_byte_inside() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id) = synced(home.path());
    let record = newer(&mut vault, id, 2, payload::schema() + 1);
    let other = RecordId::generate();
    let carried = vault.keys.carry(&record, other, 7).unwrap();
    assert_eq!((carried.id, carried.version, carried.is_consistent()), (other, 7, true));
    for envelope in [&carried.meta, &carried.secret] {
        assert_eq!(envelope.header().schema, payload::schema() + 1);
    }
    let (before, after) = (vault.keys.open(&record).unwrap(), vault.keys.open(&carried).unwrap());
    assert_eq!(before.meta, after.meta);
    assert!(after.meta.unknown.contains_key("rotation") && after.is_newer());
    assert_eq!(after.secrets.values().next().unwrap().expose_secret(), SECRET);
    // And the gate that everything else meets:
    assert!(matches!(vault.keys.seal(id, 8, &after), Err(Error::NewerRecord)));
    let known = vault.keys.open(&vault.cache.read(|view| view.base(id)).unwrap().unwrap().record).unwrap();
    let merged = crate::content::merge(&known, &after);
    assert!(matches!(vault.keys.seal(id, 8, &merged), Err(Error::NewerRecord)), "merged or not");
}

/// It is the same key, known by another id.
#[test]
fn what_comes_back_as_a_new_record_keeps_the_note_that_a_key_was_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id) = synced(home.path());
    vault.cache.write(|change| change.set_setting(&format!("key_asked:{id}"), b"7")).unwrap();
    vault.edit(id, note("unseen")).unwrap();
    let keys = &vault.keys;
    vault.cache.write(|change| forget(change, keys, id, &mut Outcome::default())).unwrap();
    let back = vault.list(&Default::default()).unwrap().remove(0).id;
    assert_ne!(back, id);
    assert_eq!(vault.key_asked_at(back).unwrap(), Some(7));
}
