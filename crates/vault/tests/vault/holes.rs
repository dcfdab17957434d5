//! A cache file with holes: everything comes back that the file or the keychain still has, and nothing else.

use std::fs;
use std::path::Path;

use keymoor_cache::Cache;
use keymoor_keychain::EntryId;
use keymoor_keychain::test_daemon::with_keyring;
use keymoor_vault::{
    Backend, CacheError, CheckStatus, Edit, Error, Finding, Habits, HomeState, Kept, Notice, Patience, Place,
    Vault,
};
use secrecy::ExposeSecret as _;

use crate::keychain::{forget_cache, keychain, newest};
use crate::place::{PASSWORD, add, all, config, names, open, open_system, open_with, sealed, secret, trash};

fn mend(home: &Path) -> Vault {
    Vault::mend(config(home, Backend::System), Patience::default(), &mut |_| None).unwrap()
}

/// The value of this name; what a shell does when it hears of damage is done here.
fn value(home: &Path, name: &str) -> Result<String, Error> {
    let get = |vault: &mut Vault| {
        let id = vault.find(name, Place::Active)?;
        Ok::<_, Error>(vault.reveal(id, None)?.expose_secret().to_owned())
    };
    match open_system(home).and_then(|mut vault| get(&mut vault)) {
        Err(Error::Cache(CacheError::Damaged | CacheError::Other(_))) => get(&mut mend(home)),
        done => done,
    }
}

fn copy(from: &Path, to: &Path) {
    for file in fs::read_dir(to).unwrap().chain(fs::read_dir(from).unwrap()) {
        let file = file.unwrap();
        if file.path().starts_with(to) {
            fs::remove_file(file.path()).unwrap();
        } else {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}

fn punch(home: &Path, at: usize, length: usize) {
    let path = home.join("keymoor.db");
    let mut bytes = fs::read(&path).unwrap();
    for (n, byte) in bytes[at..].iter_mut().take(length).enumerate() {
        *byte = (n * 31 + at) as u8;
    }
    fs::write(path, bytes).unwrap();
}

/// Nine are in the keychain, too; the tenth was saved, and the first edited, while it did not answer.
#[test]
fn holes_anywhere_cost_no_key_that_one_home_has() {
    with_keyring("holes::holes_anywhere_cost_no_key_that_one_home_has", |mut keyring| {
        let home = tempfile::tempdir().unwrap();
        let (made, path) = (home.path().join("made"), home.path().join("data"));
        let mut vault = open_system(&made).unwrap();
        let first = add(&mut vault, "key 0", "older value").id;
        for n in 1..9 {
            add(&mut vault, &format!("key {n}"), &format!("secret {n}"));
        }
        let older = keychain().get(EntryId::Record(first), None).unwrap().unwrap().bytes;
        keyring.stop_daemon();
        let edit = Edit { fields: vec![sealed("secret", "secret 0")], ..Edit::default() };
        assert!(matches!(vault.edit(first, edit).unwrap().keychain, Kept::Failed(_)));
        let tenth = add(&mut vault, "key 9", "secret 9");
        assert!(matches!(tenth.keychain, Kept::Failed(_)));
        drop(vault);
        keyring.restart().unwrap();
        fs::create_dir(&path).unwrap();
        let length = fs::metadata(made.join("keymoor.db")).unwrap().len() as usize;
        let (mut rounds, mut all_back) = (0, 0);
        for page in (0..length.div_ceil(4096)).step_by(2) {
            let at = page * 4096 + (page * 577) % 3000;
            copy(&made, &path);
            punch(&path, at, 3000);
            rounds += 1;
            let mut lost = 0;
            for n in 0..10 {
                match value(&path, &format!("key {n}")) {
                    Ok(found) => assert_eq!(found, format!("secret {n}"), "hole at {at}"),
                    // What only the file had may have been in the hole. It is said, and no older value is given.
                    Err(Error::Unreadable { .. } | Error::NotFound) if n % 9 == 0 => lost += 1,
                    Err(error) => panic!("key {n}, hole at {at}: {error:?}"),
                }
            }
            all_back += usize::from(lost == 0);
            drop(mend(&path)); // a hole that no read of these came across
            let aside: Vec<_> = fs::read_dir(&path)
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .filter(|name| name.contains("damaged"))
                .collect();
            let mut vault = mend(&path);
            assert!(aside.len() <= 1 && vault.notices().is_empty(), "once: {aside:?}");
            assert!(!path.join("keymoor.db.unread").exists());
            if lost == 0 {
                let diagnosis = vault.doctor(true).unwrap();
                assert!(diagnosis.is_well(), "hole at {at}: {diagnosis:?}");
                // The doctor has mirrored them; for the next round the keychain is behind again.
                for id in [first, tenth.id] {
                    keychain().delete(EntryId::Record(id)).unwrap();
                }
                newest(first, &older);
            }
        }
        assert!(all_back * 4 >= rounds * 3, "{all_back} of {rounds}");
    })
    .unwrap();
}

/// The window has the vault open while the file under it is spoilt.
#[test]
fn an_open_vault_says_damage_and_is_mended() {
    with_keyring("holes::an_open_vault_says_damage_and_is_mended", |mut keyring| {
        let home = tempfile::tempdir().unwrap();
        let mut vault = open_system(home.path()).unwrap();
        let ids: Vec<_> =
            (0..40).map(|n| add(&mut vault, &format!("key {n}"), &format!("secret {n}")).id).collect();
        keyring.stop_daemon();
        vault.erase(ids[3]).unwrap();
        vault.trash(ids[4]).unwrap();
        drop(vault);
        keyring.restart().unwrap();
        let length = fs::metadata(home.path().join("keymoor.db")).unwrap().len() as usize;
        let mut vault = open_system(home.path()).unwrap();
        let status = vault.status().unwrap();
        assert_eq!((status.records, status.homes.keychain.waiting), (38, 2));
        drop(vault);
        for at in (length / 3..length - 4096).step_by(12_288) {
            punch(home.path(), at, 200);
        }
        let mut vault = mend(home.path());
        let notices = vault.notices();
        let [Notice::CacheSetAside { path, .. }, .., Notice::CacheRebuilt { .. }] = notices.as_slice() else {
            panic!("{notices:?}")
        };
        assert!(path.is_file());
        for (n, id) in ids.iter().enumerate().filter(|(n, _)| ![3, 4].contains(n)) {
            assert_eq!(secret(&mut vault, *id), format!("secret {n}"));
        }
        assert_eq!(vault.status().unwrap().homes.cache.state, HomeState::Ok);
        assert!(vault.doctor(true).unwrap().is_well());
        drop(vault);
        assert!(mend(home.path()).notices().is_empty(), "a whole file stays");
    })
    .unwrap();
}

/// Without a keychain the file is all there is.
#[test]
fn without_a_keychain_a_damaged_file_gives_what_it_has() {
    let home = tempfile::tempdir().unwrap();
    let (made, path) = (home.path().join("made"), home.path().join("data"));
    let mut vault = open(&made);
    let ids: Vec<_> =
        (0..10).map(|n| add(&mut vault, &format!("key {n}"), &format!("secret {n}")).id).collect();
    vault.trash(ids[9]).unwrap();
    vault.set_habits(Habits { on_save: false, in_background: false }).unwrap();
    drop(vault);
    let note = format!("key_asked:{}", ids[0]);
    let raw = rusqlite::Connection::open(made.join("keymoor.db")).unwrap();
    raw.execute("INSERT INTO setting VALUES (?1, ?2)", (note, &b"7"[..])).unwrap();
    drop(raw);
    fs::create_dir(&path).unwrap();
    let length = fs::metadata(made.join("keymoor.db")).unwrap().len() as usize;
    let (mut pages, mut opened, mut still_off, mut not_known) = (0, 0, 0, 0);
    for page in 0..length.div_ceil(4096) {
        copy(&made, &path);
        let at = page * 4096 + (page * 577) % 3000;
        punch(&path, at, 3000);
        pages += 1;
        let before = fs::read(path.join("keymoor.db")).unwrap();
        let ask =
            || Vault::mend(config(&path, Backend::None), Patience::default(), &mut |_| Some(PASSWORD.into()));
        assert!(
            Vault::mend(config(&path, Backend::None), Patience::default(), &mut |_| Some(
                "a wrong one".into()
            ))
            .is_err()
                || Cache::is_whole(&path).unwrap()
        );
        let mut vault = match ask() {
            Ok(vault) => vault,
            Err(error) => {
                assert!(matches!(error, Error::Cache(CacheError::Damaged)), "{error:?}");
                assert_eq!(fs::read(path.join("keymoor.db")).unwrap(), before, "left where it is");
                continue;
            }
        };
        // What was switched off does not come on again unseen.
        let (habits, told) = (vault.habits().unwrap(), vault.notices().contains(&Notice::NotInBackground));
        assert!(!habits.in_background && (told || !habits.on_save), "hole at {at}");
        still_off += usize::from(!habits.on_save);
        not_known += usize::from(told);
        let asked = vault.key_asked_at(ids[0]).unwrap();
        assert!(asked == Some(7) || habits.on_save, "that a key may be there lies beside it");
        let mut back = 0;
        for (n, id) in ids.iter().enumerate().take(9) {
            match vault.reveal(*id, None) {
                Ok(found) => {
                    assert_eq!(found.expose_secret(), &format!("secret {n}"));
                    back += 1;
                }
                Err(Error::Unreadable { .. } | Error::NotFound) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        opened += usize::from(back >= 6);
        drop(vault);
        assert!(open_with(&path, Some(PASSWORD)).is_ok(), "and it stays open");
    }
    assert!(opened * 10 >= pages * 8, "{opened} of {pages}");
    assert!(still_off * 10 >= pages * 8 && not_known > 0, "{still_off}, {not_known} of {pages}");
}

/// Killed between moving the damaged file and making the new one.
#[test]
fn a_rebuild_that_was_killed_reads_the_file_the_next_time_and_never_again() {
    with_keyring(
        "holes::a_rebuild_that_was_killed_reads_the_file_the_next_time_and_never_again",
        |mut keyring| {
            let home = tempfile::tempdir().unwrap();
            let mut vault = open_system(home.path()).unwrap();
            add(&mut vault, "in both", "one");
            keyring.stop_daemon();
            let only = add(&mut vault, "in the file", "two").id;
            drop(vault);
            keyring.restart().unwrap();
            // What is wrong with it does not matter here.
            let cache = rusqlite::Connection::open(home.path().join("keymoor.db")).unwrap();
            cache.execute("INSERT INTO bucket VALUES (7, randomblob(32))", ()).unwrap();
            drop(cache);
            let aside = Cache::set_aside(home.path()).unwrap().unwrap();
            let mut vault = open_system(home.path()).unwrap();
            assert_eq!(
                vault.notices()[0],
                Notice::CacheSetAside { path: aside.clone(), taken: 1, whole: true }
            );
            assert_eq!(secret(&mut vault, only), "two");
            vault.erase(only).unwrap();
            drop(vault);
            forget_cache(home.path());
            let mut vault = open_system(home.path()).unwrap();
            assert_eq!(names(&all(&mut vault)), ["in both"], "what was erased since is not read again");
            assert!(aside.exists() && trash(&mut vault).is_empty());
        },
    )
    .unwrap();
}

/// The newest value was in the file alone, and the hole is there: no older one is given in its place.
#[test]
fn an_older_value_is_never_given_in_place_of_one_that_is_lost() {
    with_keyring("holes::an_older_value_is_never_given_in_place_of_one_that_is_lost", |mut keyring| {
        let home = tempfile::tempdir().unwrap();
        let mut vault = open_system(home.path()).unwrap();
        let id = add(&mut vault, "work", "older value").id;
        keyring.stop_daemon();
        let edit = Edit { fields: vec![sealed("secret", "newer value")], ..Edit::default() };
        vault.edit(id, edit).unwrap();
        drop(vault);
        keyring.restart().unwrap();
        let cache = rusqlite::Connection::open(home.path().join("keymoor.db")).unwrap();
        let sql =
            "UPDATE draft SET secret = CAST(substr(secret, 1, 150) || x'0011223344556677' || substr(secret, 159) AS BLOB)";
        cache.execute(sql, ()).unwrap();
        drop(cache);
        let mut vault = mend(home.path());
        assert!(matches!(vault.notices()[0], Notice::CacheSetAside { whole: false, .. }));
        assert_eq!(vault.find("work", Place::Active).unwrap(), id, "by its name");
        assert!(matches!(vault.reveal(id, None), Err(Error::Unreadable { .. })));
        assert_eq!(all(&mut vault)[0].status, CheckStatus::Unreadable);
        let found = vault.doctor(true).unwrap();
        assert!(!found.is_well() && found.findings.contains(&Finding::Lost { id, older: 1 }), "{found:?}");
        assert!(keychain().get(EntryId::Record(id), None).unwrap().is_some(), "nor written over");
    })
    .unwrap();
}

/// The newest value is lost in both homes, and the file still has what was before it.
#[test]
fn a_base_under_a_lost_draft_is_never_given_in_its_place() {
    with_keyring("holes::a_base_under_a_lost_draft_is_never_given_in_its_place", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let mut vault = open_system(home.path()).unwrap();
        let id = add(&mut vault, "work", "older value").id;
        drop(vault);
        let open_file = || rusqlite::Connection::open(home.path().join("keymoor.db")).unwrap();
        let sql = "INSERT INTO base (id, bucket, seq, version, deleted, saved_at, digest, name, full, meta, secret) \
                   SELECT id, 0, 1, version, deleted, saved_at, digest, name, full, meta, secret FROM draft";
        assert_eq!(open_file().execute(sql, ()).unwrap(), 1);
        let mut vault = open_system(home.path()).unwrap();
        let edit = Edit { fields: vec![sealed("secret", "newer value")], ..Edit::default() };
        vault.edit(id, edit).unwrap();
        drop(vault);
        let sql =
            "UPDATE draft SET secret = CAST(substr(secret, 1, 150) || x'0011223344556677' || substr(secret, 159) AS BLOB)";
        assert_eq!(open_file().execute(sql, ()).unwrap(), 1);
        keychain().delete(EntryId::Record(id)).unwrap();
        let mut vault = mend(home.path());
        assert!(matches!(vault.reveal(id, None), Err(Error::Unreadable { .. })));
        assert_eq!(all(&mut vault)[0].status, CheckStatus::Unreadable);
    })
    .unwrap();
}

/// The file is whole and an older one: its log was lost, or a backup was put back. The keychain knows better.
#[test]
fn the_doctor_notices_a_cache_that_went_back_in_time() {
    with_keyring("holes::the_doctor_notices_a_cache_that_went_back_in_time", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("keymoor.db");
        let id = add(&mut open_system(home.path()).unwrap(), "work", "older value").id;
        let before = fs::read(&file).unwrap();
        let edit = Edit { fields: vec![sealed("secret", "newer value")], ..Edit::default() };
        open_system(home.path()).unwrap().edit(id, edit).unwrap();
        fs::write(&file, before).unwrap();
        let mut vault = open_system(home.path()).unwrap();
        assert_eq!(vault.doctor(false).unwrap().findings, [Finding::Newer { id, healed: false }]);
        assert_eq!(vault.doctor(true).unwrap().findings, [Finding::Newer { id, healed: true }]);
        assert_eq!(secret(&mut vault, id), "newer value");
        assert!(vault.show(id).unwrap().conflicts.is_empty());
        assert_eq!(vault.doctor(false).unwrap().findings, []);
    })
    .unwrap();
}
