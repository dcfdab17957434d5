//! A record that does not open may be part of a rotation, or have the secret that is to be revoked: it is healed, and where no
//! home has it nothing goes on.

use keymoor_keychain::test_daemon::with_keyring;

use super::*;
use crate::damage::flip;
use crate::place::open_system;

fn is_unreadable<T: std::fmt::Debug>(done: Result<T, Error>, which: RecordId) {
    match done {
        Err(Error::Unreadable { id, homes }) => assert!(id == which && !homes.is_empty(), "{homes:?}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_is_revoked_while_a_record_that_may_have_the_same_secret_cannot_be_read() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let (options, seen) = provider("github", |text| if text.starts_with("POST ") { (202, "") } else { GOOD });
    let rotation = switched(&mut vault);
    let twin = github(&mut vault, "twin", "ghp_old");
    flip(home.path(), twin, "meta", 200);
    is_unreadable(vault.revoke_rotated(&rotation, &options, true), twin);
    assert_eq!(seen.lock().unwrap().len(), 0, "nothing is sent");
    flip(home.path(), twin, "meta", 200);
    let done = vault.revoke_rotated(&rotation, &options, true).unwrap();
    assert_eq!(done, Revoking::Shared(vec!["github/twin".to_owned()]));
}

#[test]
fn no_rotation_begins_or_goes_on_while_a_record_that_may_be_its_new_key_cannot_be_read() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let old = github(&mut vault, "work", "ghp_old");
    let seen = vault.before_rotation(old).unwrap();
    let new = store(&mut vault, old, vec![sealed("token", "ghp_new")]).unwrap().id;
    let rotation = vault.rotation(old).unwrap().unwrap();
    let other = github(&mut vault, "other", "ghp_other");
    flip(home.path(), new, "meta", 200);
    is_unreadable(vault.rotation(old), new);
    is_unreadable(vault.store_rotation(&seen, vec![sealed("token", "ghp_second")]), new);
    flip(home.path(), new, "meta", 200);
    flip(home.path(), other, "meta", 200);
    is_unreadable(vault.switch_rotation(&rotation, DATE), other);
    flip(home.path(), other, "meta", 200);
    assert_eq!(all(&mut vault).len(), 3);
    assert_eq!(vault.rotation(old).unwrap().unwrap(), rotation);
}

#[test]
fn what_another_home_has_is_healed_and_counts() {
    with_keyring("rotate::unread::what_another_home_has_is_healed_and_counts", |_keyring| {
        let home = tempfile::tempdir().unwrap();
        let mut vault = open_system(home.path()).unwrap();
        let (options, seen) = provider("github", |_| GOOD);
        let old = github(&mut vault, "work", "ghp_old");
        let before = vault.before_rotation(old).unwrap();
        let new = store(&mut vault, old, vec![sealed("token", "ghp_new")]).unwrap().id;
        flip(home.path(), new, "meta", 200);
        let late = vault.store_rotation(&before, vec![sealed("token", "ghp_second")]);
        assert!(matches!(late, Err(Error::ChangedMeanwhile)), "{late:?}");
        flip(home.path(), new, "meta", 200);
        let rotation = vault.rotation(old).unwrap().unwrap();
        assert_eq!(rotation.new, new);

        let twin = github(&mut vault, "twin", "ghp_old");
        flip(home.path(), twin, "meta", 200);
        let (_, (rotation, _)) = vault.switch_rotation(&rotation, DATE).unwrap();
        flip(home.path(), twin, "meta", 200);
        let done = vault.revoke_rotated(&rotation, &options, true).unwrap();
        assert_eq!(done, Revoking::Shared(vec!["github/twin".to_owned()]));
        assert_eq!(seen.lock().unwrap().len(), 0);
    })
    .unwrap();
}
