//! What goes at the front, by age and by number.

use rusqlite::Connection;

use super::super::*;
use super::{lent, told, vault};
use crate::vault::Vault;

#[test]
fn what_is_pruned_at_the_front_is_not_missing() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let keys = &vault.keys;
    let entry = sealed(keys, None, &lent(1)).unwrap();
    let at = now() - keymoor_cache::KEEP_ENTRIES_MS;
    vault.cache.write(|change| (0..20).try_for_each(|_| append(change, keys, at, &entry))).unwrap();
    assert!(!told(&mut vault));
    vault.note(&lent(2)); // a few are too old
    assert_eq!(vault.activity(0).unwrap().len(), 17);
    assert!(!told(&mut vault));
}

#[test]
fn how_many_are_too_many_is_for_the_head_to_say_and_what_goes_is_looked_at() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let sql =
        |text: &str| Connection::open(home.path().join("keymoor.db")).unwrap().execute_batch(text).unwrap();
    let keys = Keys::new(
        vault.keys.account,
        vault.keys.vault,
        keymoor_sealing::RootKey::from_bytes(vault.keys.root.epoch(), *vault.keys.root.expose()),
        &[],
    );
    let entry = sealed(&keys, None, &lent(1)).unwrap();
    let all = |change: &mut Change<'_>| {
        (0..keymoor_cache::KEEP_ENTRIES).try_for_each(|_| change.add_activity(now(), &entry, None))?;
        relink(change, &keys, Head::new(&keys))
    };
    vault.cache.write(all).unwrap();
    let stands = |vault: &mut Vault| {
        let there = vault.cache.read(|view| view.activity(u32::MAX)).unwrap();
        (there.len() as u64, vault.cache.read(|view| look(view, &keys)).unwrap())
    };
    vault.note(&lent(2));
    assert_eq!(stands(&mut vault), (keymoor_cache::KEEP_ENTRIES, State::Whole));
    sql("UPDATE sqlite_sequence SET seq = 1000000 WHERE name = 'activity'");
    vault.note(&lent(3));
    assert_eq!(stands(&mut vault), (keymoor_cache::KEEP_ENTRIES, State::Whole));
    sql("UPDATE activity SET bytes = zeroblob(9) WHERE id = (SELECT min(id) FROM activity)");
    vault.note(&lent(4));
    assert_eq!(stands(&mut vault), (keymoor_cache::KEEP_ENTRIES, State::Broken));
}
