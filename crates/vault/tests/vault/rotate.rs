//! Rotation, against a provider that answers on this machine: which key is switched, and what has to be so before one is
//! revoked.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use keymoor_providers::rotate::Outcome;
use keymoor_providers::verify::{Bases, Options};
use keymoor_vault::{Edit, Error, NewCredential, NoKey, RecordId, Revoking, Vault};

use crate::place::{add, all, names, new, open, plain, sealed, secret};

const DATE: &str = "2026-11-22";
const GONE: (u16, &str) = (401, r#"{"message":"Bad credentials"}"#);
const GOOD: (u16, &str) = (200, r#"{"login":"octocat"}"#);

/// Answers each request by its text, and keeps that.
fn provider(
    id: &str,
    answer: impl Fn(&str) -> (u16, &'static str) + Send + Sync + 'static,
) -> (Options, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (noted, answer) = (Arc::clone(&seen), Arc::new(answer));
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
            thread::spawn(move || {
                let (mut text, mut buffer) = (String::new(), [0; 4096]);
                while !is_whole(&text) {
                    let read = stream.read(&mut buffer).unwrap();
                    text.push_str(&String::from_utf8_lossy(&buffer[..read]));
                    assert!(read > 0, "{text}");
                }
                noted.lock().unwrap().push(text.clone());
                let (status, body) = answer(&text);
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} Said\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n"
                );
                write!(stream, "{head}connection: close\r\n\r\n{body}").unwrap();
            });
        }
    });
    let name = format!("KEYMOOR_PROVIDER_BASE_{}", id.to_uppercase());
    let bases = Bases::from_variables([(name, base)]).unwrap();
    (Options { bases, pause: Duration::ZERO, ..Options::default() }, seen)
}

fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn github(vault: &mut Vault, name: &str, secret: &str) -> RecordId {
    vault.add(NewCredential { fields: vec![sealed("token", secret)], ..new("github", name, "") }).unwrap().id
}

fn edit(vault: &mut Vault, id: RecordId, edit: Edit) {
    assert!(vault.edit(id, edit).unwrap().changed);
}

fn note(text: &str) -> Edit {
    Edit { note: Some(text.to_owned()), ..Edit::default() }
}

fn name(text: &str) -> Edit {
    Edit { name: Some(text.to_owned()), ..Edit::default() }
}

fn revocations(seen: &Mutex<Vec<String>>) -> usize {
    seen.lock().unwrap().iter().filter(|text| text.starts_with("POST ")).count()
}

#[test]
fn no_old_key_goes_before_the_provider_accepts_just_the_key_that_stays() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let said = Arc::new(Mutex::new((500, "oh")));
    let say = Arc::clone(&said);
    let (options, seen) = provider("github", move |text| match text {
        text if text.starts_with("POST ") => (202, ""),
        text if text.contains("ghp_edited") => GONE,
        _ => *say.lock().unwrap(),
    });
    let old = github(&mut vault, "work", "ghp_old");
    let new = vault.store_rotation(old, vec![sealed("token", "ghp_new")]).unwrap().id;
    let before = vault.rotation(old).unwrap().unwrap();
    let is_by_hand = |done| matches!(done, Revoking::Asked(Outcome::ByHand));
    assert!(is_by_hand(vault.revoke_rotated(&before, &options, false).unwrap()), "not switched");
    let (_, (rotation, _)) = vault.switch_rotation(&before, DATE).unwrap();
    assert_eq!(vault.rotation(new).unwrap().as_ref(), Some(&rotation));

    let unverified = |done| matches!(done, Revoking::Unverified(_));
    assert!(unverified(vault.revoke_rotated(&rotation, &options, true).unwrap()), "an outage");
    *said.lock().unwrap() = GOOD;
    edit(&mut vault, new, Edit { fields: vec![sealed("token", "ghp_edited")], ..Edit::default() });
    let done = vault.revoke_rotated(&rotation, &options, false);
    assert!(matches!(done, Err(Error::ChangedMeanwhile)), "{done:?}");
    let again = vault.rotation(new).unwrap().unwrap();
    assert!(
        unverified(vault.revoke_rotated(&again, &options, true).unwrap()),
        "edited since it was verified"
    );
    assert_eq!(revocations(&seen), 0);

    edit(&mut vault, new, Edit { fields: vec![sealed("token", "ghp_new")], ..Edit::default() });
    let last = vault.rotation(new).unwrap().unwrap();
    let done = vault.revoke_rotated(&last, &options, false).unwrap();
    assert!(matches!(done, Revoking::Asked(Outcome::Revoked(_))), "{done:?}");
    assert_eq!(revocations(&seen), 1);
}

#[test]
fn what_was_changed_since_it_was_verified_is_not_switched_or_ended() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let old = add(&mut vault, "work", "sk-old").id;
    let new = vault.store_rotation(old, vec![sealed("secret", "sk-new")]).unwrap().id;
    for id in [old, new] {
        let rotation = vault.rotation(old).unwrap().unwrap();
        edit(&mut vault, id, note("changed"));
        assert!(matches!(vault.switch_rotation(&rotation, DATE), Err(Error::ChangedMeanwhile)));
        assert!(matches!(vault.end_rotation(&rotation, true), Err(Error::ChangedMeanwhile)));
    }
    assert_eq!(secret(&mut vault, old), "sk-old");
    assert_eq!(names(&all(&mut vault)), ["work", "work (new)"]);
    let mut mixed = vault.rotation(old).unwrap().unwrap();
    let other = add(&mut vault, "other", "sk-other").id;
    mixed.old = other;
    assert!(matches!(vault.switch_rotation(&mixed, DATE), Err(Error::ChangedMeanwhile)), "not this pair");
}

#[test]
fn a_credential_that_only_has_the_name_of_the_old_one_is_not_rotated() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let old = add(&mut vault, "work", "sk-old").id;
    let new = vault.store_rotation(old, vec![sealed("secret", "sk-new")]).unwrap().id;
    edit(&mut vault, old, name("renamed"));
    thread::sleep(Duration::from_millis(5)); // it is later, also by the clock
    let other = add(&mut vault, "work", "sk-other").id;
    assert_eq!(vault.rotation(other).unwrap(), None);
    assert_eq!(vault.rotation(new).unwrap().unwrap().old, old);
    assert_eq!(vault.rotation(old).unwrap().unwrap().new, new);

    vault.trash(old).unwrap();
    assert_eq!((vault.rotation(other).unwrap(), vault.rotation(new).unwrap()), (None, None));
    vault.erase(old).unwrap();
    assert_eq!((vault.rotation(other).unwrap(), vault.rotation(new).unwrap()), (None, None));
}

#[test]
fn a_secret_that_another_credential_has_too_is_not_revoked() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let (options, seen) = provider("github", |text| if text.starts_with("POST ") { (202, "") } else { GOOD });
    let old = github(&mut vault, "work", "ghp_old");
    let twin = github(&mut vault, "twin", "ghp_old\n");
    vault.store_rotation(old, vec![sealed("token", "ghp_new")]).unwrap();
    let rotation = vault.rotation(old).unwrap().unwrap();
    let (_, (rotation, _)) = vault.switch_rotation(&rotation, DATE).unwrap();
    let done = vault.revoke_rotated(&rotation, &options, true).unwrap();
    assert_eq!(done, Revoking::Shared(vec!["github/twin".to_owned()]));
    assert_eq!(seen.lock().unwrap().len(), 0, "nothing is sent");
    vault.trash(twin).unwrap();
    let done = vault.revoke_rotated(&rotation, &options, false).unwrap();
    assert!(matches!(done, Revoking::Asked(Outcome::Revoked(_))), "{done:?}");
}

const MADE: &str = "<R><AccessKeyId>AKIAEXAMPLEMADE00002</AccessKeyId>\
    <SecretAccessKey>a-made-secret-of-forty-characters-000002</SecretAccessKey></R>";

fn aws(home: &Path) -> (Vault, RecordId) {
    let mut vault = open(home);
    let secret = sealed("secret_access_key", "the-first-secret-of-forty-characters-001");
    let fields = vec![secret, plain("access_key_id", "AKIAEXAMPLEMADE00001"), plain("region", "eu-west-1")];
    let id = vault.add(NewCredential { fields, ..new("aws", "work", "") }).unwrap().id;
    (vault, id)
}

#[test]
fn a_made_key_that_cannot_be_stored_is_deleted_again_or_named() {
    for deleted in [200, 500] {
        let home = tempfile::tempdir().unwrap();
        let (mut vault, id) = aws(home.path());
        let path = home.path().to_owned();
        let (options, seen) = provider("aws", move |text| {
            if !text.contains("Action=CreateAccessKey") {
                return (deleted, "<R/>");
            }
            open(&path).erase(id).unwrap(); // what it would stand beside is no more
            (200, MADE)
        });
        let why = vault.make_rotation(id, &options).unwrap().unwrap_err();
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
        assert_eq!(seen.len(), 2);
    }
}

#[test]
fn two_that_have_a_key_made_at_once_get_one() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id) = aws(home.path());
    let (options, seen) = provider("aws", |_| {
        thread::sleep(Duration::from_millis(300));
        (200, MADE)
    });
    let path = home.path().to_owned();
    let also = options.clone();
    let other = thread::spawn(move || open(&path).make_rotation(id, &also).map(|made| made.is_ok()));
    let here = vault.make_rotation(id, &options).map(|made| made.is_ok());
    let done = [here, other.join().unwrap()];
    assert!(done.iter().any(|done| matches!(done, Ok(true))), "{done:?}");
    assert!(done.iter().any(|done| matches!(done, Err(Error::ChangedMeanwhile))), "{done:?}");
    assert_eq!(seen.lock().unwrap().len(), 1);
    assert_eq!(all(&mut vault).len(), 2);
}
