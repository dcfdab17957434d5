//! Several vaults open on one directory: each reads the current state, and a name is given once.

use std::sync::Barrier;

use keymoor_vault::{Edit, Error, Filter, Place};

use crate::place::{add, all, names, new, open, secret, trash};

#[test]
fn what_one_does_the_other_sees_at_once() {
    let home = tempfile::tempdir().unwrap();
    let (mut one, mut two) = (open(home.path()), open(home.path()));
    let before = two.changes().unwrap();
    let id = add(&mut one, "work", "first").id;
    assert!(two.changes().unwrap() > before);
    assert_eq!((names(&all(&mut two)), secret(&mut two, id).as_str()), (vec!["work"], "first"));
    two.edit(id, Edit { name: Some("home".into()), ..Edit::default() }).unwrap();
    assert_eq!(one.find("home", Place::Active).unwrap(), id);
    assert!(matches!(one.add(new("openai", "home", "taken")), Err(Error::NameTaken)));
    let quiet = one.changes().unwrap();
    all(&mut one);
    assert_eq!(one.changes().unwrap(), quiet, "reading changes nothing");
    one.trash(id).unwrap();
    assert!(all(&mut two).is_empty());
}

/// A list opens only what changed since the last one; nobody can tell.
#[test]
fn a_vault_that_listed_before_lists_what_one_just_opened_does() {
    let home = tempfile::tempdir().unwrap();
    let (mut one, mut two) = (open(home.path()), open(home.path()));
    let mut compare = |what: &str| {
        let fresh = &mut open(home.path());
        assert_eq!(all(&mut one), all(fresh), "{what}");
        assert_eq!(trash(&mut one), trash(fresh), "{what}");
        let second = Filter { query: Some("second".into()), ..Filter::default() };
        assert_eq!(one.list(&second).unwrap(), fresh.list(&second).unwrap(), "{what}");
    };
    let [a, b, c] = ["a", "b", "c"].map(|name| add(&mut two, name, &format!("secret of {name}")).id);
    compare("three");
    two.edit(b, Edit { name: Some("z".into()), note: Some("a second".into()), ..Edit::default() }).unwrap();
    compare("one has another name and a note");
    two.edit(a, Edit { on: Some(false), labels: Some(vec!["team".into()]), ..Edit::default() }).unwrap();
    compare("one is off");
    two.trash(c).unwrap();
    compare("one is in the trash");
    two.restore(c).unwrap();
    secret(&mut two, c);
    compare("it is back, and used");
    two.trash(b).unwrap();
    two.erase(b).unwrap();
    let d = add(&mut two, "z", "another of that name").id;
    compare("one is erased, and another has its name");
    two.edit(d, Edit { expires: Some(Some(1)), ..Edit::default() }).unwrap();
    compare("one has expired");
}

#[test]
fn two_that_add_the_same_names_give_each_once() {
    const NAMES: usize = 50;
    let home = tempfile::tempdir().unwrap();
    drop(open(home.path()));
    let start = Barrier::new(2);
    let add_all = |who: &str| {
        let mut vault = open(home.path());
        start.wait();
        let mut added = Vec::new();
        for n in 0..NAMES {
            match vault.add(new("openai", &format!("name {n:02}"), &format!("secret of {who}"))) {
                Ok(saved) => added.push((saved.id, who.to_owned())),
                Err(Error::NameTaken) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        added
    };
    let added: Vec<_> = std::thread::scope(|scope| {
        let threads = ["one", "two"].map(|who| scope.spawn(move || add_all(who)));
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(added.len(), NAMES, "each name was acknowledged to one of them");
    let mut vault = open(home.path());
    let expected: Vec<_> = (0..NAMES).map(|n| format!("name {n:02}")).collect();
    assert_eq!(names(&all(&mut vault)), expected);
    for (id, who) in added {
        assert_eq!(secret(&mut vault, id), format!("secret of {who}"));
    }
}

#[test]
fn two_that_edit_one_credential_lose_nothing() {
    let home = tempfile::tempdir().unwrap();
    let id = add(&mut open(home.path()), "work", "secret").id;
    let start = Barrier::new(2);
    let edit_all = |who: &str| {
        let mut vault = open(home.path());
        start.wait();
        for n in 0..25 {
            let mut labels = vault.show(id).unwrap().listing.labels;
            labels.retain(|label| label.starts_with(who));
            labels.push(format!("{who} {n:02}"));
            let mut more = new("openai", "work", &format!("{who} {n:02}"));
            (more.labels, more.replace) = (labels, true);
            vault.add(more).unwrap();
        }
    };
    std::thread::scope(|scope| {
        for who in ["one", "two"] {
            scope.spawn(move || edit_all(who));
        }
    });
    let mut vault = open(home.path());
    let detail = vault.show(id).unwrap();
    assert_eq!((detail.listing.version, detail.listing.labels.len(), detail.conflicts.len()), (51, 50, 0));
    assert!(secret(&mut vault, id).ends_with("24"), "the last of one of them");
    assert_eq!(vault.history(id).unwrap().len(), 51);
}
