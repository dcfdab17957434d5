//! Names that are shared, shown with a number, or look like something else.

use super::*;
use crate::add::{Field, NewCredential, Value};
use crate::config::{Backend, Config};
use crate::drafts;
use crate::vault::Patience;

fn vault(home: &std::path::Path) -> Vault {
    let config =
        Config { home: home.to_owned(), keychain: Backend::None, keychain_service: "unused".to_owned() };
    Vault::open(config, Patience::default(), &mut |_| Some("correct horse".into())).unwrap()
}

/// A second record of the same provider and name, as a pull from another device brings it.
fn as_pulled(vault: &mut Vault, from: RecordId) -> RecordId {
    let (id, keys) = (RecordId::generate(), &vault.keys);
    vault
        .cache
        .write(|change| {
            let content = drafts::current(change, keys, from)?;
            drafts::write(change, keys, id, &content)
        })
        .unwrap();
    id
}

fn new(name: &str, replace: bool) -> NewCredential {
    let fields = vec![Field { name: "secret".to_owned(), value: Value::Secret("a secret".into()) }];
    let (provider, name) = ("openai".to_owned(), name.to_owned());
    NewCredential { provider, name, fields, replace, ..NewCredential::default() }
}

#[test]
fn the_second_of_a_shared_name_is_found_as_it_is_shown() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let first = vault.add(new("work", false)).unwrap().id;
    let (second, third) = (as_pulled(&mut vault, first), as_pulled(&mut vault, first));
    let shown: Vec<_> =
        vault.list(&Default::default()).unwrap().into_iter().map(|l| (l.display, l.id)).collect();
    assert_eq!(shown, [("work".into(), first), ("work (2)".into(), second), ("work (3)".into(), third)]);
    for (name, id) in [("work (2)", second), ("openai/work (3)", third)] {
        assert_eq!(vault.find(name, Place::Active).unwrap(), id);
        assert_eq!(vault.show(id).unwrap().listing.display, name.trim_start_matches("openai/"));
    }
    for name in ["work", "openai/work"] {
        let Err(Error::Ambiguous(found)) = vault.find(name, Place::Active) else { panic!("a guess") };
        assert_eq!(found.iter().map(|found| found.id).collect::<Vec<_>>(), [first, second, third]);
    }
    for name in ["work (1)", "work (4)", "work (02)", "work(2)", "work (2) ", "home (2)"] {
        let found = vault.find(name, Place::Active);
        match name.trim() {
            "work (2)" => assert_eq!(found.unwrap(), second),
            _ => assert!(matches!(found, Err(Error::NotFound)), "{name}"),
        }
    }
    // Nothing is replaced by guessing either, and no third device makes it worse.
    assert!(matches!(vault.add(new("work", true)), Err(Error::Ambiguous(found)) if found.len() == 3));
    assert!(matches!(vault.add(new("work", false)), Err(Error::NameTaken)));
    // A literal name of that look makes it ambiguous.
    vault.add(new("work (2)", false)).unwrap();
    assert!(
        matches!(vault.find("work (2)", Place::Active), Err(Error::Ambiguous(found)) if found.len() == 2)
    );
    // The suffix follows who is left.
    vault.trash(first).unwrap();
    assert_eq!(vault.find("openai/work (2)", Place::Active).ok(), None, "third and the literal one");
    assert_eq!(vault.show(second).unwrap().listing.display, "work");
}

#[test]
fn an_exact_name_is_never_made_ambiguous_by_what_another_is_called() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let work = vault.add(new("work", false)).unwrap().id;
    let of = |provider: &str, name: &str| NewCredential { provider: provider.to_owned(), ..new(name, false) };
    let slashed = vault.add(of("aws", "openai/work")).unwrap().id;
    let like_an_id = vault.add(of("aws", &work.to_string())).unwrap().id;
    for place in [Place::Active, Place::Trash] {
        for (text, id) in [
            ("openai/work", work),
            ("OpenAI/work", work),
            ("work", work),
            (work.to_string().as_str(), work),
            ("aws/openai/work", slashed),
            (format!("aws/{work}").as_str(), like_an_id),
        ] {
            assert_eq!(vault.find(text, place).unwrap(), id, "{text} {place:?}");
        }
        if place == Place::Active {
            for id in [work, slashed, like_an_id] {
                vault.trash(id).unwrap();
            }
        }
    }
    // With the exact ones gone, the bare names count again.
    vault.erase(work).unwrap();
    assert_eq!(vault.find("openai/work", Place::Trash).unwrap(), slashed);
    assert_eq!(vault.find(&work.to_string(), Place::Trash).unwrap(), like_an_id);
}

#[test]
fn whoever_is_told_of_two_of_one_name_is_told_which_is_which() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let first = vault.add(new("work", false)).unwrap().id;
    as_pulled(&mut vault, first);
    let both = ["openai/work", "openai/work (2)"];
    let which = vault.resolve_service("openai").unwrap_err();
    assert!(matches!(&which, Error::WhichCredential(titles) if titles == &both), "{which:?}");
    // Of a provider that cannot be asked, so that nobody is.
    let nobody = NewCredential { provider: "nobody".to_owned(), ..new("work", false) };
    let first = vault.add(nobody).unwrap().id;
    let second = as_pulled(&mut vault, first);
    let asked = vault.verify(&[first, second], &Default::default(), |_, _, _| {}).unwrap();
    let titles: Vec<_> = asked.iter().map(|asked| (asked.id, asked.title.as_str())).collect();
    assert_eq!(titles, [(first, "nobody/work"), (second, "nobody/work (2)")]);
}
