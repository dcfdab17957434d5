//! With a real gnome-keyring: what a lost or broken home gives back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use keymoor_keychain::test_daemon::with_keyring;
use keymoor_keychain::{EntryId, Keychain};
use keymoor_vault::{
    CheckStatus, Edit, Error, Finding, HomeName, HomeState, Kept, Kind, Notice, Place, RecordId, Vault, Why,
};
use secrecy::ExposeSecret as _;

use crate::place::{SERVICE, add, all, names, new, open_system, plain, quarantined, sealed, secret, trash};

pub(crate) fn keychain() -> Keychain {
    Keychain::system(SERVICE)
}

pub(crate) fn forget_cache(home: &Path) {
    for file in ["keymoor.db", "keymoor.db-wal", "keymoor.db-shm"] {
        let _ = fs::remove_file(home.join(file));
    }
}

/// The sealed bytes of every record in the cache.
fn rows(home: &Path) -> BTreeMap<Vec<u8>, (Vec<u8>, Vec<u8>, i64)> {
    let cache = rusqlite::Connection::open(home.join("keymoor.db")).unwrap();
    let mut rows = cache.prepare("SELECT id, meta, secret, version FROM draft").unwrap();
    let rows = rows.query_map((), |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?)))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn google() -> String {
    let key = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ\\n".repeat(42);
    format!(
        "{{\n  \"type\": \"service_account\",\n  \"private_key\": \"-----BEGIN PRIVATE KEY-----\\n{key}\"\n}}\n"
    )
}

/// What a user sees of everything.
fn seen(vault: &mut Vault) -> Vec<String> {
    let mut seen = Vec::new();
    for listing in [all(vault), trash(vault)].concat() {
        let mut detail = vault.show(listing.id).unwrap();
        // When it was used is no part of a record, and is in the cache alone before a sync.
        (detail.listing.last_used, detail.used) = (None, Vec::new());
        seen.push(format!("{detail:?}"));
        for field in detail.fields.iter().filter(|field| field.secret) {
            seen.push(vault.reveal(listing.id, Some(&field.name)).unwrap().expose_secret().to_owned());
        }
    }
    seen
}

#[test]
fn a_lost_cache_comes_back_offline_byte_for_byte() {
    with_keyring("keychain::a_lost_cache_comes_back_offline_byte_for_byte", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("data");
        let mut vault = open_system(&path).unwrap();
        assert!(vault.notices().is_empty());
        assert_eq!(vault.status().unwrap().homes.keychain.state, HomeState::Ok);
        assert!(!path.join("secret-key").exists());

        add(&mut vault, "work", "sk-proj-a-short-one");
        add(&mut vault, "service", &google());
        let large = "0123456789abcdef".repeat(2560);
        assert_eq!(add(&mut vault, "large", &large).keychain, Kept::Yes);
        let mut many = new("aws", "prod", "AKIA0123456789");
        many.fields.extend([sealed("token", " spaces \n"), plain("region", "eu-west-1")]);
        many.labels = vec!["prod".into()];
        let many = vault.add(many).unwrap().id;
        let edit = Edit { name: Some("staging".into()), note: Some("edited".into()), ..Edit::default() };
        vault.edit(many, edit).unwrap();
        let gone = add(&mut vault, "thrown away", "secret in the trash").id;
        vault.trash(gone).unwrap();
        let erased = add(&mut vault, "erased", "secret for good").id;
        vault.erase(erased).unwrap();

        let (before, before_rows) = (seen(&mut vault), rows(&path));
        assert_eq!((before_rows.len(), vault.status().unwrap().homes.keychain.waiting), (5, 0));
        drop(vault);
        for lost in ["the cache", "the whole data directory"] {
            match lost {
                "the cache" => forget_cache(&path),
                _ => fs::remove_dir_all(&path).unwrap(),
            }
            let mut vault = open_system(&path).unwrap();
            assert_eq!(
                vault.notices(),
                [Notice::CacheRebuilt { records: 4 }, Notice::NotInBackground],
                "{lost}"
            );
            let habits = vault.habits().unwrap();
            assert!(habits.on_save && !habits.in_background, "{lost}");
            assert!(vault.notices().is_empty(), "told once");
            assert_eq!(seen(&mut vault), before, "{lost}");
            assert_eq!(rows(&path), before_rows, "{lost}");
            assert_eq!(names(&trash(&mut vault)), ["thrown away"]);
            assert!(matches!(vault.reveal(erased, None), Err(Error::NotFound)));
            assert_eq!(vault.mirror(100).unwrap(), 0);
            let diagnosis = vault.doctor(false).unwrap();
            assert!(diagnosis.findings.is_empty() && diagnosis.copies == 5, "{diagnosis:?}");
        }
        // And it goes on: the rebuilt cache is another actor, and its next edit wins over what it found.
        let mut vault = open_system(&path).unwrap();
        let work = vault.find("work", Place::Active).unwrap();
        vault.edit(work, Edit { fields: vec![sealed("secret", "replaced")], ..Edit::default() }).unwrap();
        drop(vault);
        forget_cache(&path);
        let mut vault = open_system(&path).unwrap();
        assert_eq!(
            (secret(&mut vault, work).as_str(), vault.show(work).unwrap().conflicts.len()),
            ("replaced", 0)
        );
    })
    .unwrap();
}

#[test]
fn a_lost_device_entry_is_locked_and_nothing_new_is_made() {
    with_keyring("keychain::a_lost_device_entry_is_locked_and_nothing_new_is_made", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("data");
        let id = add(&mut open_system(&path).unwrap(), "work", "the secret").id;
        let entry = keychain().get(EntryId::Device, None).unwrap().unwrap();
        keychain().delete(EntryId::Device).unwrap();
        let before = (keychain().list().unwrap(), rows(&path));
        let locked = |what: &str| {
            let error = open_system(&path).err().expect(what);
            assert!(matches!(error, Error::Locked), "{what}: {error:?}");
            assert_eq!(
                (error.kind(), keychain().list().unwrap()),
                (Kind::Locked, before.0.clone()),
                "{what}"
            );
        };
        locked("with the cache");
        assert_eq!(rows(&path), before.1);
        keychain().put(EntryId::Device, b"not a device entry", None).unwrap();
        assert!(matches!(open_system(&path), Err(Error::Locked)));
        keychain().delete(EntryId::Device).unwrap();
        forget_cache(&path);
        locked("without the cache");
        assert!(!path.join("keymoor.db").exists());
        // It comes back, and so does everything.
        keychain().put(EntryId::Device, &entry.bytes, None).unwrap();
        assert_eq!(secret(&mut open_system(&path).unwrap(), id), "the secret");
    })
    .unwrap();
}

#[test]
fn a_garbage_cache_is_set_aside_and_rebuilt() {
    with_keyring("keychain::a_garbage_cache_is_set_aside_and_rebuilt", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let id = add(&mut open_system(home.path()).unwrap(), "work", "the secret").id;
        let garbage = vec![0x5a; 8192];
        forget_cache(home.path());
        fs::write(home.path().join("keymoor.db"), &garbage).unwrap();
        let mut vault = open_system(home.path()).unwrap();
        let notices = vault.notices();
        let [
            Notice::CacheSetAside { path, taken: 0, whole: false },
            Notice::CacheRebuilt { records: 1 },
            Notice::NotInBackground,
        ] = notices.as_slice()
        else {
            panic!("{notices:?}")
        };
        assert_eq!(fs::read(path).unwrap(), garbage);
        assert_eq!(secret(&mut vault, id), "the secret");
    })
    .unwrap();
}

#[test]
fn a_damaged_cache_and_a_wiped_keychain_are_no_first_start() {
    with_keyring("keychain::a_damaged_cache_and_a_wiped_keychain_are_no_first_start", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        add(&mut open_system(home.path()).unwrap(), "work", "the secret");
        for (entry, _) in keychain().list().unwrap() {
            keychain().delete(entry).unwrap();
        }
        forget_cache(home.path());
        fs::write(home.path().join("keymoor.db"), vec![0x5a; 8192]).unwrap();
        for _ in 0..2 {
            assert!(matches!(open_system(home.path()), Err(Error::LockedAndDamaged)));
            assert_eq!(
                fs::read(home.path().join("keymoor.db")).unwrap(),
                vec![0x5a; 8192],
                "left where it is"
            );
        }
        assert_eq!(keychain().list().unwrap(), []);
    })
    .unwrap();
}

#[test]
fn a_first_start_that_was_killed_goes_on() {
    with_keyring("keychain::a_first_start_that_was_killed_goes_on", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        drop(open_system(home.path()).unwrap());
        let account = |vault: &mut Vault| vault.status().unwrap().account;
        // After the keychain and before the cache.
        forget_cache(home.path());
        let first = account(&mut open_system(home.path()).unwrap());
        // After the cache file was made and before anything was in it.
        forget_cache(home.path());
        drop(keymoor_cache::Cache::open(home.path()).unwrap());
        let mut vault = open_system(home.path()).unwrap();
        assert_eq!((account(&mut vault), keychain().list().unwrap().len()), (first, 1));
    })
    .unwrap();
}

#[test]
fn a_keychain_that_is_gone_midway_is_said_and_made_good_later() {
    with_keyring("keychain::a_keychain_that_is_gone_midway_is_said_and_made_good_later", |mut keyring| {
        let home = tempfile::tempdir().unwrap();
        let mut vault = open_system(home.path()).unwrap();
        let (kept, erased) = (add(&mut vault, "kept", "first").id, add(&mut vault, "erased", "gone").id);
        keyring.stop_daemon();
        let saved = add(&mut vault, "work", "the secret");
        assert!(matches!(saved.keychain, Kept::Failed(_)), "{saved:?}");
        let mut second = new("openai", "kept", "second");
        second.replace = true;
        assert!(matches!(vault.add(second).unwrap().keychain, Kept::Failed(_)));
        vault.erase(erased).unwrap();
        assert_eq!(secret(&mut vault, saved.id), "the secret", "the cache has it");
        let status = vault.status().unwrap();
        assert!(
            matches!(status.homes.keychain.state, HomeState::Unreachable | HomeState::Locked),
            "{status:?}"
        );
        assert_eq!(status.homes.keychain.waiting, 3);
        assert!(vault.mirror(10).is_err());

        keyring.restart().unwrap();
        // The next save takes them along, also of a process that was there all the time.
        assert_eq!(add(&mut vault, "later", "another").keychain, Kept::Yes);
        let status = vault.status().unwrap();
        assert_eq!((status.homes.keychain.state, status.homes.keychain.waiting), (HomeState::Ok, 0));
        assert_eq!(keychain().generations(EntryId::Record(erased)).unwrap().len(), 0);
        drop(vault);
        forget_cache(home.path());
        let mut vault = open_system(home.path()).unwrap();
        assert_eq!(names(&all(&mut vault)), ["kept", "later", "work"]);
        assert_eq!(secret(&mut vault, kept), "second");
    })
    .unwrap();
}

/// Puts bytes as a generation that is newer than everything that is there, and leaves the others.
pub(crate) fn newest(id: RecordId, bytes: &[u8]) {
    keychain().put(EntryId::Record(id), bytes, None).unwrap();
}

/// The newest generation was spoilt: an older one is no substitute, and is kept.
#[test]
fn a_rebuild_gives_no_older_generation_in_place_of_the_newest() {
    with_keyring("keychain::a_rebuild_gives_no_older_generation_in_place_of_the_newest", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let mut vault = open_system(home.path()).unwrap();
        let (work, lost) = (add(&mut vault, "work", "the secret").id, add(&mut vault, "lost", "broken").id);
        add(&mut vault, "whole", "unharmed");
        drop(vault);
        let good = keychain().get(EntryId::Record(work), None).unwrap().unwrap().bytes.to_vec();
        let spoilt = |id| {
            let mut bytes = keychain().get(EntryId::Record(id), None).unwrap().unwrap().bytes.to_vec();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            bytes
        };
        newest(work, &spoilt(work));
        let bytes = spoilt(lost);
        keychain().delete(EntryId::Record(lost)).unwrap();
        newest(lost, &bytes);
        for _ in 0..2 {
            forget_cache(home.path());
            let mut vault = open_system(home.path()).unwrap();
            let notices = vault.notices();
            assert_eq!(quarantined(&notices), [work, lost]);
            assert_eq!(notices[0], Notice::CacheRebuilt { records: 1 });
            // Both are there and unreadable; the one of which something is left is found by its name.
            let work_found = vault.find("work", Place::Active).unwrap();
            assert_eq!(work_found, work);
            for id in [work, lost] {
                let Err(Error::Unreadable { homes, .. }) = vault.reveal(id, None) else { panic!("{id}") };
                assert!(homes.contains(&(HomeName::Keychain, Why::SealBroken)), "{homes:?}");
            }
            let listed = all(&mut vault);
            let unreadable: Vec<_> =
                listed.iter().filter(|l| l.status == CheckStatus::Unreadable).map(|l| l.id).collect();
            assert_eq!((listed.len(), unreadable), (3, vec![work, lost]));
            let diagnosis = vault.doctor(true).unwrap();
            let older = Finding::Lost { id: work, older: 1 };
            assert!(!diagnosis.is_well() && diagnosis.findings.contains(&older), "{diagnosis:?}");
            // Nothing is written over, in either home.
            let cache = rusqlite::Connection::open(home.path().join("keymoor.db")).unwrap();
            let kept: Vec<u8> = cache
                .query_row("SELECT bytes FROM quarantine WHERE id = ?1", [lost.0], |row| row.get(0))
                .unwrap();
            assert_eq!(kept, bytes);
            vault.mirror(10).unwrap();
            assert_eq!(keychain().generations(EntryId::Record(work)).unwrap().len(), 2);
        }
        // The newest comes back into reach as it was.
        forget_cache(home.path());
        keychain().delete(EntryId::Record(work)).unwrap();
        newest(work, &good);
        let mut vault = open_system(home.path()).unwrap();
        assert_eq!(secret(&mut vault, work), "the secret");
    })
    .unwrap();
}

/// Nobody puts an older value in the place of a lost one but whoever asks for it.
#[test]
fn what_was_before_a_lost_value_can_be_taken() {
    with_keyring("keychain::what_was_before_a_lost_value_can_be_taken", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let mut vault = open_system(home.path()).unwrap();
        let (work, lost) = (add(&mut vault, "work", "before").id, add(&mut vault, "lost", "broken").id);
        drop(vault);
        for id in [work, lost] {
            let mut bytes = keychain().get(EntryId::Record(id), None).unwrap().unwrap().bytes.to_vec();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            if id == lost {
                keychain().delete(EntryId::Record(lost)).unwrap();
            }
            newest(id, &bytes);
        }
        forget_cache(home.path());
        let mut vault = open_system(home.path()).unwrap();
        let history = vault.history(work).unwrap();
        assert_eq!(history.iter().map(|past| past.current).collect::<Vec<_>>(), [false]);
        assert!(matches!(vault.history(lost), Err(Error::Unreadable { .. })), "there is nothing before it");
        assert!(matches!(vault.revert(work, "7"), Err(Error::NoSuchVersion)));

        let saved = vault.revert(work, &history[0].id).unwrap();
        assert!(saved.changed && saved.version > history[0].version);
        assert_eq!(secret(&mut vault, work), "before");
        assert!(matches!(vault.revert(lost, "1"), Err(Error::Unreadable { .. })));
        drop(vault);
        forget_cache(home.path());
        assert_eq!(secret(&mut open_system(home.path()).unwrap(), work), "before");
    })
    .unwrap();
}

#[test]
fn two_processes_leave_the_newest_value_in_the_keychain() {
    with_keyring("keychain::two_processes_leave_the_newest_value_in_the_keychain", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let id = add(&mut open_system(home.path()).unwrap(), "work", "first").id;
        let path = home.path();
        std::thread::scope(|scope| {
            for who in ["one", "two"] {
                scope.spawn(move || {
                    let mut vault = open_system(path).unwrap();
                    for n in 0..20 {
                        let fields = vec![sealed("secret", &format!("{who} {n}"))];
                        let saved = vault.edit(id, Edit { fields, ..Edit::default() }).unwrap();
                        assert_eq!(saved.keychain, Kept::Yes);
                    }
                });
            }
        });
        let mut vault = open_system(home.path()).unwrap();
        let (value, behind) = (secret(&mut vault, id), vault.status().unwrap().homes.keychain.waiting);
        assert_eq!(behind, 0);
        drop(vault);
        forget_cache(home.path());
        assert_eq!(secret(&mut open_system(home.path()).unwrap(), id), value);
        assert_eq!(keychain().generations(EntryId::Record(id)).unwrap().len(), 1, "nothing is left behind");
    })
    .unwrap();
}
