//! The chain, by what was done to it.

mod before;
mod pruned;
mod tampered;
mod waiting;

use std::path::Path;

use rusqlite::Connection;

use super::*;
use crate::activity::{Subject, hand_over};
use crate::config::{Backend, Config};
use crate::notice::Notice;
use crate::vault::{Patience, Vault};
use keymoor_protocol::RecordId;

fn vault(home: &Path) -> Vault {
    let config =
        Config { home: home.to_owned(), keychain: Backend::None, keychain_service: "unused".to_owned() };
    Vault::open(config, Patience::default(), &mut |_| Some("correct horse".into())).unwrap()
}

fn lent(n: u8) -> Event {
    let subject = Subject { id: RecordId([n; 16]), name: format!("openai/{n}") };
    Event::Lent { subject, program: "curl".to_owned() }
}

/// Whether it is told that something was done to the entries, and that this is so once.
fn told(vault: &mut Vault) -> bool {
    let marks = |vault: &mut Vault| {
        let all = vault.activity(0).unwrap();
        all.iter().filter(|entry| entry.event == Event::ActivityBroken).count()
    };
    let raw = vault.cache.read(|view| view.activity(u32::MAX)).unwrap();
    let is_mark = |entry: &ActivityEntry| {
        opened(&vault.keys, entry.bytes.clone()).is_some_and(|noted| noted.event == Event::ActivityBroken)
    };
    let before = raw.iter().filter(|entry| is_mark(entry)).count();
    let after = marks(vault);
    let broken = vault.notices() == [Notice::ActivityBroken];
    assert_eq!(after - before, usize::from(broken), "put down when it is told");
    assert_eq!((marks(vault), vault.notices()), (after, vec![]), "told once, and what was left is left");
    broken
}

#[test]
fn under_new_keys_it_is_linked_anew_and_a_break_of_before_is_told() {
    for broken in [false, true] {
        let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (mut vault, new) = (vault(home.path()), vault(other.path()).keys);
        (1..=3).for_each(|n| vault.note(&lent(n)));
        vault.note_use(&lent(4));
        if broken {
            let cache = Connection::open(home.path().join("keymoor.db")).unwrap();
            cache.execute_batch("DELETE FROM activity WHERE id = 2").unwrap();
        }
        let keys = &vault.keys;
        let moved = |change: &mut Change<'_>| {
            let device = change.device()?.unwrap();
            change.set_device(&keymoor_cache::Device { account: new.account, vault: new.vault, ..device })?;
            hand_over(change, keys, &new)
        };
        vault.cache.write(moved).unwrap();
        vault.keys = new;
        vault.note_use(&lent(5)); // behind one that was sealed under the keys of before
        vault.note_use(&lent(6));
        assert_eq!(told(&mut vault), broken);
    }
}

#[test]
fn several_that_read_write_and_take_over_at_once_leave_no_gap() {
    let home = tempfile::tempdir().unwrap();
    drop(vault(home.path()));
    std::thread::scope(|scope| {
        for worker in 1..=4 {
            let home = home.path();
            scope.spawn(move || {
                let mut vault = vault(home);
                for n in 0..25 {
                    match (worker + n) % 4 {
                        0 => vault.note(&lent(n)),
                        1 => vault.take_uses().unwrap(),
                        _ => vault.note_use(&lent(n)),
                    }
                    assert!(!told(&mut vault), "worker {worker}, {n}");
                }
            });
        }
    });
    let mut vault = vault(home.path());
    assert!(!told(&mut vault));
    assert_eq!(vault.activity(0).unwrap().len(), 75, "each of them, once");
}
