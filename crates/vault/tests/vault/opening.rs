//! The first start and later ones, without a keychain.

use std::cell::Cell;
use std::fs;

use keymoor_vault::{Backend, CacheError, Error, Kind, PasswordFor, Patience, Place, Vault};

use crate::place::{PASSWORD, add, all, config, open, open_with, secret};

#[test]
fn the_password_is_asked_for_once_and_for_what_it_is() {
    let home = tempfile::tempdir().unwrap();
    let asked = Cell::new(Vec::new());
    let mut ask = |what: PasswordFor| {
        let mut list = asked.take();
        list.push(what);
        asked.set(list);
        Some(PASSWORD.into())
    };
    for _ in 0..2 {
        drop(Vault::open(config(home.path(), Backend::None), Patience::default(), &mut ask).unwrap());
    }
    assert_eq!(asked.take(), [PasswordFor::NewVault, PasswordFor::Unlock]);
}

#[test]
fn a_wrong_password_or_none_opens_nothing_and_harms_nothing() {
    let home = tempfile::tempdir().unwrap();
    let id = add(&mut open(home.path()), "work", "the secret").id;
    for (password, expected) in [(Some("another password"), "wrong password"), (None, "a password is needed")]
    {
        let error = open_with(home.path(), password).err().unwrap();
        assert_eq!((error.to_string().as_str(), error.kind()), (expected, Kind::Locked));
    }
    assert_eq!(secret(&mut open(home.path()), id), "the secret");
}

#[test]
fn a_first_start_that_ends_early_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    assert!(matches!(open_with(home.path(), Some("short")), Err(Error::WeakPassword)));
    assert!(matches!(open_with(home.path(), None), Err(Error::PasswordNeeded)));
    let left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["vault.lock"]);
    open(home.path());
}

#[test]
fn the_secret_key_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    open(&home.path().join("vault"));
    let mode = |path: &str| fs::metadata(home.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("vault"), mode("vault/secret-key"), mode("vault/keymoor.db")), (0o700, 0o600, 0o600));
}

#[test]
fn a_lost_cache_is_locked_and_never_made_anew() {
    let home = tempfile::tempdir().unwrap();
    add(&mut open(home.path()), "work", "the secret");
    let key = fs::read(home.path().join("secret-key")).unwrap();
    fs::remove_file(home.path().join("keymoor.db")).unwrap();
    for file in ["keymoor.db-wal", "keymoor.db-shm"] {
        let _ = fs::remove_file(home.path().join(file));
    }
    for _ in 0..2 {
        assert!(matches!(open_with(home.path(), Some(PASSWORD)), Err(Error::Locked)));
    }
    assert_eq!(fs::read(home.path().join("secret-key")).unwrap(), key);
    assert!(!home.path().join("keymoor.db").exists());
}

#[test]
fn a_lost_secret_key_is_locked_and_never_made_anew() {
    let home = tempfile::tempdir().unwrap();
    let id = add(&mut open(home.path()), "work", "the secret").id;
    let path = home.path().join("secret-key");
    let key = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(matches!(open_with(home.path(), Some(PASSWORD)), Err(Error::Locked)));
    assert!(!path.exists());
    fs::write(&path, "KM1-not a key").unwrap();
    assert!(matches!(open_with(home.path(), Some(PASSWORD)), Err(Error::Locked)));
    fs::write(&path, key).unwrap();
    assert_eq!(secret(&mut open(home.path()), id), "the secret");
}

/// Killed after the cache was made and before the Secret Key was moved into its place, and before that.
#[test]
fn a_first_start_that_was_killed_is_finished_or_begun_anew() {
    let home = tempfile::tempdir().unwrap();
    let id = add(&mut open(home.path()), "work", "the secret").id;
    fs::rename(home.path().join("secret-key"), home.path().join("secret-key.pending")).unwrap();
    assert_eq!(secret(&mut open(home.path()), id), "the secret");
    assert!(home.path().join("secret-key").exists());

    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("secret-key.pending"), "of a start that made no cache").unwrap();
    assert!(all(&mut open(home.path())).is_empty());
}

#[test]
fn a_garbage_cache_is_an_error_that_keeps_the_file() {
    let home = tempfile::tempdir().unwrap();
    drop(open(home.path()));
    let garbage = vec![0x5a; 8192];
    fs::write(home.path().join("keymoor.db"), &garbage).unwrap();
    for file in ["keymoor.db-wal", "keymoor.db-shm"] {
        let _ = fs::remove_file(home.path().join(file));
    }
    let error = open_with(home.path(), Some(PASSWORD)).err().unwrap();
    assert!(matches!(error, Error::Cache(CacheError::Damaged)), "{error:?}");
    assert_eq!(error.kind(), Kind::Damaged);
    assert_eq!(fs::read(home.path().join("keymoor.db")).unwrap(), garbage);
}

#[test]
fn another_keychain_than_before_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let id = add(&mut open(home.path()), "work", "the secret").id;
    // Nothing is asked of a keychain before that is noticed.
    let opened = Vault::open(config(home.path(), Backend::System), Patience::default(), &mut |_| None);
    assert!(matches!(opened, Err(Error::BackendChanged(Backend::None))));
    assert_eq!(open(home.path()).find("work", Place::Active).unwrap(), id);
}
