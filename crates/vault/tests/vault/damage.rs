//! Bytes that rot in one home or in both: the value comes back, or an error says why; never another value.

use std::path::Path;

use keymoor_keychain::EntryId;
use keymoor_keychain::test_daemon::with_keyring;
use keymoor_vault::{
    CheckStatus, Edit, Error, Finding, HomeName, HomeState, Kept, Kind, LendError, NewCredential, Notice,
    RecordId, Vault, Why, Wish,
};
use secrecy::ExposeSecret as _;

use crate::keychain::{forget_cache, keychain, newest};
use crate::place::{add, all, names, new, open_system, sealed, secret};

fn raw(home: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(home.join("keymoor.db")).unwrap()
}

/// Flips one bit of a draft's envelope. At the front it is no envelope any more, further on only the seal can tell.
pub(crate) fn flip(home: &Path, id: RecordId, column: &str, at: usize) -> Vec<u8> {
    let cache = raw(home);
    let select = format!("SELECT {column} FROM draft WHERE id = ?1");
    let mut bytes: Vec<u8> = cache.query_row(&select, [id.0], |row| row.get(0)).unwrap();
    bytes[at] ^= 1;
    cache.execute(&format!("UPDATE draft SET {column} = ?2 WHERE id = ?1"), (id.0, &bytes)).unwrap();
    bytes
}

fn quarantine(home: &Path, id: RecordId) -> Vec<Vec<u8>> {
    let cache = raw(home);
    let mut rows = cache.prepare("SELECT bytes FROM quarantine WHERE id = ?1").unwrap();
    rows.query_map([id.0], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

fn homes_of(error: Error) -> Vec<(HomeName, Why)> {
    assert_eq!(error.kind(), Kind::Damaged);
    let Error::Unreadable { homes, .. } = error else { panic!("{error:?}") };
    homes
}

const PLACES: [(&str, usize); 5] =
    [("secret", 0), ("secret", 150), ("secret", 60), ("meta", 2), ("meta", 200)];

#[test]
fn a_broken_row_is_healed_from_the_keychain() {
    with_keyring("damage::a_broken_row_is_healed_from_the_keychain", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let mut vault = open_system(home.path()).unwrap();
        for (n, (column, at)) in PLACES.into_iter().enumerate() {
            let id = add(&mut vault, &format!("key {n}"), &format!("secret {n}")).id;
            let wanted = vault.show(id).unwrap();
            let row = |column: &str| -> Vec<u8> {
                let sql = format!("SELECT {column} FROM draft WHERE id = ?1");
                raw(home.path()).query_row(&sql, [id.0], |row| row.get(0)).unwrap()
            };
            let before = (row("meta"), row("secret"));
            let broken = flip(home.path(), id, column, at);
            assert_eq!(
                vault.find(&format!("key {n}"), keymoor_vault::Place::Active).unwrap(),
                id,
                "found all the same"
            );
            assert_eq!(secret(&mut vault, id), format!("secret {n}"), "{column} {at}");
            assert_eq!(vault.notices(), [Notice::Healed { id, from: HomeName::Keychain }]);
            assert_eq!((row("meta"), row("secret")), before, "the same bytes");
            let shown = vault.show(id).unwrap();
            assert_eq!((&shown.fields, &shown.conflicts), (&wanted.fields, &wanted.conflicts));
            assert_eq!(shown.listing.version_id, wanted.listing.version_id);
            let aside = quarantine(home.path(), id);
            assert!(
                aside.len() == 1 && aside[0].windows(broken.len()).any(|window| window == broken),
                "kept aside"
            );
            assert_eq!(secret(&mut vault, id), format!("secret {n}"));
            assert!(vault.notices().is_empty(), "healed once");
            assert_eq!(vault.history(id).unwrap().len(), 1, "what was broken is no history");
        }
        assert_eq!(vault.status().unwrap().homes.keychain.waiting, 0);
        assert_eq!(names(&all(&mut vault)).len(), PLACES.len());
    })
    .unwrap();
}

#[test]
fn lists_edits_and_the_doctor_heal_too() {
    with_keyring("damage::lists_edits_and_the_doctor_heal_too", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let mut vault = open_system(home.path()).unwrap();
        let id = add(&mut vault, "work", "the secret").id;
        assert_eq!(names(&all(&mut vault)), ["work"]);
        flip(home.path(), id, "meta", 200);
        assert_eq!(names(&all(&mut vault)), ["work"]);
        assert_eq!(quarantine(home.path(), id).len(), 1, "what it said before is not taken for what it says");
        flip(home.path(), id, "meta", 0);
        assert!(vault.whose(&"the secret".into()).unwrap().is_empty(), "what does not open is passed over");
        assert_eq!(vault.unread().unwrap(), [], "and is healed when it is asked for");
        assert_eq!(vault.whose(&"the secret".into()).unwrap()[0].id, id);
        flip(home.path(), id, "meta", 0);
        vault.edit(id, Edit { note: Some("noted".into()), ..Edit::default() }).unwrap();
        flip(home.path(), id, "secret", 150);
        let mut again = new("openai", "work", "replaced");
        again.replace = true;
        assert_eq!(vault.add(again).unwrap().id, id);
        flip(home.path(), id, "secret", 0);
        assert_eq!(vault.status().unwrap().homes.cache.state, HomeState::Ok, "a list never opens it");
        vault.notices();
        let found = vault.doctor(false).unwrap().findings;
        assert!(found.contains(&Finding::Broken { home: HomeName::Cache, id, healed: false }), "{found:?}");
        let lost = found.iter().any(|finding| matches!(finding, Finding::Lost { .. }));
        assert!(!lost, "its history has older values, and the keychain the newest: {found:?}");
        assert!(vault.notices().is_empty(), "the doctor only looked");
        let found = vault.doctor(true).unwrap();
        assert!(
            found.findings.contains(&Finding::Broken { home: HomeName::Cache, id, healed: true }),
            "{found:?}"
        );
        let after = vault.doctor(false).unwrap();
        assert!(after.is_well() && after.findings == [Finding::Quarantined { id }], "{after:?}");
        assert_eq!(secret(&mut vault, id), "replaced");
        assert_eq!(vault.show(id).unwrap().listing.note.as_deref(), Some("noted"));
    })
    .unwrap();
}

/// A service whose key has a good copy somewhere uses that, and one whose key has none uses no other in its place.
#[test]
fn a_service_takes_no_other_key_for_one_that_does_not_open() {
    with_keyring("damage::a_service_takes_no_other_key_for_one_that_does_not_open", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let mut vault = open_system(home.path()).unwrap();
        let own = add(&mut vault, "own", "sk-own").id;
        vault.add(NewCredential { fallback: true, ..new("openai", "company", "sk-company") }).unwrap();
        let lent = |vault: &mut Vault| {
            let wish = Wish::Service("openai".to_owned());
            let lent = vault.lend(&[wish], "test")?;
            let values: Vec<_> = lent.variables.iter().map(|v| v.value.expose_secret().to_owned()).collect();
            Ok::<_, LendError>(values.contains(&"sk-own".to_owned()))
        };
        for chosen in [false, true] {
            if chosen {
                vault.enable_service("openai", Some(own)).unwrap();
            }
            for at in [0, 200] {
                flip(home.path(), own, "meta", at);
                assert_eq!(vault.resolve_service("openai").unwrap().id, own, "{at}");
                flip(home.path(), own, "meta", at);
                assert!(lent(&mut vault).unwrap(), "{at}");
                flip(home.path(), own, "meta", at);
                assert_eq!(vault.enable_service("openai", None).unwrap().uses.unwrap().id, own, "{at}");
            }
        }
        keychain().delete(EntryId::Record(own)).unwrap();
        flip(home.path(), own, "meta", 200);
        assert_eq!(homes_of(vault.resolve_service("openai").unwrap_err()).len(), 3);
        assert!(matches!(lent(&mut vault), Err(LendError::Vault(Error::Unreadable { id, .. })) if id == own));
        // Another one is chosen by hand.
        let other = add(&mut vault, "other", "sk-other").id;
        vault.enable_service("openai", Some(other)).unwrap();
        assert_eq!(vault.resolve_service("openai").unwrap().id, other);
    })
    .unwrap();
}

/// Every entry point says so when both are broken, and none gives an older value or writes over what is left.
#[test]
fn what_is_broken_in_both_homes_is_an_error_that_names_them() {
    with_keyring("damage::what_is_broken_in_both_homes_is_an_error_that_names_them", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let mut vault = open_system(home.path()).unwrap();
        let id = add(&mut vault, "work", "older secret").id;
        let older = keychain().get(EntryId::Record(id), None).unwrap().unwrap().bytes.to_vec();
        vault.edit(id, Edit { fields: vec![sealed("secret", "newer secret")], ..Edit::default() }).unwrap();
        let good = keychain().get(EntryId::Record(id), None).unwrap().unwrap().bytes.to_vec();
        let broken_row = flip(home.path(), id, "secret", 150);
        let unreadable = |vault: &mut Vault, keychain: Why| {
            let expected = vec![
                (HomeName::Cache, Why::SealBroken),
                (HomeName::Keychain, keychain),
                (HomeName::Server, Why::NotSetUp),
            ];
            assert_eq!(homes_of(vault.reveal(id, None).unwrap_err()), expected);
            assert_eq!(homes_of(vault.show(id).unwrap_err()), expected);
            // What was before it is there for whoever asks for it, and in the place of nothing.
            let history = vault.history(id).unwrap();
            assert_eq!(
                history.iter().map(|past| (past.version, past.current)).collect::<Vec<_>>(),
                [(1, false)]
            );
            assert_eq!(homes_of(vault.trash(id).unwrap_err()), expected);
            let edit = Edit { note: Some("x".into()), ..Edit::default() };
            assert_eq!(homes_of(vault.edit(id, edit).unwrap_err()), expected);
            let mut again = new("openai", "work", "replaced");
            again.replace = true;
            assert_eq!(homes_of(vault.add(again).unwrap_err()), expected);
            assert!(vault.notices().is_empty());
            let row: Vec<u8> = raw(home.path())
                .query_row("SELECT secret FROM draft WHERE id = ?1", [id.0], |row| row.get(0))
                .unwrap();
            assert_eq!(row, broken_row, "never written over");
        };
        // The keychain's copy is broken, too.
        let mut bad = good.clone();
        bad[100] ^= 1;
        keychain().delete(EntryId::Record(id)).unwrap();
        newest(id, &bad);
        unreadable(&mut vault, Why::SealBroken);
        // It has a good copy, but of the value before: that is no substitute.
        keychain().delete(EntryId::Record(id)).unwrap();
        newest(id, &older);
        unreadable(&mut vault, Why::Missing);
        // It has none.
        keychain().delete(EntryId::Record(id)).unwrap();
        unreadable(&mut vault, Why::Missing);
        // The name stays taken, and a broken list row stays listed.
        assert!(matches!(vault.add(new("openai", "work", "another")), Err(Error::NameTaken)));
        flip(home.path(), id, "meta", 200);
        let listed: Vec<_> = all(&mut vault).into_iter().map(|l| (l.id, l.status)).collect();
        assert_eq!(listed, [(id, CheckStatus::Unreadable)]);
        assert_eq!(vault.unread().unwrap(), [id], "nobody can say whose key is in it");
        assert_eq!(vault.status().unwrap().records, 1);
        for repair in [true, false] {
            let found = vault.doctor(repair).unwrap();
            assert!(
                !found.is_well() && found.findings.contains(&Finding::Lost { id, older: 1 }),
                "{found:?}"
            );
        }
        // The right copy comes back into reach, behind a newer one that is broken: healed.
        newest(id, &good);
        newest(id, &bad);
        assert_eq!(secret(&mut vault, id), "newer secret");
    })
    .unwrap();
}

/// The keychain was away during the last edit: its older value does not stand in for the broken newer one.
#[test]
fn a_copy_that_is_behind_never_heals() {
    with_keyring("damage::a_copy_that_is_behind_never_heals", |mut keyring| {
        let home = tempfile::tempdir().unwrap();
        let mut vault = open_system(home.path()).unwrap();
        let id = add(&mut vault, "work", "older secret").id;
        keyring.stop_daemon();
        let newer = Edit { fields: vec![sealed("secret", "newer secret")], ..Edit::default() };
        assert!(matches!(vault.edit(id, newer).unwrap().keychain, Kept::Failed(_)));
        for (column, at) in [("secret", 150), ("secret", 0)] {
            flip(home.path(), id, column, at);
        }
        let homes = homes_of(vault.reveal(id, None).unwrap_err());
        assert!(homes.contains(&(HomeName::Keychain, Why::OutOfReach)), "{homes:?}");
        keyring.restart().unwrap();
        let homes = homes_of(vault.reveal(id, None).unwrap_err());
        assert!(homes.contains(&(HomeName::Keychain, Why::Missing)), "{homes:?}");
        // Nor is the broken row mirrored over the older value, which a rebuild may still want.
        assert_eq!(vault.mirror(10).unwrap(), 0, "there is nothing to write");
        assert_eq!(vault.status().unwrap().homes.keychain.waiting, 1);
        drop(vault);
        forget_cache(home.path());
        assert_eq!(secret(&mut open_system(home.path()).unwrap(), id), "older secret");
    })
    .unwrap();
}

#[test]
fn a_broken_row_never_replaces_a_good_copy() {
    with_keyring("damage::a_broken_row_never_replaces_a_good_copy", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let mut vault = open_system(home.path()).unwrap();
        let ids = ["one", "two", "three"].map(|name| add(&mut vault, name, name).id);
        // All are marked as behind, as after a pull or a recovery; the first two are broken meanwhile.
        for id in ids {
            raw(home.path()).execute("INSERT INTO unmirrored (id) VALUES (?1)", [id.0]).unwrap();
        }
        flip(home.path(), ids[0], "secret", 150);
        flip(home.path(), ids[1], "meta", 0);
        assert_eq!(
            vault.mirror(1).unwrap(),
            0,
            "the broken ones neither hold up the others nor are waited for"
        );
        assert_eq!(vault.status().unwrap().homes.keychain.waiting, 2, "and are not forgotten");
        assert_eq!(secret(&mut vault, ids[0]), "one");
        assert_eq!(secret(&mut vault, ids[1]), "two");
        assert_eq!(vault.mirror(10).unwrap(), 0);
        // The doctor does not do it either.
        flip(home.path(), ids[2], "secret", 150);
        raw(home.path()).execute("INSERT INTO unmirrored (id) VALUES (?1)", [ids[2].0]).unwrap();
        vault.doctor(true).unwrap();
        assert_eq!(secret(&mut vault, ids[2]), "three");
    })
    .unwrap();
}

#[test]
fn a_row_moved_to_another_record_or_out_of_the_trash_is_noticed() {
    with_keyring("damage::a_row_moved_to_another_record_or_out_of_the_trash_is_noticed", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let mut vault = open_system(home.path()).unwrap();
        let (one, two) = (add(&mut vault, "one", "secret one").id, add(&mut vault, "two", "secret two").id);
        raw(home.path())
            .execute(
                "UPDATE draft SET (meta, secret) = (SELECT meta, secret FROM draft WHERE id = ?2) WHERE id = ?1",
                (one.0, two.0),
            )
            .unwrap();
        assert_eq!(secret(&mut vault, one), "secret one");
        assert_eq!(vault.notices(), [Notice::Healed { id: one, from: HomeName::Keychain }]);
        // An older version of the same record, put back by somebody with the disk.
        let old: (Vec<u8>, Vec<u8>) = raw(home.path())
            .query_row("SELECT meta, secret FROM draft WHERE id = ?1", [two.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        vault.edit(two, Edit { fields: vec![sealed("secret", "newer two")], ..Edit::default() }).unwrap();
        raw(home.path()).execute("UPDATE draft SET secret = ?2 WHERE id = ?1", (two.0, &old.1)).unwrap();
        assert_eq!(secret(&mut vault, two), "newer two", "half an older version has no seal of this one");
        raw(home.path()).execute("UPDATE draft SET deleted = 1 WHERE id = ?1", [two.0]).unwrap();
        assert_eq!(secret(&mut vault, two), "newer two");
        assert_eq!(names(&all(&mut vault)), ["one", "two"]);
    })
    .unwrap();
}
