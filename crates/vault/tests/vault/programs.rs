//! What a program that was let in may not do to a credential.

use keymoor_vault::{Edit, Error, Field, NewCredential, RecordId, Value, Vault, Who};
use secrecy::ExposeSecret as _;

use crate::place::{add, open, plain, sealed};

const OWN: &str = "git.example.com";
const EVIL: &str = "evil.example";

/// A credential at an own server, added by its user; from then on a program acts.
fn served(vault: &mut Vault, provider: &str, fields: Vec<Field>) -> RecordId {
    let new = NewCredential {
        provider: provider.to_owned(),
        name: "work".to_owned(),
        fields,
        ..NewCredential::default()
    };
    vault.act_for(Who::CommandLine);
    let id = vault.add(new).unwrap().id;
    vault.act_for(Who::Program("n8n".to_owned()));
    id
}

fn edit(fields: Vec<Field>) -> Edit {
    Edit { fields, ..Edit::default() }
}

fn removed(name: &str) -> Field {
    Field { name: name.to_owned(), value: Value::Removed }
}

fn open_field(vault: &mut Vault, id: RecordId, name: &str) -> Option<String> {
    let fields = vault.show(id).unwrap().fields;
    fields.into_iter().find(|field| field.name == name).and_then(|field| field.value)
}

#[test]
fn a_program_changes_where_a_key_goes_only_with_all_its_secrets() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    for (provider, field) in
        [("gitlab", "host"), ("github", "host"), ("sentry", "url"), ("generic_http", "base_url")]
    {
        let fields = vec![sealed("token", "planted"), sealed("more", "planted"), plain(field, OWN)];
        let id = served(&mut vault, provider, fields);
        for fields in [
            vec![plain(field, EVIL)],
            vec![plain(field, "")],
            vec![removed(field)],
            vec![sealed(field, EVIL)],
            vec![plain(field, EVIL), sealed("token", "mine")],
            vec![plain(field, EVIL), sealed("another", "mine")],
        ] {
            let refused = vault.edit(id, edit(fields));
            let Err(Error::AddressAlone(kept)) = refused else { panic!("{provider}: {refused:?}") };
            assert!(kept.contains(&"more".to_owned()) && kept.iter().all(|name| name != field), "{kept:?}");
        }
        let replacing = NewCredential {
            provider: provider.to_owned(),
            name: "work".to_owned(),
            fields: vec![sealed("token", "mine"), plain(field, EVIL)],
            replace: true,
            ..NewCredential::default()
        };
        assert!(matches!(vault.add(replacing), Err(Error::AddressAlone(_))), "{provider}");
        assert_eq!(open_field(&mut vault, id, field).as_deref(), Some(OWN));
        assert_eq!(vault.show(id).unwrap().listing.version, 1);
        // What is there already, and what says nothing of where it goes.
        vault.edit(id, edit(vec![plain(field, OWN), plain("team", "a"), sealed("token", "mine")])).unwrap();
        // All of them anew, whichever way they come, or no more.
        vault
            .edit(id, edit(vec![plain(field, EVIL), sealed("token", "mine 1"), plain("more", "mine")]))
            .unwrap();
        assert_eq!(open_field(&mut vault, id, "more"), None, "what is sealed there stays so");
        vault
            .edit(id, edit(vec![plain(field, OWN), sealed("token", "mine"), sealed("more", "mine")]))
            .unwrap();
        vault.edit(id, edit(vec![plain(field, EVIL), sealed("token", "mine 2"), removed("more")])).unwrap();
        assert_eq!(open_field(&mut vault, id, field).as_deref(), Some(EVIL));
        // Its user may.
        vault.act_for(Who::CommandLine);
        vault.edit(id, edit(vec![plain(field, OWN)])).unwrap();
    }
}

#[test]
fn a_program_gives_no_address_to_a_key_that_had_none() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    // A single secret under a name of its own is the provider's all the same.
    let id = served(&mut vault, "gitlab", vec![sealed("secret", "planted")]);
    let refused = vault.edit(id, edit(vec![plain("host", EVIL)]));
    assert!(matches!(refused, Err(Error::AddressAlone(_))), "{refused:?}");
    // Under the catalogue's name it takes the place of that one, which is sent nowhere any more.
    vault.edit(id, edit(vec![plain("host", EVIL), sealed("token", "mine")])).unwrap();
    assert_eq!(vault.reveal(id, None).unwrap().expose_secret(), "mine");
    assert_eq!(vault.show(id).unwrap().fields.iter().filter(|field| field.secret).count(), 1);
}

#[test]
fn a_program_sets_no_host_for_the_key_of_a_service() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let set = |shop: &str| [("shop".to_owned(), shop.to_owned())];
    vault.set_service("shopify", &set("mine.myshopify.com")).unwrap();
    vault.act_for(Who::Program("n8n".to_owned()));
    for shop in ["theirs.myshopify.com", ""] {
        assert!(matches!(vault.set_service("shopify", &set(shop)), Err(Error::AddressAlone(_))), "{shop}");
    }
    // What is there already, and what says nothing of where it goes.
    vault.set_service("shopify", &set("mine.myshopify.com")).unwrap();
    vault.set_service("retell", &[("call_agent_id".to_owned(), "agent_1234".to_owned())]).unwrap();
    let state = vault.services().unwrap().into_iter().find(|state| state.id == "shopify").unwrap();
    assert_eq!(state.settings["shop"].as_deref(), Some("mine.myshopify.com"));
}

#[test]
fn the_programs_that_there_are_entries_of_are_told_once_each() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    assert!(vault.programs_seen().unwrap().is_empty());
    vault.act_for(Who::CommandLine);
    add(&mut vault, "work", "sk-work");
    for (program, name) in [("n8n", "one"), ("n8n", "two"), ("agent", "three")] {
        vault.act_for(Who::Program(program.to_owned()));
        add(&mut vault, name, "sk-other");
    }
    assert_eq!(vault.programs_seen().unwrap().into_iter().collect::<Vec<_>>(), ["agent", "n8n"]);
}
