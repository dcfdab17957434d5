//! What changed from version to version, and a settling that is taken back.

use keymoor_protocol::{ActorId, Record};

use super::*;
use crate::add::{Field, NewCredential, Value};
use crate::config::{Backend, Config};
use crate::content::edit::Action;
use crate::edit::Edit;
use crate::sync::take::{Outcome, take};
use crate::vault::Patience;

const ELSEWHERE: ActorId = ActorId([0xee; 16]);

fn secret(name: &str, value: &str) -> Field {
    Field { name: name.to_owned(), value: Value::Secret(value.into()) }
}

fn open(name: &str, value: &str) -> Field {
    Field { name: name.to_owned(), value: Value::Open(value.to_owned()) }
}

/// A vault with one credential.
fn with_one(home: &std::path::Path) -> (Vault, RecordId) {
    let config =
        Config { home: home.to_owned(), keychain: Backend::None, keychain_service: "unused".to_owned() };
    let mut vault = Vault::open(config, Patience::default(), &mut |_| Some("correct horse".into())).unwrap();
    let fields = vec![secret("secret", "first"), open("project", "one")];
    let (provider, name) = ("openai".to_owned(), "work".to_owned());
    let id = vault.add(NewCredential { provider, name, fields, ..NewCredential::default() }).unwrap().id;
    (vault, id)
}

/// Puts what is there where a sync would have put it.
pub(crate) fn synced(vault: &mut Vault, id: RecordId) -> Record {
    let keys = &vault.keys;
    let done = vault.cache.write(|change| {
        let draft = change.draft(id)?.unwrap();
        change.put_base(&draft.record, 1, keys.tags(&keys.open_meta(&draft.record).unwrap()))?;
        change.drop_draft(id)?;
        Ok::<_, Error>(draft.record)
    });
    done.unwrap()
}

/// What another device wrote over that record, and it comes here.
pub(crate) fn written_elsewhere(
    vault: &mut Vault,
    before: &Record,
    at: u64,
    write: impl FnOnce(&mut Action),
) {
    let keys = &vault.keys;
    let mut action = keys.open(before).unwrap().act(ELSEWHERE, at);
    write(&mut action);
    let record = keys.seal(before.id, 2, &action.finish()).unwrap();
    let taken = vault.cache.write(|change| {
        let mut actor = drafts::actor(change, keys)?;
        take(change, keys, &record, 2, &mut actor, &mut Outcome::default())
    });
    taken.unwrap();
}

fn note(text: &str) -> Edit {
    Edit { note: Some(text.to_owned()), ..Edit::default() }
}

#[test]
fn each_version_says_what_changed_and_nothing_of_the_values() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id) = with_one(home.path());
    let name =
        Edit { name: Some("job".to_owned()), labels: Some(vec!["paid".to_owned()]), ..Edit::default() };
    vault.edit(id, name).unwrap();
    let fields = vec![secret("secret", "second"), secret("webhook", "hook"), open("project", "")];
    vault.edit(id, Edit { fields, ..Edit::default() }).unwrap();
    vault.edit(id, Edit { on: Some(false), fallback: Some(true), ..note("of the old team") }).unwrap();
    vault.edit(id, Edit { on: Some(true), fallback: Some(false), ..Edit::default() }).unwrap();
    vault.trash(id).unwrap();
    vault.restore(id).unwrap();
    let history = vault.history(id).unwrap();
    let told: Vec<_> = history.iter().rev().map(|past| past.changed.as_slice()).collect();
    let set = |name: &str| Changed::Set(name.to_owned());
    assert_eq!(told[0], [Changed::Added]);
    assert_eq!(told[1], [Changed::Name, Changed::Labels]);
    assert_eq!(told[2], [set("secret"), set("webhook"), Changed::Removed("project".to_owned())]);
    assert_eq!(told[3], [Changed::Note, Changed::Off, Changed::Fallback]);
    assert_eq!(told[4], [Changed::On, Changed::NoFallback]);
    assert_eq!(told[5], [Changed::Trashed]);
    assert_eq!(told[6], [Changed::Restored]);
    assert!(history.iter().all(|past| past.here));
    assert!(!format!("{history:?}").contains("second"));
}

#[test]
fn a_choice_says_whose_it_is_and_when_and_settling_can_be_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let (mut vault, id) = with_one(home.path());
    let before = synced(&mut vault, id);
    vault.edit(id, note("from here")).unwrap();
    written_elsewhere(&mut vault, &before, 4_102_444_800_000, |action| {
        action.set_text(field::NOTE, "from there")
    });

    let shown = vault.show(id).unwrap();
    let [conflict] = shown.conflicts.as_slice() else { panic!("{:?}", shown.conflicts) };
    let of = |text: &str| conflict.choices.iter().find(|choice| choice.summary == text).unwrap();
    assert!(of("from here").here && !of("from there").here);
    assert_eq!(of("from there").at, Some(4_102_444_800_000));
    let newest = vault.history(id).unwrap().remove(0);
    assert!(newest.changed.contains(&Changed::Conflict), "{:?}", newest.changed);

    let at = shown.listing.version_id;
    let saved = vault.settle(id, "note", &of("from there").key).unwrap();
    let settled = vault.show(id).unwrap();
    assert!(settled.conflicts.is_empty() && settled.listing.note.as_deref() == Some("from there"));
    let newest = vault.history(id).unwrap().remove(0);
    assert!(newest.changed.contains(&Changed::Settled) && newest.here, "{:?}", newest.changed);

    let back = vault.unsettle(id, &at, &saved.version_id).unwrap();
    let again = vault.show(id).unwrap();
    let both = |conflict: &crate::Conflict| {
        conflict.choices.iter().map(|choice| choice.summary.clone()).collect::<BTreeSet<_>>()
    };
    assert_eq!(again.conflicts.iter().map(both).collect::<Vec<_>>(), [both(conflict)]);
    let refused = vault.unsettle(id, &at, &saved.version_id);
    assert!(matches!(refused, Err(Error::ChangedMeanwhile)), "{back:?}");
}
