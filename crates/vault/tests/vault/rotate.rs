//! Rotation, against a provider that answers on this machine: which key is switched, and what has to be so before one is
//! revoked.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use keymoor_providers::rotate::Outcome;
use keymoor_providers::verify::{Bases, Options};
use keymoor_vault::{Because, Edit, Error, Field, NewCredential, RecordId, Revoking, Rotation, Saved, Vault};

use crate::place::{add, all, names, new, open, sealed, secret};

mod at_once;
mod made;
#[cfg(all(unix, not(target_os = "macos")))]
mod unread;
mod used;

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

fn store(vault: &mut Vault, old: RecordId, fields: Vec<Field>) -> Result<Saved, Error> {
    let before = vault.before_rotation(old)?;
    vault.store_rotation(&before, fields)
}

/// A key at GitHub that was replaced.
fn switched(vault: &mut Vault) -> Rotation {
    let old = github(vault, "work", "ghp_old");
    store(vault, old, vec![sealed("token", "ghp_new")]).unwrap();
    let rotation = vault.rotation(old).unwrap().unwrap();
    vault.switch_rotation(&rotation, DATE).unwrap().1.0
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
    let new = store(&mut vault, old, vec![sealed("token", "ghp_new")]).unwrap().id;
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
    let new = store(&mut vault, old, vec![sealed("secret", "sk-new")]).unwrap().id;
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
fn services_that_use_the_old_key_use_the_new_one_also_those_that_are_off() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let old = add(&mut vault, "work", "sk-old").id;
    add(&mut vault, "other", "sk-other");
    vault.enable_service("openai", Some(old)).unwrap();
    vault.disable_service("openai").unwrap();
    store(&mut vault, old, vec![sealed("secret", "sk-new")]).unwrap();
    let rotation = vault.rotation(old).unwrap().unwrap();
    vault.switch_rotation(&rotation, DATE).unwrap();
    vault.enable_service("openai", None).unwrap();
    let uses = vault.resolve_service("openai").unwrap();
    assert_eq!((uses.id, uses.because), (rotation.new, Because::Chosen));
}

#[test]
fn a_credential_that_only_has_the_name_of_the_old_one_is_not_rotated() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let old = add(&mut vault, "work", "sk-old").id;
    let new = store(&mut vault, old, vec![sealed("secret", "sk-new")]).unwrap().id;
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
    store(&mut vault, old, vec![sealed("token", "ghp_new")]).unwrap();
    let rotation = vault.rotation(old).unwrap().unwrap();
    let (_, (rotation, _)) = vault.switch_rotation(&rotation, DATE).unwrap();
    let done = vault.revoke_rotated(&rotation, &options, true).unwrap();
    assert_eq!(done, Revoking::Shared(vec!["github/twin".to_owned()]));
    assert_eq!(seen.lock().unwrap().len(), 0, "nothing is sent");
    vault.trash(twin).unwrap();
    let done = vault.revoke_rotated(&rotation, &options, false).unwrap();
    assert!(matches!(done, Revoking::Asked(Outcome::Revoked(_))), "{done:?}");
}
