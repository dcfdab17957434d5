//! With a real gnome-keyring: an older copy of the cache is put in its place.

use std::fs;

use keymoor_keychain::test_daemon::with_keyring;
use keymoor_vault::{Edit, Notice, Place};

use crate::keychain::forget_cache;
use crate::place::{add, all, names, open_system, sealed, secret};

#[test]
fn an_older_copy_of_the_cache_catches_up_with_the_keychain() {
    with_keyring("older::an_older_copy_of_the_cache_catches_up_with_the_keychain", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let cache = home.path().join("keymoor.db");
        let mut vault = open_system(home.path()).unwrap();
        let work = add(&mut vault, "work", "the first secret").id;
        add(&mut vault, "home", "unchanged");
        drop(vault);
        drop(open_system(home.path()).unwrap()); // notes the file
        let backup = home.path().join("backup");
        fs::copy(&cache, &backup).unwrap();

        let mut vault = open_system(home.path()).unwrap();
        assert!(vault.notices().is_empty());
        let edit = Edit { fields: vec![sealed("secret", "the second secret")], ..Edit::default() };
        vault.edit(work, edit).unwrap();
        add(&mut vault, "later", "added since");
        drop(vault);

        forget_cache(home.path());
        fs::copy(&backup, &cache).unwrap();
        let mut vault = open_system(home.path()).unwrap();
        assert_eq!(vault.notices(), [Notice::CacheWasOlder { taken: 2 }]);
        assert_eq!(names(&all(&mut vault)), ["home", "later", "work"]);
        assert_eq!(secret(&mut vault, work), "the second secret");
        let later = vault.find("later", Place::Active).unwrap();
        assert_eq!(secret(&mut vault, later), "added since");
        // An edit now is one after those of the lost copy, and no stamp is given twice.
        let edit = Edit { fields: vec![sealed("secret", "the third secret")], ..Edit::default() };
        vault.edit(work, edit).unwrap();
        assert_eq!(secret(&mut vault, work), "the third secret");
        assert!(vault.doctor(false).unwrap().is_well());
        drop(vault);
        let mut vault = open_system(home.path()).unwrap();
        assert!(vault.notices().is_empty(), "once");
    })
    .unwrap();
}
