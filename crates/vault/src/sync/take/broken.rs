//! Drafts that rotted in the cache.

use keymoor_keychain::test_daemon::with_keyring;
use keymoor_protocol::{ActorId, RecordId};

use super::tests::{note, pull, pushed, synced, synced_as};
use super::*;
use crate::add::{Field, NewCredential, Value};
use crate::config::{Backend, Config};
use crate::content::field;
use crate::edit::Edit;
use crate::vault::Vault;

/// Flips a bit of a draft's secret: the first makes it no record any more, a later one breaks the seal.
fn flip(home: &std::path::Path, id: RecordId, at: usize) {
    let cache = rusqlite::Connection::open(home.join("keymoor.db")).unwrap();
    let select = "SELECT secret FROM draft WHERE id = ?1";
    let mut bytes: Vec<u8> = cache.query_row(select, [id.0], |row| row.get(0)).unwrap();
    bytes[at] ^= 1;
    cache.execute("UPDATE draft SET secret = ?2 WHERE id = ?1", (id.0, &bytes)).unwrap();
}

/// The base as another device edited it.
fn edited_elsewhere(vault: &mut Vault, id: RecordId) -> Record {
    let base = vault.cache.read(|view| view.base(id)).unwrap().unwrap();
    let mut action = vault.keys.open(&base.record).unwrap().act(ActorId([0xee; 16]), 9);
    action.set_text(field::NOTE, "of another device");
    vault.keys.seal(id, base.record.version + 1, &action.finish()).unwrap()
}

fn add(vault: &mut Vault, name: &str) -> RecordId {
    let fields = vec![Field { name: "secret".to_owned(), value: Value::Secret("a secret".into()) }];
    let (provider, name) = ("openai".to_owned(), name.to_owned());
    let new = NewCredential { provider, name, fields, ..NewCredential::default() };
    vault.add(new).unwrap().id
}

#[test]
fn one_that_is_no_record_holds_up_no_other_and_is_replaced_by_what_the_server_has() {
    for at in [0, 150] {
        let home = tempfile::tempdir().unwrap();
        let (mut vault, id) = synced(home.path());
        vault.edit(id, note("lost")).unwrap();
        let other = add(&mut vault, "other");
        flip(home.path(), id, at);
        let sent: Vec<RecordId> = pushed(&mut vault).iter().map(|record| record.id).collect();
        assert_eq!(sent, [other]);

        let actor = |vault: &mut Vault| vault.cache.read(|view| view.device()).unwrap().unwrap().actor;
        let before = actor(&mut vault);
        let record = edited_elsewhere(&mut vault, id);
        pull(&mut vault, &record, 2);
        assert_ne!(actor(&mut vault), before, "the counters of what was lost are not given again");
        assert_eq!(vault.show(id).unwrap().listing.note.as_deref(), Some("of another device"));
        assert!(vault.cache.read(|view| view.is_quarantined(id)).unwrap());
        assert_eq!(vault.cache.integrity().unwrap(), Vec::<String>::new());
    }
}

#[test]
fn one_that_is_no_record_goes_where_the_record_was_forgotten() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id) = synced(home.path());
    vault.edit(id, note("lost")).unwrap();
    flip(home.path(), id, 0);
    let keys = &vault.keys;
    vault.cache.write(|change| forget(change, keys, id, &mut Outcome::default())).unwrap();
    assert!(vault.cache.read(|view| view.is_quarantined(id)).unwrap());
    assert_eq!(vault.cache.read(|view| view.draft_ids()).unwrap(), []);
}

#[test]
fn one_that_is_no_record_is_reverted_and_erased() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id) = synced(home.path());
    vault.edit(id, note("lost")).unwrap();
    for at in [0, 150] {
        flip(home.path(), id, at);
        vault.revert(id, "1").unwrap();
        assert_eq!(vault.show(id).unwrap().listing.note, None);
        assert!(vault.cache.read(|view| view.is_quarantined(id)).unwrap());
        assert_eq!(vault.cache.integrity().unwrap(), Vec::<String>::new());
        vault.edit(id, note("lost again")).unwrap();
    }
    flip(home.path(), id, 0);
    assert!(vault.erase(id).unwrap().on_server);
    assert!(vault.list(&Default::default()).unwrap().is_empty());
    let keys = &vault.keys;
    let room = crate::rules::refused::Room::default();
    let push = vault
        .cache
        .write(|change| crate::sync::freeze::freeze(change, keys, false, &room, &mut Outcome::default()))
        .unwrap();
    let changes = push.unwrap().signed.commit().unwrap().changes;
    assert_eq!(
        changes.iter().map(|c| (c.record, c.kind)).collect::<Vec<_>>(),
        [(id, keymoor_protocol::Kind::Forgotten)]
    );
}

fn with_keychain(home: &std::path::Path) -> (Vault, RecordId) {
    let (home, keychain_service) = (home.to_owned(), "keymoor-test".to_owned());
    let (mut vault, id) = synced_as(Config { home, keychain: Backend::System, keychain_service });
    vault.edit(id, Edit { labels: Some(vec!["mine".into()]), ..Edit::default() }).unwrap();
    (vault, id)
}

#[test]
fn one_that_the_keychain_has_is_healed_before_a_sync() {
    with_keyring("sync::take::broken::one_that_the_keychain_has_is_healed_before_a_sync", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let (mut vault, id) = with_keychain(home.path());
        for at in [0, 150] {
            let draft = vault.cache.read(|view| view.draft(id)).unwrap();
            flip(home.path(), id, at);
            assert!(vault.sync(&Default::default(), &mut |_| None, &mut |_| {}).is_err(), "no server");
            assert_eq!(vault.cache.read(|view| view.draft(id)).unwrap(), draft);
        }
    })
    .unwrap();
}

/// The keychain did not answer before the pull, and does after it.
#[test]
fn one_that_the_keychain_has_is_taken_over_before_its_copy_is_replaced() {
    let name = "sync::take::broken::one_that_the_keychain_has_is_taken_over_before_its_copy_is_replaced";
    with_keyring(name, |_keyring| {
        let home = tempfile::tempdir().unwrap();
        for at in [0, 150] {
            let home = home.path().join(at.to_string());
            let (mut vault, id) = with_keychain(&home);
            flip(&home, id, at);
            let record = edited_elsewhere(&mut vault, id);
            pull(&mut vault, &record, 2);
            assert!(vault.show(id).unwrap().listing.labels.is_empty());
            assert_eq!(vault.mirror(10).unwrap(), 0);
            let listing = vault.show(id).unwrap().listing;
            assert_eq!(listing.note.as_deref(), Some("of another device"));
            assert_eq!(listing.labels, ["mine"]);
            let sent = pushed(&mut vault).remove(0);
            assert!(vault.keys.open(&sent).unwrap().meta.labels().contains("mine"));

            // And where somebody forgot the record, unaware of the edit.
            vault.edit(id, note("mine, too")).unwrap();
            vault.cache.write(|change| change.set_setting(&format!("key_asked:{id}"), b"7")).unwrap();
            flip(&home, id, at);
            let keys = &vault.keys;
            vault.cache.write(|change| forget(change, keys, id, &mut Outcome::default())).unwrap();
            assert!(vault.list(&Default::default()).unwrap().is_empty());
            vault.mirror(10).unwrap();
            let listing = vault.list(&Default::default()).unwrap().remove(0);
            assert_ne!(listing.id, id);
            assert_eq!(listing.note.as_deref(), Some("mine, too"));
            assert_eq!(vault.key_asked_at(listing.id).unwrap(), Some(7));
            vault.erase(listing.id).unwrap();
        }
    })
    .unwrap();
}

/// What lies here cannot be read; what another device edited meanwhile can.
#[test]
fn an_erasure_of_what_cannot_be_read_takes_no_unseen_edit_away() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id) = synced(home.path());
    let record = edited_elsewhere(&mut vault, id);
    let same = vault.cache.read(|view| view.base(id)).unwrap().unwrap().record;
    // Sealed by somebody with other keys, or rotten before it was sent: the base is what came, and does not open.
    let mut rotten = same.clone();
    rotten.meta = record.meta.clone();
    pull(&mut vault, &rotten, 1);
    vault.erase(id).unwrap();
    pull(&mut vault, &rotten, 1);
    assert!(vault.cache.read(|view| view.is_erased(id)).unwrap(), "no news");
    pull(&mut vault, &record, 2);
    assert!(!vault.cache.read(|view| view.is_erased(id)).unwrap());
    assert_eq!(vault.show(id).unwrap().listing.note.as_deref(), Some("of another device"));
}
