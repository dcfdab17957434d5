//! Reminders: expiry said by the user, age by policy, and what a vault says of both.

use keymoor_vault::{Care, Edit, Error, Filter, Habits, NewCredential, Scope, Vault};

use super::place::{add, new, open, sealed};

const DAY: u64 = 24 * 60 * 60 * 1000;

fn now() -> u64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64
}

fn words(vault: &mut Vault, name: &str) -> Vec<&'static str> {
    let listings = vault.list(&Filter::default()).unwrap();
    let listed = listings.iter().find(|listing| listing.name == name).unwrap();
    let shown = vault.show(listed.id).unwrap().listing;
    assert_eq!((&shown.care, shown.expires), (&listed.care, listed.expires), "list and show say the same");
    listed.care.iter().map(|care| care.word()).collect()
}

fn expires(at: Option<u64>) -> Edit {
    Edit { expires: Some(at), ..Edit::default() }
}

#[test]
fn an_expiry_is_set_told_and_taken_away() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let soon = now() + 5 * DAY;
    let new = NewCredential { expires: Some(soon), ..new("openai", "work", "sk-work") };
    let id = vault.add(new).unwrap().id;
    add(&mut vault, "other", "sk-other");
    assert_eq!(words(&mut vault, "work"), ["expiring"]);
    assert_eq!(vault.show(id).unwrap().listing.care, [Care::ExpiresSoon { at: soon }]);
    assert_eq!((vault.status().unwrap().care, vault.status_unasked().unwrap().care), (Some(1), Some(1)));

    assert!(!vault.edit(id, expires(Some(soon))).unwrap().changed, "the same again");
    vault.edit(id, expires(Some(now() - 1))).unwrap();
    assert_eq!(words(&mut vault, "work"), ["expired"]);
    vault.edit(id, Edit { note: Some("x".into()), ..Edit::default() }).unwrap();
    assert_eq!(words(&mut vault, "work"), ["expired"], "an edit of something else leaves it");
    vault.edit(id, expires(None)).unwrap();
    assert_eq!(words(&mut vault, "work"), [""; 0]);
    assert_eq!(vault.status().unwrap().care, Some(0));

    let both = Edit { fields: vec![sealed("secret", "sk-new")], ..expires(Some(soon)) };
    vault.edit(id, both).unwrap();
    assert_eq!(words(&mut vault, "work"), ["expiring"], "given with a new secret it is of that");
    vault.edit(id, Edit { fields: vec![sealed("secret", "sk-newer")], ..Edit::default() }).unwrap();
    assert_eq!(words(&mut vault, "work"), [""; 0], "of a new secret nothing was said");
    let to = vault.history(id).unwrap().iter().find(|past| past.version == 5).unwrap().id.clone();
    vault.revert(id, &to).unwrap();
    assert_eq!(words(&mut vault, "work"), ["expiring"], "the old secret expires as it did");
    vault.trash(id).unwrap();
    assert_eq!(vault.status().unwrap().care, Some(0));
}

#[test]
fn policies_are_set_replaced_and_removed() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    add(&mut vault, "work", "sk-work");
    assert_eq!(vault.policies().unwrap(), []);
    let aws = Scope::Provider("AWS ".into());
    vault.set_policy(&Scope::All, 90).unwrap();
    vault.set_policy(&aws, 30).unwrap();
    vault.set_policy(&aws, 60).unwrap();
    let set = |vault: &mut Vault| -> Vec<(Scope, u32)> {
        vault.policies().unwrap().into_iter().map(|policy| (policy.scope, policy.days)).collect()
    };
    assert_eq!(set(&mut vault), [(Scope::All, 90), (Scope::Provider("aws".into()), 60)]);
    assert_eq!(words(&mut vault, "work"), [""; 0], "made today");
    assert_eq!(vault.services().unwrap(), [], "they are no services");
    assert_eq!(vault.status().unwrap().records, 1, "and no credentials");

    vault.remove_policy(&aws).unwrap();
    assert!(matches!(vault.remove_policy(&aws), Err(Error::NoSuchPolicy)));
    assert!(matches!(vault.set_policy(&Scope::All, 0), Err(Error::Invalid(_))));
    assert!(matches!(vault.set_policy(&Scope::Label(String::new()), 9), Err(Error::Invalid(_))));
    assert_eq!(set(&mut vault), [(Scope::All, 90)]);
}

#[test]
fn habits_are_on_until_they_are_switched_off_and_stay_so() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    assert_eq!(vault.habits().unwrap(), Habits { on_save: true, in_background: true });
    vault.set_habits(Habits { on_save: true, in_background: false }).unwrap();
    drop(vault);
    let mut vault = open(home.path());
    assert_eq!(vault.habits().unwrap(), Habits { on_save: true, in_background: false });
    vault.set_habits(Habits { on_save: false, in_background: true }).unwrap();
    assert_eq!(vault.habits().unwrap(), Habits { on_save: false, in_background: true });
}

#[test]
fn the_background_asks_about_what_is_on_and_costs_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let work = add(&mut vault, "work", "sk-work").id;
    let off = add(&mut vault, "off", "sk-off").id;
    let trashed = add(&mut vault, "trashed", "sk-trashed").id;
    vault.edit(off, Edit { on: Some(false), ..Edit::default() }).unwrap();
    vault.trash(trashed).unwrap();
    let costs = keymoor_providers::providers()
        .find(|provider| provider.verify.as_ref().is_some_and(|check| check.side_effect))
        .expect("the catalogue has one that costs");
    let costly = vault.add(new(&costs.id, "costly", "key-costly")).unwrap().id;
    let nobody = vault.add(new("nobody", "x", "key-nobody")).unwrap().id;
    let ids: Vec<_> = vault.candidates().unwrap().into_iter().map(|candidate| candidate.id).collect();
    assert_eq!(ids, [work]);
    for (id, can) in [(work, true), (off, false), (costly, false), (nobody, false)] {
        assert_eq!(vault.can_be_verified(id).unwrap(), can);
    }
}
