//! Services, and which credential each uses.

use keymoor_vault::{Because, Edit, Error, NewCredential, Vault, WhyNone};

use super::place::{add, new, open};

fn fallback(vault: &mut Vault, name: &str) -> keymoor_vault::Saved {
    vault.add(NewCredential { fallback: true, ..new("openai", name, "sk-company") }).unwrap()
}

fn uses(vault: &mut Vault) -> (String, Because) {
    let resolved = vault.resolve_service("openai").unwrap();
    (resolved.name, resolved.because)
}

#[test]
fn the_only_own_credential_is_used_and_of_several_none_unasked() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    assert!(matches!(vault.resolve_service("openai"), Err(Error::NothingToUse)));
    let work = add(&mut vault, "work", "sk-work");
    assert_eq!(uses(&mut vault), ("work".to_owned(), Because::OnlyOne));
    let home_key = add(&mut vault, "home", "sk-home");
    let which = vault.resolve_service("openai").unwrap_err();
    assert!(
        matches!(&which, Error::WhichCredential(names) if names == &["openai/home", "openai/work"]),
        "{which:?}"
    );
    assert!(matches!(vault.enable_service("openai", None), Err(Error::WhichCredential(_))));
    assert!(vault.services().unwrap().is_empty(), "nothing was set");

    vault.enable_service("openai", Some(home_key.id)).unwrap();
    assert_eq!(uses(&mut vault), ("home".to_owned(), Because::Chosen));
    vault.enable_service("OpenAI", Some(work.id)).unwrap();
    assert_eq!(uses(&mut vault), ("work".to_owned(), Because::Chosen), "one default, the latest choice");
    vault.edit(work.id, Edit { name: Some("office".to_owned()), ..Edit::default() }).unwrap();
    assert_eq!(uses(&mut vault).0, "office", "a rename is no other credential");
}

#[test]
fn the_own_key_goes_before_the_fallback_and_what_replaces_it_is_said() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    fallback(&mut vault, "company");
    assert_eq!(uses(&mut vault), ("company".to_owned(), Because::Fallback { instead_of: None }));
    let own = add(&mut vault, "own", "sk-own");
    assert_eq!(uses(&mut vault), ("own".to_owned(), Because::OnlyOne), "the user's own overrides it");
    vault.enable_service("openai", Some(own.id)).unwrap();

    let instead = Because::Fallback { instead_of: Some("openai/own".to_owned()) };
    vault.edit(own.id, Edit { on: Some(false), ..Edit::default() }).unwrap();
    assert_eq!(uses(&mut vault), ("company".to_owned(), instead.clone()));
    vault.edit(own.id, Edit { on: Some(true), ..Edit::default() }).unwrap();
    assert_eq!(uses(&mut vault), ("own".to_owned(), Because::Chosen));
    vault.trash(own.id).unwrap();
    assert_eq!(uses(&mut vault), ("company".to_owned(), instead.clone()));
    vault.restore(own.id).unwrap();
    assert_eq!(uses(&mut vault), ("own".to_owned(), Because::Chosen));
    vault.erase(own.id).unwrap();
    assert_eq!(uses(&mut vault), ("company".to_owned(), instead));
    add(&mut vault, "own", "sk-own-2");
    assert_eq!(uses(&mut vault), ("own".to_owned(), Because::Chosen), "the name brings it back");
}

#[test]
fn another_own_key_is_never_taken_in_place_of_the_chosen_one() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let (work, home_key) = (add(&mut vault, "work", "sk-work"), add(&mut vault, "home", "sk-home"));
    vault.enable_service("openai", Some(work.id)).unwrap();
    vault.trash(work.id).unwrap();
    assert!(
        matches!(vault.resolve_service("openai"), Err(Error::WhichCredential(names)) if names == ["openai/home"])
    );
    let state = vault.services().unwrap().remove(0);
    assert!(state.on && state.uses.is_none(), "{state:?}");
    assert_eq!(state.why_none, Some(WhyNone::Which(vec!["openai/home".to_owned()])));
    vault.trash(home_key.id).unwrap();
    assert_eq!(vault.services().unwrap().remove(0).why_none, Some(WhyNone::Nothing));
    vault.disable_service("openai").unwrap();
    assert_eq!(vault.services().unwrap().remove(0).why_none, None, "off is no question");
}

#[test]
fn a_credential_that_is_off_is_said_to_be_off_where_no_fallback_is_used() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let (work, other) = (add(&mut vault, "work", "sk-work"), add(&mut vault, "home", "sk-home"));
    vault.edit(work.id, Edit { on: Some(false), ..Edit::default() }).unwrap();
    let off = |error| matches!(error, Err(Error::CredentialOff(title)) if title == "openai/work");
    assert!(off(vault.enable_service("openai", Some(work.id))));
    assert!(vault.services().unwrap().is_empty(), "nothing was set");
    vault.edit(work.id, Edit { on: Some(true), ..Edit::default() }).unwrap();
    vault.enable_service("openai", Some(work.id)).unwrap();
    vault.edit(work.id, Edit { on: Some(false), ..Edit::default() }).unwrap();
    assert!(off(vault.enable_service("openai", None)), "the one that was chosen before");
    vault.trash(other.id).unwrap();
    assert!(off(vault.enable_service("openai", None)), "also where there is no other");
    fallback(&mut vault, "company");
    vault.enable_service("openai", Some(work.id)).unwrap();
    assert_eq!(uses(&mut vault).0, "company", "visibly");
}

#[test]
fn settings_are_taken_out_of_what_is_pasted_and_refused_if_they_can_be_none() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let id = "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms";
    let set = |vault: &mut Vault, key: &str, value: &str| {
        vault.set_service("google_sheets", &[(key.to_owned(), value.to_owned())])
    };
    let link = format!("https://docs.google.com/spreadsheets/d/{id}/edit#gid=0");
    let state = set(&mut vault, "spreadsheet_id", &link).unwrap();
    assert_eq!(state.settings["spreadsheet_id"].as_deref(), Some(id));
    assert_eq!((state.on, state.settings["sheet_name"].clone()), (false, None));
    assert!(matches!(set(&mut vault, "spreadsheet_id", "no spaces here"), Err(Error::Invalid(_))));
    assert!(matches!(set(&mut vault, "tab", "x"), Err(Error::NoSuchField(names)) if names.len() == 2));
    assert!(matches!(vault.set_service("nothing", &[]), Err(Error::NoSuchService)));
    let state = set(&mut vault, "sheet_name", "June").unwrap();
    assert_eq!(state.settings["spreadsheet_id"].as_deref(), Some(id), "the other one stays");
    let state = set(&mut vault, "spreadsheet_id", " ").unwrap();
    assert_eq!(state.missing, ["spreadsheet_id"]);

    drop(vault);
    let state = open(home.path()).services().unwrap().remove(0);
    assert_eq!(state.settings["sheet_name"].as_deref(), Some("June"));
}

#[test]
fn a_service_takes_its_providers_only_and_off_is_off() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let work = add(&mut vault, "work", "sk-work");
    let refused = vault.enable_service("google_sheets", Some(work.id)).unwrap_err();
    assert!(
        matches!(refused, Error::NotAccepted(providers) if providers.contains(&"google_oauth".to_owned()))
    );
    assert!(!vault.enable_service("openai", Some(work.id)).unwrap().conflicts.contains_key("on"));
    assert!(!vault.disable_service("openai").unwrap().on);
    assert!(matches!(vault.resolve_service("openai"), Err(Error::ServiceOff)));
    assert!(vault.enable_service("openai", None).unwrap().on, "with the credential of before");
}

#[test]
fn the_record_of_services_is_no_credential() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let work = add(&mut vault, "work", "sk-work");
    vault.enable_service("openai", Some(work.id)).unwrap();
    assert_eq!(vault.list(&Default::default()).unwrap().len(), 1);
    assert_eq!(vault.status().unwrap().records, 1);
    assert!(vault.doctor(false).unwrap().is_well());
}

#[test]
fn what_was_chosen_is_known_also_while_it_is_not_used() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let chosen = |vault: &mut Vault| vault.services().unwrap()[0].chosen;
    let work = add(&mut vault, "work", "sk-work").id;
    assert_eq!(vault.enable_service("openai", None).unwrap().chosen, None, "the only one, unasked");
    add(&mut vault, "home", "sk-home");
    assert_eq!(vault.enable_service("openai", Some(work)).unwrap().chosen, Some(work));
    assert_eq!(vault.services_in_use().unwrap(), 1);
    vault.disable_service("openai").unwrap();
    assert_eq!((chosen(&mut vault), vault.services_in_use().unwrap()), (Some(work), 0));
    vault.edit(work, Edit { on: Some(false), ..Edit::default() }).unwrap();
    assert_eq!(chosen(&mut vault), Some(work));
    vault.trash(work).unwrap();
    assert_eq!(chosen(&mut vault), None, "not there");
}
