//! Adding, editing, throwing away and getting back.

use keymoor_vault::{Edit, Error, Field, Filter, HomeState, Kept, Place, Value, Vault};
use secrecy::ExposeSecret as _;

use crate::place::{add, all, names, new, open, plain, sealed, secret, trash};

fn vault() -> (tempfile::TempDir, Vault) {
    let home = tempfile::tempdir().unwrap();
    let vault = open(home.path());
    (home, vault)
}

#[test]
fn what_was_added_is_there_byte_for_byte_and_after_opening_again() {
    let (home, mut vault) = vault();
    let texts = [" spaces and\ttabs \n".to_owned(), "ключ 🔑 e\u{301}".to_owned(), "x".repeat(64 * 1024)];
    for (n, text) in texts.iter().enumerate() {
        let saved = add(&mut vault, &format!("key {n}"), text);
        assert_eq!((saved.version, saved.replaced, saved.keychain, saved.waiting), (1, false, Kept::Off, 0));
    }
    drop(vault);
    let mut vault = open(home.path());
    for (n, text) in texts.iter().enumerate() {
        let id = vault.find(&format!("key {n}"), Place::Active).unwrap();
        assert_eq!(secret(&mut vault, id), *text);
    }
}

#[test]
fn everything_but_the_secret_is_shown() {
    let (_home, mut vault) = vault();
    let mut credential = new("OpenAI", " work ", "sk-proj-0123456789");
    credential.fields.push(plain("org", "org-1"));
    credential.fields.push(sealed("token", "short"));
    credential.labels = vec!["prod".into(), "billing".into()];
    credential.note = Some("for the report".into());
    let id = vault.add(credential).unwrap().id;
    let detail = vault.show(id).unwrap();
    let listing = &detail.listing;
    assert_eq!((listing.provider.as_str(), listing.name.as_str(), listing.version), ("openai", "work", 1));
    assert_eq!(
        (listing.labels.clone(), listing.note.as_deref()),
        (vec!["billing".into(), "prod".into()], Some("for the report"))
    );
    assert_eq!(listing.last_four.as_deref(), Some("6789"));
    let fields: Vec<_> = detail
        .fields
        .iter()
        .map(|f| (f.name.as_str(), f.secret, f.value.as_deref(), f.last_four.as_deref()))
        .collect();
    assert_eq!(
        fields,
        [
            ("secret", true, None, Some("6789")),
            ("token", true, None, None),
            ("org", false, Some("org-1"), None)
        ]
    );
    assert!(!format!("{detail:?}").contains("sk-proj"));
    assert_eq!(vault.reveal(id, Some("token")).unwrap().expose_secret(), "short");
    assert_eq!(vault.reveal(id, None).unwrap().expose_secret(), "sk-proj-0123456789", "the one named secret");
    assert_eq!(vault.reveal(id, Some("org")).unwrap().expose_secret(), "org-1", "an open field, by its name");
    let Err(Error::NoSuchField(known)) = vault.reveal(id, Some("nonsense")) else { panic!("a guess") };
    assert_eq!(known, ["secret", "token", "org"]);
}

#[test]
fn without_one_named_secret_the_field_has_to_be_named() {
    let (_home, mut vault) = vault();
    let mut credential = new("aws", "prod", "");
    credential.fields = vec![sealed("access_key", "AKIA-one"), sealed("session", "two")];
    let id = vault.add(credential).unwrap().id;
    let Err(Error::WhichField(fields)) = vault.reveal(id, None) else { panic!("a guess") };
    assert_eq!(fields, ["access_key", "session"]);
}

#[test]
fn a_replaced_value_stays_in_the_history_and_comes_back_from_there() {
    let (_home, mut vault) = vault();
    let id = add(&mut vault, "work", "first secret").id;
    for (version, text) in [(2, "second secret"), (3, "third secret")] {
        let mut credential = new("openai", "work", text);
        credential.replace = true;
        credential.labels = vec![format!("v{version}")];
        let saved = vault.add(credential).unwrap();
        assert_eq!((saved.id, saved.version, saved.replaced), (id, version, true));
    }
    let history = vault.history(id).unwrap();
    let versions: Vec<_> = history.iter().map(|past| (past.version, past.current, past.deleted)).collect();
    assert_eq!(versions, [(3, true, false), (2, false, false), (1, false, false)]);
    assert_eq!(all(&mut vault)[0].labels, ["v2", "v3"], "labels are added");

    assert_eq!(vault.revert(id, "1").unwrap().version, 4);
    assert_eq!(secret(&mut vault, id), "first secret");
    assert!(all(&mut vault)[0].labels.is_empty());
    assert_eq!(vault.revert(id, "3").unwrap().version, 5);
    assert_eq!(secret(&mut vault, id), "third secret");
    assert!(matches!(vault.revert(id, "9"), Err(Error::NoSuchVersion)));
    assert_eq!(vault.history(id).unwrap().len(), 5);
}

#[test]
fn replacing_what_is_not_there_adds_it() {
    let (_home, mut vault) = vault();
    let mut credential = new("openai", "work", "first");
    credential.replace = true;
    assert!(!vault.add(credential).unwrap().replaced);
    assert_eq!(names(&all(&mut vault)), ["work"]);
}

#[test]
fn an_edit_changes_only_what_is_given() {
    let (_home, mut vault) = vault();
    let mut credential = new("openai", "work", "the first secret");
    credential.fields.extend([plain("org", "one"), sealed("token", "a token")]);
    credential.note = Some("note".into());
    let id = vault.add(credential).unwrap().id;
    let fields = vec![sealed("secret", "the second secret"), plain("org", "")];
    let saved = vault.edit(id, Edit { fields, labels: Some(vec!["a".into()]), ..Edit::default() }).unwrap();
    assert_eq!((saved.version, saved.replaced), (2, true));
    assert_eq!(secret(&mut vault, id), "the second secret");
    assert_eq!(vault.reveal(id, Some("token")).unwrap().expose_secret(), "a token");
    let detail = vault.show(id).unwrap();
    assert!(detail.fields.iter().all(|field| field.name != "org"), "emptied");
    assert_eq!((detail.listing.note.as_deref(), detail.listing.labels), (Some("note"), vec!["a".into()]));

    vault.edit(id, Edit { name: Some("home".into()), note: Some(String::new()), ..Edit::default() }).unwrap();
    assert!(matches!(vault.find("work", Place::Active), Err(Error::NotFound)));
    assert_eq!(vault.find("home", Place::Active).unwrap(), id);
    assert_eq!(vault.show(id).unwrap().listing.note, None);
    vault.edit(id, Edit { labels: Some(Vec::new()), ..Edit::default() }).unwrap();
    assert!(all(&mut vault)[0].labels.is_empty());
}

#[test]
fn what_changes_nothing_makes_no_version() {
    let (_home, mut vault) = vault();
    let credential = || {
        let mut credential = new("openai", "work", "the secret");
        credential.fields.push(plain("org", "one"));
        credential.labels = vec!["a".into()];
        credential.replace = true;
        credential
    };
    let first = vault.add(credential()).unwrap();
    assert!(first.changed && !first.replaced);
    let again = vault.add(credential()).unwrap();
    assert_eq!((again.version, again.changed, again.replaced), (1, false, false));
    assert_eq!(again.version_id, first.version_id);
    let same = || Edit {
        name: Some("work".into()),
        called: None,
        fields: vec![sealed("secret", "the secret"), plain("org", "one"), plain("gone", "")],
        labels: Some(vec!["a".into()]),
        note: Some(String::new()),
        on: None,
        fallback: Some(false),
        expires: None,
        add_labels: vec!["a".into()],
        remove_labels: vec!["never there".into()],
    };
    assert!(!vault.edit(first.id, same()).unwrap().changed);
    assert!(!vault.revert(first.id, "1").unwrap().changed);
    assert_eq!(vault.history(first.id).unwrap().len(), 1);
    let other = Edit { fields: vec![sealed("secret", "the Secret")], ..same() };
    assert!(vault.edit(first.id, other).unwrap().changed);
    assert_eq!(vault.history(first.id).unwrap().len(), 2);
}

#[test]
fn labels_are_put_beside_the_others_and_taken_away_alone() {
    let (_home, mut vault) = vault();
    let mut credential = new("openai", "work", "the secret");
    credential.labels = vec!["a".into(), "b".into()];
    let id = vault.add(credential).unwrap().id;
    let edit = Edit {
        add_labels: vec!["c".into(), "a".into()],
        remove_labels: vec!["b".into(), "nobody's".into()],
        ..Edit::default()
    };
    assert!(vault.edit(id, edit).unwrap().changed);
    assert_eq!(vault.show(id).unwrap().listing.labels, ["a", "c"]);
    let last = Edit { remove_labels: vec!["a".into(), "c".into()], ..Edit::default() };
    vault.edit(id, last).unwrap();
    assert!(vault.show(id).unwrap().listing.labels.is_empty());
    let wrong = Edit { add_labels: vec!["two\nlines".into()], ..Edit::default() };
    assert!(matches!(vault.edit(id, wrong), Err(Error::Invalid(_))));
}

#[test]
fn one_of_several_secret_fields_can_be_removed_and_the_last_one_cannot() {
    let (_home, mut vault) = vault();
    let mut credential = new("aws", "prod", "");
    credential.fields = vec![sealed("key", "AKIA-one"), sealed("session", "two"), plain("region", "eu")];
    let id = vault.add(credential).unwrap().id;
    let gone = |name: &str| Field { name: name.into(), value: Value::Removed };
    let edit = |fields| Edit { fields, ..Edit::default() };
    let Err(Error::NoSuchField(known)) = vault.edit(id, edit(vec![gone("nonsense")])) else {
        panic!("what?")
    };
    assert_eq!(known, ["key", "session", "region"]);
    assert!(matches!(vault.edit(id, edit(vec![gone("key"), gone("session")])), Err(Error::LastSecret)));
    assert!(vault.edit(id, edit(vec![gone("key"), sealed("key", "x")])).is_err(), "which of both?");
    assert_eq!(vault.show(id).unwrap().listing.version, 1, "nothing was changed");

    vault.edit(id, edit(vec![gone("session"), gone("region")])).unwrap();
    let names = |vault: &mut Vault| -> Vec<String> {
        vault.show(id).unwrap().fields.into_iter().map(|field| field.name).collect()
    };
    assert_eq!(names(&mut vault), ["key"]);
    assert!(matches!(vault.edit(id, edit(vec![gone("key")])), Err(Error::LastSecret)));
    vault.edit(id, edit(vec![gone("key"), sealed("token", "three")])).unwrap();
    assert_eq!(names(&mut vault), ["token"], "replaced by another");
    vault.revert(id, "1").unwrap();
    assert_eq!(names(&mut vault), ["key", "session", "region"]);
}

#[test]
fn an_open_field_that_becomes_secret_is_not_left_open() {
    let (_home, mut vault) = vault();
    let mut credential = new("openai", "work", "the secret");
    credential.fields.push(plain("token", "visible"));
    let id = vault.add(credential).unwrap().id;
    vault.edit(id, Edit { fields: vec![sealed("token", "hidden")], ..Edit::default() }).unwrap();
    let fields = vault.show(id).unwrap().fields;
    assert_eq!(
        fields.iter().map(|f| (f.name.as_str(), f.secret)).collect::<Vec<_>>(),
        [("secret", true), ("token", true)]
    );
}

#[test]
fn the_trash_gives_back_what_it_got() {
    let (_home, mut vault) = vault();
    let id = add(&mut vault, "work", "the secret").id;
    assert_eq!(vault.trash(id).unwrap().version, 2);
    assert!(all(&mut vault).is_empty());
    assert_eq!(names(&trash(&mut vault)), ["work"]);
    assert!(matches!(vault.find("work", Place::Active), Err(Error::NotFound)));
    assert_eq!(vault.find("openai/work", Place::Trash).unwrap(), id);
    assert!(matches!(vault.trash(id), Err(Error::NotFound)));
    let edit = Edit { note: Some("x".into()), ..Edit::default() };
    assert!(matches!(vault.edit(id, edit), Err(Error::NotFound)), "not edited in the trash");
    assert_eq!(vault.status().map(|s| (s.records, s.trashed)).unwrap(), (0, 1));

    vault.restore(id).unwrap();
    assert_eq!(secret(&mut vault, id), "the secret");
    assert!(matches!(vault.restore(id), Err(Error::NotFound)));
    assert!(vault.history(id).unwrap().iter().any(|past| past.deleted));
    // Once more: the delete before does not count any more.
    let edit = Edit { note: Some("after".into()), ..Edit::default() };
    vault.edit(id, edit).unwrap();
    vault.edit(id, Edit { note: Some(String::new()), ..Edit::default() }).unwrap();
    assert_eq!(names(&all(&mut vault)), ["work"]);
}

#[test]
fn a_name_that_was_taken_meanwhile_stops_restore_and_revert() {
    let (_home, mut vault) = vault();
    let old = add(&mut vault, "work", "old").id;
    vault.trash(old).unwrap();
    let new = add(&mut vault, "work", "new").id;
    assert!(matches!(vault.restore(old), Err(Error::NameTaken)));
    assert!(matches!(vault.revert(old, "1"), Err(Error::NameTaken)));
    assert_eq!((secret(&mut vault, new).as_str(), trash(&mut vault).len()), ("new", 1));
    vault.edit(new, Edit { name: Some("other".into()), ..Edit::default() }).unwrap();
    add(&mut vault, "third", "third");
    assert!(vault.revert(new, "1").is_ok(), "the name of then is free");
    assert!(matches!(vault.restore(old), Err(Error::NameTaken)));
    vault.erase(new).unwrap();
    vault.restore(old).unwrap();
    assert_eq!(secret(&mut vault, old), "old");
}

#[test]
fn what_was_erased_is_gone() {
    let (_home, mut vault) = vault();
    let (one, two) = (add(&mut vault, "one", "secret one").id, add(&mut vault, "two", "secret two").id);
    vault.trash(one).unwrap();
    vault.erase(one).unwrap();
    vault.erase(two).unwrap();
    for id in [one, two] {
        assert!(matches!(vault.reveal(id, None), Err(Error::NotFound)));
        assert!(matches!(vault.history(id), Err(Error::NotFound)));
        assert!(matches!(vault.erase(id), Err(Error::NotFound)));
        assert!(matches!(vault.restore(id), Err(Error::NotFound)));
    }
    assert!(all(&mut vault).is_empty() && trash(&mut vault).is_empty());
    add(&mut vault, "one", "another");
}

#[test]
fn lists_are_sorted_and_filtered() {
    let (_home, mut vault) = vault();
    for (provider, name, label, note) in [
        ("openai", "work", "prod", "Zürich office"),
        ("anthropic", "work", "prod", ""),
        ("openai", "home", "", ""),
    ] {
        let mut credential = new(provider, name, "secret");
        credential.labels = if label.is_empty() { vec![] } else { vec![label.to_owned()] };
        credential.note = Some(note.to_owned());
        credential.fields.push(plain("org", &format!("org-{provider}")));
        vault.add(credential).unwrap();
    }
    let full = |vault: &mut Vault, filter: &Filter| -> Vec<String> {
        vault.list(filter).unwrap().iter().map(|l| format!("{}/{}", l.provider, l.name)).collect()
    };
    let query = |text: &str| Filter { query: Some(text.to_owned()), ..Filter::default() };
    assert_eq!(full(&mut vault, &Filter::default()), ["anthropic/work", "openai/home", "openai/work"]);
    assert_eq!(full(&mut vault, &query("ZÜRICH work")), ["openai/work"]);
    assert_eq!(full(&mut vault, &query("org-anthropic")), ["anthropic/work"]);
    assert_eq!(full(&mut vault, &query("secret")), [""; 0], "secrets are not looked through");
    let provider = Filter { provider: Some("OpenAI".into()), ..Filter::default() };
    assert_eq!(full(&mut vault, &provider), ["openai/home", "openai/work"]);
    let label = Filter { label: Some("prod".into()), ..Filter::default() };
    assert_eq!(full(&mut vault, &label), ["anthropic/work", "openai/work"]);
}

#[test]
fn the_status_of_a_vault_without_keychain_and_account() {
    let (_home, mut vault) = vault();
    add(&mut vault, "work", "secret");
    let status = vault.status().unwrap();
    let states = (status.homes.keychain.state, status.homes.cache.state, status.homes.server.state);
    assert_eq!(states, (HomeState::Off, HomeState::Ok, HomeState::NotSetUp));
    assert_eq!((status.records, status.waiting, status.last_sync, status.alarms.len()), (1, 0, None, 0));
    let diagnosis = vault.doctor(false).unwrap();
    assert!(diagnosis.is_well() && diagnosis.findings.is_empty(), "{diagnosis:?}");
    assert_eq!((diagnosis.records, vault.mirror(10).unwrap()), (1, 0));
    let nobody = &mut |_| panic!("nothing to sign in to");
    assert!(matches!(vault.sync(&Default::default(), nobody, &mut |_| ()), Err(Error::NoAccount)));
}

#[test]
fn what_is_taken_back_is_ones_own_change_only() {
    let (_home, mut vault) = vault();
    let first = add(&mut vault, "work", "sk-first");
    let renamed = |name: &str| Edit { name: Some(name.into()), ..Edit::default() };
    let mine = vault.edit(first.id, renamed("mine")).unwrap();
    let theirs = vault.edit(first.id, renamed("theirs")).unwrap();
    let refused = [
        vault.revert_if(first.id, &first.version_id, Some(&mine.version_id)),
        vault.trash_if(first.id, Some(&mine.version_id)),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(Error::ChangedMeanwhile)));
    }
    assert_eq!(vault.show(first.id).unwrap().listing.version_id, theirs.version_id);
    vault.revert_if(first.id, &mine.version_id, Some(&theirs.version_id)).unwrap();
    assert_eq!(vault.show(first.id).unwrap().listing.name, "mine");
    let trashed = vault.trash_if(first.id, None).unwrap();
    assert!(matches!(vault.restore_if(first.id, Some(&mine.version_id)), Err(Error::ChangedMeanwhile)));
    vault.restore_if(first.id, Some(&trashed.version_id)).unwrap();
}
