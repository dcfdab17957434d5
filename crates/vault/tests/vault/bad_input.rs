//! What is refused, and that nothing is stored then.

use keymoor_vault::{Edit, Error, Input, Kind, NewCredential, Vault};

use crate::place::{add, all, new, open, plain, sealed, secret};

type Fits = fn(&Error) -> bool;

/// Runs what must fail, and that it changed nothing.
fn refused<T>(vault: &mut Vault, act: impl FnOnce(&mut Vault) -> Result<T, Error>) -> Error {
    let before = (vault.changes().unwrap(), all(vault));
    let error = act(vault).err().expect("an error");
    assert_eq!((vault.changes().unwrap(), all(vault)), before, "{error:?} left something behind");
    error
}

fn with(change: impl FnOnce(&mut NewCredential)) -> NewCredential {
    let mut credential = new("openai", "free", "a good secret");
    change(&mut credential);
    credential
}

#[test]
fn what_is_not_valid_is_refused_and_stores_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let work = add(&mut vault, "work", "the secret").id;
    let long = "n".repeat(10_000);
    let cases: Vec<(NewCredential, Fits)> = vec![
        (with(|c| c.fields = vec![sealed("secret", "")]), |e| matches!(e, Error::EmptySecret)),
        (with(|c| c.fields = vec![]), |e| matches!(e, Error::NoSecret)),
        (with(|c| c.fields = vec![plain("org", "x")]), |e| matches!(e, Error::NoSecret)),
        (with(|c| c.fields = vec![sealed("secret", "a\0b")]), |e| matches!(e, Error::NulByte(Input::Secret))),
        (with(|c| c.fields = vec![sealed("secret", &"s".repeat(65 * 1024))]), |e| {
            matches!(e, Error::TooLarge { limit: 65_536 })
        }),
        (
            with(|c| {
                c.fields = vec![sealed("secret", &"s".repeat(40_000)), plain("rest", &"o".repeat(40_000))]
            }),
            |e| matches!(e, Error::TooLarge { .. }),
        ),
        (with(|c| c.fields = vec![sealed("a", "one"), sealed(" a ", "two")]), |e| {
            matches!(e, Error::Invalid(Input::FieldName))
        }),
        (with(|c| c.fields.push(plain("secret", "shown"))), |e| {
            matches!(e, Error::Invalid(Input::FieldName))
        }),
        (with(|c| c.fields.push(plain("a", "\0"))), |e| matches!(e, Error::NulByte(Input::FieldValue))),
        (with(|c| c.fields.push(plain("", "a"))), |e| matches!(e, Error::Invalid(Input::FieldName))),
        (with(|c| c.name = String::new()), |e| matches!(e, Error::Invalid(Input::Name))),
        (with(|c| c.name = long.clone()), |e| matches!(e, Error::Invalid(Input::Name))),
        (with(|c| c.name = "a\nb".into()), |e| matches!(e, Error::Invalid(Input::Name))),
        (with(|c| c.provider = " ".into()), |e| matches!(e, Error::Invalid(Input::Provider))),
        (with(|c| c.provider = "a/b".into()), |e| matches!(e, Error::Invalid(Input::Provider))),
        (with(|c| c.labels = vec!["".into()]), |e| matches!(e, Error::Invalid(Input::Label))),
        (with(|c| c.note = Some("n".repeat(17_000))), |e| matches!(e, Error::Invalid(Input::Note))),
        (with(|c| c.note = Some("\0".into())), |e| matches!(e, Error::NulByte(Input::Note))),
    ];
    for (at, (credential, fits)) in cases.into_iter().enumerate() {
        let error = refused(&mut vault, |vault| vault.add(credential));
        assert!(fits(&error), "case {at}: {error:?}");
        assert_eq!(error.kind(), Kind::Usage);
    }
    let error = refused(&mut vault, |vault| vault.edit(work, Edit::default()));
    assert!(matches!(error, Error::NothingToChange));
    let name = Edit { name: Some(long), ..Edit::default() };
    assert!(matches!(refused(&mut vault, |vault| vault.edit(work, name)), Error::Invalid(Input::Name)));
    assert_eq!(secret(&mut vault, work), "the secret");
}

#[test]
fn a_credential_stays_within_its_size_over_several_edits() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let id = add(&mut vault, "work", &"s".repeat(40_000)).id;
    let more = || Edit { fields: vec![sealed("token", &"t".repeat(40_000))], ..Edit::default() };
    assert!(matches!(refused(&mut vault, |vault| vault.edit(id, more())), Error::TooLarge { .. }));
    let mut replace = new("openai", "work", "s");
    replace.fields = vec![sealed("token", &"t".repeat(40_000))];
    replace.replace = true;
    assert!(matches!(refused(&mut vault, |vault| vault.add(replace)), Error::TooLarge { .. }));
    vault.edit(id, Edit { fields: vec![sealed("secret", "small")], ..Edit::default() }).unwrap();
    vault.edit(id, more()).unwrap();
}

#[test]
fn a_name_is_taken_however_it_is_spelled() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    add(&mut vault, "Z\u{fc}rich", "one");
    let other = add(&mut vault, "other", "two").id;
    for (provider, name) in
        [("openai", "Z\u{fc}rich"), ("OPENAI ", " Zu\u{308}rich\t"), (" OpenAI", "Zu\u{308}rich")]
    {
        let error = refused(&mut vault, |vault| vault.add(new(provider, name, "three")));
        assert!(matches!(error, Error::NameTaken), "{error:?}");
        assert_eq!(error.kind(), Kind::Conflict);
        let rename = Edit { name: Some(name.into()), note: Some("lost?".into()), ..Edit::default() };
        assert!(matches!(refused(&mut vault, |vault| vault.edit(other, rename)), Error::NameTaken));
    }
    vault.add(new("anthropic", "Z\u{fc}rich", "another provider")).unwrap();
    add(&mut vault, "z\u{fc}rich", "case counts in names");
    let own = Edit { name: Some("other".into()), ..Edit::default() };
    assert!(vault.edit(other, own).is_ok(), "its own name is free for it");
}

#[test]
fn errors_say_nothing_of_what_was_given() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let canary = "sk-canary-0123456789";
    add(&mut vault, "work", canary);
    let taken = vault.add(new("openai", "work", canary)).unwrap_err();
    let nul = vault.add(new("openai", "free", &format!("{canary}\0"))).unwrap_err();
    for error in [taken, nul] {
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    for file in std::fs::read_dir(home.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"canary"));
    }
}
