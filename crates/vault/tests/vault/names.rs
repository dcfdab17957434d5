//! From a name to a credential.

use keymoor_vault::{Error, Kind, Place, Vault};

use crate::place::{new, open};

fn candidates(vault: &mut Vault, name: &str) -> Vec<String> {
    let error = vault.find(name, Place::Active).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    let Error::Ambiguous(candidates) = error else { panic!("{error:?}") };
    candidates.into_iter().map(|candidate| format!("{}/{}", candidate.provider, candidate.display)).collect()
}

#[test]
fn a_name_two_providers_use_has_to_be_told_apart() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let openai = vault.add(new("openai", "work", "one")).unwrap().id;
    let anthropic = vault.add(new("anthropic", "work", "two")).unwrap().id;
    assert_eq!(candidates(&mut vault, "work"), ["openai/work", "anthropic/work"]);
    assert_eq!(vault.find("openai/work", Place::Active).unwrap(), openai);
    assert_eq!(vault.find("Anthropic / work", Place::Active).unwrap(), anthropic);
    assert!(matches!(vault.find("google/work", Place::Active), Err(Error::NotFound)));
    assert!(
        matches!(vault.find("work (2)", Place::Active), Err(Error::NotFound)),
        "no provider has it twice"
    );
    for nothing in ["", " ", "/", "openai/", "a\0b"] {
        assert!(matches!(vault.find(nothing, Place::Active), Err(Error::NotFound)), "{nothing:?}");
    }
}

#[test]
fn names_may_have_slashes() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let slashed = vault.add(new("openai", "team/ci/deploy", "one")).unwrap().id;
    assert_eq!(vault.find("team/ci/deploy", Place::Active).unwrap(), slashed);
    assert_eq!(vault.find("openai/team/ci/deploy", Place::Active).unwrap(), slashed);
    let other = vault.add(new("team", "ci/deploy", "two")).unwrap().id;
    assert_eq!(vault.find("team/ci/deploy", Place::Active).unwrap(), other, "provider and name come first");
    assert_eq!(vault.find("openai/team/ci/deploy", Place::Active).unwrap(), slashed);
    assert_eq!(vault.find("ci/deploy", Place::Active).unwrap(), other);
}

#[test]
fn an_id_is_a_name_too() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let one = vault.add(new("openai", "work", "one")).unwrap().id;
    let two = vault.add(new("anthropic", "work", "two")).unwrap().id;
    for id in [one, two] {
        assert_eq!(vault.find(&id.to_string(), Place::Active).unwrap(), id);
        assert_eq!(vault.find(&id.to_string().to_uppercase(), Place::Active).unwrap(), id);
    }
    vault.trash(one).unwrap();
    assert!(matches!(vault.find(&one.to_string(), Place::Active), Err(Error::NotFound)));
    assert_eq!(vault.find(&one.to_string(), Place::Trash).unwrap(), one);
    assert!(matches!(vault.find(&two.to_string(), Place::Trash), Err(Error::NotFound)));
    vault.erase(one).unwrap();
    assert!(matches!(vault.find(&one.to_string(), Place::Trash), Err(Error::NotFound)));
    let named = vault.add(new("openai", &two.to_string(), "three")).unwrap().id;
    assert_eq!(vault.find(&two.to_string(), Place::Active).unwrap(), two, "an id comes first");
    assert_eq!(vault.find(&format!("openai/{two}"), Place::Active).unwrap(), named);
}

#[test]
fn a_name_that_looks_like_a_suffix_is_a_name() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let literal = vault.add(new("openai", "work (2)", "one")).unwrap().id;
    assert_eq!(vault.find("work (2)", Place::Active).unwrap(), literal);
    vault.add(new("openai", "work", "two")).unwrap();
    assert_eq!(vault.find("work (2)", Place::Active).unwrap(), literal, "work has one holder");
}

#[test]
fn two_of_one_name_in_the_trash_are_told_apart_by_their_ids() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let ids = [0, 1].map(|_| {
        let id = vault.add(new("openai", "work", "one")).unwrap().id;
        vault.trash(id).unwrap();
        id
    });
    assert!(matches!(vault.find("work", Place::Trash), Err(Error::Ambiguous(found)) if found.len() == 2));
    assert_eq!(vault.find(&ids[1].to_string(), Place::Trash).unwrap(), ids[1]);
}
