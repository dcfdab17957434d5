//! Keys that the provider makes: none is made twice, and of none is it forgotten that it may be there.

use std::path::Path;

use keymoor_providers::rotate::NotMade;
use keymoor_providers::verify::Options;
use keymoor_vault::{Error, MadeOrNot, NewCredential, NoKey, RecordId, Vault};

use super::*;
use crate::place::plain;

const MADE: &str = "<R><AccessKeyId>AKIAEXAMPLEMADE00002</AccessKeyId>\
    <SecretAccessKey>a-made-secret-of-forty-characters-000002</SecretAccessKey></R>";

fn aws(home: &Path) -> (Vault, RecordId) {
    let mut vault = open(home);
    let secret = sealed("secret_access_key", "the-first-secret-of-forty-characters-001");
    let fields = vec![secret, plain("access_key_id", "AKIAEXAMPLEMADE00001"), plain("region", "eu-west-1")];
    let id = vault.add(NewCredential { fields, ..new("aws", "work", "") }).unwrap().id;
    (vault, id)
}

/// Accepts every key that is asked about, and answers the rest.
fn amazon(
    answer: impl Fn(&str) -> (u16, &'static str) + Send + Sync + 'static,
) -> (Options, Arc<Mutex<Vec<String>>>) {
    provider("aws", move |text| match text.contains("Action=GetCallerIdentity") {
        true => (200, "<R/>"),
        false => answer(text),
    })
}

fn asked_for(seen: &Mutex<Vec<String>>) -> usize {
    seen.lock().unwrap().iter().filter(|text| text.contains("Action=CreateAccessKey")).count()
}

fn make(vault: &mut Vault, id: RecordId, options: &Options) -> Result<MadeOrNot, Error> {
    let before = vault.before_rotation(id)?;
    vault.make_rotation(&before, options)
}

#[test]
fn a_made_key_that_cannot_be_stored_is_deleted_again_or_named() {
    for deleted in [200, 500] {
        let home = tempfile::tempdir().unwrap();
        let (mut vault, id) = aws(home.path());
        let path = home.path().to_owned();
        let (options, seen) = amazon(move |text| {
            if !text.contains("Action=CreateAccessKey") {
                return (deleted, "<R/>");
            }
            open(&path).erase(id).unwrap(); // what it would stand beside is no more
            (200, MADE)
        });
        let why = make(&mut vault, id, &options).unwrap().unwrap_err();
        match (deleted, why) {
            (200, NoKey::TakenBack(Error::NotFound)) => {}
            (500, NoKey::LeftThere { called, error: Error::NotFound }) => {
                assert_eq!(called, "AKIAEXAMPLEMADE00002")
            }
            (_, why) => panic!("{why:?}"),
        }
        let seen = seen.lock().unwrap();
        let last = seen.last().unwrap();
        assert!(last.contains("Action=DeleteAccessKey") && last.contains("AKIAEXAMPLEMADE00002"), "{last}");
        assert_eq!(seen.len(), 3);
    }
}

/// Both have looked before either began.
#[test]
fn two_that_have_a_key_made_at_once_get_one() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id) = aws(home.path());
    let (options, seen) = amazon(|_| {
        thread::sleep(Duration::from_millis(300));
        (200, MADE)
    });
    let (path, also) = (home.path().to_owned(), options.clone());
    let before = vault.before_rotation(id).unwrap();
    let same = before.clone();
    let other = thread::spawn(move || open(&path).make_rotation(&same, &also).map(|made| made.is_ok()));
    let here = vault.make_rotation(&before, &options).map(|made| made.is_ok());
    let done = [here, other.join().unwrap()];
    assert!(done.iter().any(|done| matches!(done, Ok(true))), "{done:?}");
    assert!(done.iter().any(|done| matches!(done, Err(Error::ChangedMeanwhile))), "{done:?}");
    assert_eq!(asked_for(&seen), 1);
    assert_eq!(all(&mut vault).len(), 2);
}

#[test]
fn that_a_key_may_be_there_is_known_until_somebody_looked() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id) = aws(home.path());
    let said = Arc::new(Mutex::new((500, "oh")));
    let say = Arc::clone(&said);
    let (options, seen) = amazon(move |_| *say.lock().unwrap());
    let asked = |vault: &mut Vault| vault.key_asked_at(id).unwrap();
    assert_eq!(asked(&mut vault), None);
    let unknown = make(&mut vault, id, &options).unwrap().unwrap_err();
    assert!(matches!(unknown, NoKey::NotMade(NotMade::Unknown)), "{unknown:?}");
    let at = asked(&mut vault).unwrap();
    assert_eq!(open(home.path()).before_rotation(id).unwrap().asked_at, Some(at));
    let again = make(&mut vault, id, &options).unwrap().unwrap_err();
    assert!(matches!(again, NoKey::Asked(then) if then == at), "{again:?}");
    assert_eq!(asked_for(&seen), 1, "not asked again");

    for (status, body, why) in [
        (409, "<R><Code>LimitExceeded</Code></R>", NotMade::TooMany),
        (403, "<R/>", NotMade::NotAllowed),
        (400, "<R><Code>Throttling</Code></R>", NotMade::Refused),
    ] {
        let before = vault.before_rotation(id).unwrap();
        vault.forget_key_asked(&before).unwrap();
        *said.lock().unwrap() = (status, body);
        let none = make(&mut vault, id, &options).unwrap().unwrap_err();
        assert!(matches!(none, NoKey::NotMade(said) if said == why), "{none:?}");
        assert_eq!(asked(&mut vault), None, "{why:?}: none was made");
    }
    *said.lock().unwrap() = (200, MADE);
    make(&mut vault, id, &options).unwrap().unwrap();
    assert_eq!((asked(&mut vault), all(&mut vault).len()), (None, 2));
}

#[test]
fn that_a_key_may_be_there_is_told_of_the_key_that_takes_the_place() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id) = aws(home.path());
    let (options, _) = amazon(|_| (500, "oh"));
    make(&mut vault, id, &options).unwrap().unwrap_err();
    let by_hand = vec![sealed("secret_access_key", "a-secret-that-was-made-by-hand-at-aws-03")];
    store(&mut vault, id, by_hand).unwrap();
    let rotation = vault.rotation(id).unwrap().unwrap();
    vault.switch_rotation(&rotation, DATE).unwrap();
    assert_eq!(vault.key_asked_at(id).unwrap(), None);
    let at = vault.key_asked_at(rotation.new).unwrap();
    assert!(at.is_some());
    for id in [id, rotation.new] {
        assert_eq!(vault.before_rotation(id).unwrap().asked_at, at, "also before that rotation is over");
    }
}

/// Somebody replaces the key by hand while its provider makes one: that one is stored, and takes nobody's place.
#[test]
fn a_made_key_is_stored_whatever_became_of_the_old_one_meanwhile() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id) = aws(home.path());
    let path = home.path().to_owned();
    let (options, _) = amazon(move |_| {
        let mut other = open(&path);
        let by_hand = vec![sealed("secret_access_key", "a-secret-that-was-made-by-hand-at-aws-03")];
        store(&mut other, id, by_hand).unwrap();
        let rotation = other.rotation(id).unwrap().unwrap();
        other.switch_rotation(&rotation, DATE).unwrap();
        (200, MADE)
    });
    let made = make(&mut vault, id, &options).unwrap().unwrap().id;
    assert_eq!(secret(&mut vault, made), "a-made-secret-of-forty-characters-000002");
    let first = vault.rotation(id).unwrap().unwrap().new;
    assert_ne!(first, made, "the other one was first");
    let asked = [id, first].map(|id| vault.key_asked_at(id).unwrap());
    assert_eq!(asked, [None, None], "it is here: there is none to look for");
    let stray = vault.rotation(made).unwrap().unwrap();
    let refused = vault.switch_rotation(&stray, DATE);
    assert!(matches!(refused, Err(Error::ChangedMeanwhile)), "{refused:?}");
}

/// Somebody says that no key is there while one is being asked for, or of a request that they have not heard of.
#[test]
fn that_a_key_is_asked_for_now_is_not_forgotten() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id) = aws(home.path());
    let path = home.path().to_owned();
    let (options, _) = amazon(move |_| {
        let mut other = open(&path);
        let before = other.before_rotation(id).unwrap();
        assert!(before.asked_at.is_some());
        let done = other.forget_key_asked(&before);
        assert!(matches!(done, Err(Error::ChangedMeanwhile)), "{done:?}");
        // As a version did that asked for no lock.
        let raw = rusqlite::Connection::open(path.join("keymoor.db")).unwrap();
        let gone = raw.execute("DELETE FROM setting WHERE key = ?1", [format!("key_asked:{id}")]).unwrap();
        assert_eq!(gone, 1);
        (500, "oh")
    });
    let before = vault.before_rotation(id).unwrap();
    make(&mut vault, id, &options).unwrap().unwrap_err();
    let at = vault.key_asked_at(id).unwrap();
    assert!(at.is_some(), "it is put down again");
    let done = vault.forget_key_asked(&before);
    assert!(matches!(done, Err(Error::ChangedMeanwhile)), "{done:?}");
    assert_eq!(vault.key_asked_at(id).unwrap(), at);
    let before = vault.before_rotation(id).unwrap();
    vault.forget_key_asked(&before).unwrap();
    assert_eq!(vault.key_asked_at(id).unwrap(), None);
}
