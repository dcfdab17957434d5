//! Two that rotate one key at the same time: the second is told, and nothing is lost.

use super::*;

#[test]
fn who_looked_before_another_began_or_switched_stores_nothing() {
    for switches in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let (mut first, mut second) = (open(home.path()), open(home.path()));
        let old = github(&mut first, "work", "ghp_old");
        let seen = second.before_rotation(old).unwrap();
        store(&mut first, old, vec![sealed("token", "ghp_first")]).unwrap();
        if switches {
            let rotation = first.rotation(old).unwrap().unwrap();
            first.switch_rotation(&rotation, DATE).unwrap();
        }
        let before = all(&mut first);
        let late = second.store_rotation(&seen, vec![sealed("token", "ghp_second")]);
        assert!(matches!(late, Err(Error::ChangedMeanwhile)), "{late:?}");
        assert_eq!(all(&mut first), before);
    }
}

#[test]
fn a_new_key_that_another_has_given_other_values_is_not_switched_and_stays_in_the_history() {
    let home = tempfile::tempdir().unwrap();
    let (mut first, mut second) = (open(home.path()), open(home.path()));
    let old = github(&mut first, "work", "ghp_old");
    let new = store(&mut first, old, vec![sealed("token", "ghp_first")]).unwrap().id;
    let verified = first.rotation(old).unwrap().unwrap();
    let stale = first.before_rotation(old).unwrap();
    store(&mut second, old, vec![sealed("token", "ghp_second")]).unwrap();
    assert!(matches!(first.switch_rotation(&verified, DATE), Err(Error::ChangedMeanwhile)));
    let late = first.store_rotation(&stale, vec![sealed("token", "ghp_third")]);
    assert!(matches!(late, Err(Error::ChangedMeanwhile)), "{late:?}");
    assert_eq!((secret(&mut first, old), secret(&mut first, new)), ("ghp_old".into(), "ghp_second".into()));
    assert_eq!(first.history(new).unwrap().len(), 2, "the first one's is there");
}

/// What has the name of the old key now is that rotation's, and begins none of its own.
#[test]
fn an_old_key_is_not_replaced_a_second_time() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let rotation = switched(&mut vault);
    assert_eq!(vault.rotation(rotation.old).unwrap().as_ref(), Some(&rotation));
    for id in [rotation.old, rotation.new] {
        let again = store(&mut vault, id, vec![sealed("token", "ghp_third")]);
        assert!(matches!(again, Err(Error::ChangedMeanwhile)), "{again:?}");
    }
    assert_eq!(all(&mut vault).len(), 2);
}
