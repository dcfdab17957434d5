use std::fs;
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

const TAMPERED: [(&str, &str); 20] = [
    ("one is gone", "DELETE FROM activity WHERE id = 3"),
    ("the newest is gone", "DELETE FROM activity WHERE id = 6"),
    ("the oldest is gone", "DELETE FROM activity WHERE id = 1"),
    ("all are gone", "DELETE FROM activity"),
    (
        "all are gone, and that there were any",
        "DELETE FROM activity; DELETE FROM setting WHERE key = 'activity.chain'",
    ),
    ("it happened at another time", "UPDATE activity SET at = at + 1 WHERE id = 2"),
    (
        "it says what another says",
        "UPDATE activity SET bytes = (SELECT bytes FROM activity WHERE id = 5) WHERE id = 2",
    ),
    ("one is spoilt", "UPDATE activity SET bytes = zeroblob(500) WHERE id = 6"),
    (
        "two changed places",
        "UPDATE activity SET id = 20 WHERE id = 3; UPDATE activity SET id = 3 WHERE id = 4; \
      UPDATE activity SET id = 4 WHERE id = 20",
    ),
    (
        "one is there twice",
        "INSERT INTO activity (at, bytes, link) SELECT at, bytes, link FROM activity WHERE id = 2",
    ),
    (
        "one is there twice, without a link",
        "INSERT INTO activity (at, bytes) SELECT at, bytes FROM activity WHERE id = 2",
    ),
    ("a link is another", "UPDATE activity SET link = zeroblob(32) WHERE id = 6"),
    ("the head is gone", "DELETE FROM setting WHERE key = 'activity.chain'"),
    ("the head is another", "UPDATE setting SET value = zeroblob(149) WHERE key = 'activity.chain'"),
    (
        "as if there had never been links",
        "DELETE FROM activity WHERE id = 6; UPDATE activity SET link = NULL; \
         DELETE FROM setting WHERE key = 'activity.chain'; INSERT INTO setting VALUES ('activity.unlinked', x'01')",
    ),
    (
        "as if there had never been any",
        "DELETE FROM activity; DELETE FROM setting WHERE key = 'activity.chain'; \
         INSERT INTO setting VALUES ('activity.unlinked', x'01')",
    ),
    (
        "as if all were of before there were links",
        "UPDATE activity SET link = NULL, bytes = zeroblob(9); \
         DELETE FROM setting WHERE key = 'activity.chain'; INSERT INTO setting VALUES ('activity.unlinked', x'01')",
    ),
    ("the oldest is to go", "UPDATE activity SET at = 0 WHERE id = 1"),
    ("all are to go", "UPDATE activity SET at = 0"),
    ("it was changed and is to go", "UPDATE activity SET at = 0, bytes = zeroblob(9) WHERE id = 1"),
];

#[test]
fn whatever_is_done_to_the_entries_without_the_keys_is_told_once() {
    for (what, sql) in TAMPERED {
        for written_after in [false, true] {
            let home = tempfile::tempdir().unwrap();
            let mut vault = vault(home.path());
            (1..=6).for_each(|n| vault.note(&lent(n)));
            assert!(!told(&mut vault));
            Connection::open(home.path().join("keymoor.db")).unwrap().execute_batch(sql).unwrap();
            if written_after {
                vault.note(&lent(7));
            }
            assert!(told(&mut vault), "{what}, {written_after}");
            vault.note(&lent(8));
            assert!(!told(&mut vault), "{what}: what is left counts");
            Connection::open(home.path().join("keymoor.db"))
                .unwrap()
                .execute_batch("DELETE FROM activity WHERE id = 4 OR id = 7")
                .unwrap();
            assert!(told(&mut vault), "{what}: a second time is another time");
        }
    }
}

#[test]
fn whatever_is_done_to_what_waits_in_the_file_is_told_once() {
    type Tamper = fn(&mut Vec<String>);
    let all: [(&str, Tamper); 7] = [
        ("the first is gone", |lines| drop(lines.remove(0))),
        ("one is gone", |lines| drop(lines.remove(1))),
        ("one is there twice", |lines| lines.insert(1, lines[1].clone())),
        ("two changed places", |lines| lines.swap(1, 2)),
        ("it happened at another time", |lines| lines[1] = format!("1{}", lines[1])),
        ("it says what another says", |lines| lines[2] = lines[0].clone()),
        ("it has no link", |lines| lines[1] = lines[1].rsplit_once(' ').unwrap().0.to_owned()),
    ];
    for (what, tamper) in all {
        let home = tempfile::tempdir().unwrap();
        let mut vault = vault(home.path());
        let path = home.path().join("keymoor.db.uses");
        (1..=2).for_each(|n| vault.note_use(&lent(n)));
        let taken = fs::read(&path).unwrap();
        assert!(!told(&mut vault));
        (3..=6).for_each(|n| vault.note_use(&lent(n)));
        let text = fs::read_to_string(&path).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        tamper(&mut lines);
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        // Also where a sync takes them over, before anybody looks.
        vault.take_uses().unwrap();
        vault.note_use(&lent(7));
        assert!(told(&mut vault), "{what}");
        vault.note_use(&lent(8));
        assert!(!told(&mut vault), "{what}: what is left counts");
        // What was taken over before is put there again: it is not taken twice.
        let before = vault.activity(0).unwrap();
        fs::write(&path, &taken).unwrap();
        vault.take_uses().unwrap();
        assert_eq!(vault.activity(0).unwrap(), before, "{what}");
        assert!(!told(&mut vault), "{what}");
        vault.note_use(&lent(9));
        assert!(!told(&mut vault), "{what}");
        // After a mend, too, the first of them is missed.
        (10..=11).for_each(|n| vault.note_use(&lent(n)));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.split_once('\n').unwrap().1).unwrap();
        assert!(told(&mut vault), "{what}");
    }
}

#[test]
fn what_a_death_or_a_crash_leaves_is_no_alarm() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let path = home.path().join("keymoor.db.uses");
    (1..=3).for_each(|n| vault.note_use(&lent(n)));
    let before = fs::read(&path).unwrap();
    vault.take_uses().unwrap();
    // Killed between the transaction and the file.
    fs::write(&path, &before).unwrap();
    vault.note_use(&lent(4));
    assert!(!told(&mut vault));
    // A disk that was full in the middle of a line, or lost its end.
    (5..=6).for_each(|n| vault.note_use(&lent(n)));
    for cut in [1, 2, 43, 44, 45, 46, 47, 48, 49, 100] {
        let text = fs::read(&path).unwrap();
        fs::write(&path, &text[..text.len() - cut]).unwrap();
        (7..=8).for_each(|n| vault.note_use(&lent(n)));
        assert!(!told(&mut vault), "{cut}");
        vault.note_use(&lent(9));
        let text = fs::read(&path).unwrap();
        fs::write(&path, &text[..text.len() - cut]).unwrap();
        assert!(!told(&mut vault), "{cut}, taken over");
        vault.note_use(&lent(10));
    }
    // The file is gone with what waited in it, which nothing can show.
    fs::remove_file(&path).unwrap();
    vault.note_use(&lent(11));
    assert!(!told(&mut vault));
}

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

#[test]
fn the_first_line_of_a_new_vault_is_missed() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let path = home.path().join("keymoor.db.uses");
    (1..=2).for_each(|n| vault.note_use(&lent(n)));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.split_once('\n').unwrap().1).unwrap();
    assert!(told(&mut vault));
}

#[test]
fn lines_that_a_power_cut_brought_back_without_the_last_are_not_taken_twice() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let path = home.path().join("keymoor.db.uses");
    (1..=3).for_each(|n| vault.note_use(&lent(n)));
    let text = fs::read_to_string(&path).unwrap();
    vault.take_uses().unwrap();
    let before = vault.activity(0).unwrap();
    fs::write(&path, &text[..text.len() - 100]).unwrap();
    vault.take_uses().unwrap();
    assert_eq!(vault.activity(0).unwrap(), before);
    vault.note_use(&lent(4));
    assert!(!told(&mut vault));
    assert_eq!(vault.activity(0).unwrap().len(), 4);
}

/// Makes it as a cache was before there were links, in all that its tables hold.
fn of_before(home: &Path, entries: &[Envelope], lines: &[Envelope]) {
    let cache = Connection::open(home.join("keymoor.db")).unwrap();
    cache
        .execute_batch(
            "DELETE FROM activity; ALTER TABLE activity DROP COLUMN link; DELETE FROM device_record; \
             DELETE FROM setting WHERE key IN ('activity.chain', 'activity.unlinked', 'uses.taken'); \
             DELETE FROM refinery_schema_history WHERE version = 3",
        )
        .unwrap();
    for entry in entries {
        let at = i64::try_from(now()).unwrap();
        cache.execute("INSERT INTO activity (at, bytes) VALUES (?1, ?2)", (at, entry.as_bytes())).unwrap();
    }
    let line =
        |entry: &Envelope| format!("{} {}\n", now(), keymoor_protocol::base64url::encode(entry.as_bytes()));
    fs::write(home.join("keymoor.db.uses"), lines.iter().map(line).collect::<String>()).unwrap();
}

fn entry_of_before(keys: &Keys, n: u8) -> Envelope {
    let text = serde_json::to_vec(&lent(n)).unwrap();
    keys.envelope(keymoor_protocol::Class::Activity, RecordId([0; 16]), 1, 1, &text).unwrap()
}

#[test]
fn a_directory_of_the_schema_before_is_taken_over_without_an_alarm() {
    let home = tempfile::tempdir().unwrap();
    let first = vault(home.path());
    let [entries, lines] = [[1, 2], [3, 4]].map(|all| all.map(|n| entry_of_before(&first.keys, n)));
    drop(first);
    of_before(home.path(), &entries, &lines);
    let mut vault = vault(home.path());
    assert_eq!(vault.activity(0).unwrap().len(), 5, "and that it is linked from now on");
    assert!(!told(&mut vault));
    vault.note_use(&lent(5));
    vault.note(&lent(6));
    let events: Vec<_> = vault.activity(0).unwrap().into_iter().map(|entry| entry.event).collect();
    assert_eq!(events.iter().filter(|event| **event == Event::Linked { taken: 2 }).count(), 1);
    for n in 1..=6 {
        assert!(events.contains(&lent(n)), "{n}");
    }
    assert!(!told(&mut vault));
}

#[test]
fn that_it_was_linked_is_known_from_the_server_where_even_the_schema_was_put_back() {
    for before in [false, true] {
        let home = tempfile::tempdir().unwrap();
        drop(vault(home.path()));
        of_before(home.path(), &[], &[]);
        let mut vault = vault(home.path());
        vault.note(&lent(1));
        assert!(!told(&mut vault), "nothing shows it here");
        let keys = &vault.keys;
        vault.cache.write(|change| meet(change, keys, before)).unwrap();
        assert_eq!(told(&mut vault), before);
        // What it says of itself from then on is no other chain.
        let keys = &vault.keys;
        vault.cache.write(|change| meet(change, keys, true)).unwrap();
        assert!(!told(&mut vault));
    }
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
fn what_was_there_before_there_were_links_is_taken_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let first = vault(home.path());
    let entries = [1, 2, 3].map(|n| entry_of_before(&first.keys, n));
    drop(first);
    of_before(home.path(), &entries, &[]);
    let mut vault = vault(home.path());
    assert_eq!(vault.activity(0).unwrap().len(), 3);
    assert!(!told(&mut vault), "nothing is written by looking");
    vault.note_use(&lent(4));
    vault.note(&lent(5));
    let events: Vec<_> = vault.activity(0).unwrap().into_iter().map(|entry| entry.event).collect();
    assert!(events.contains(&Event::Linked { taken: 3 }), "{events:?}");
    assert_eq!(events.len(), 6);
    assert!(!told(&mut vault));
    Connection::open(home.path().join("keymoor.db"))
        .unwrap()
        .execute_batch("DELETE FROM activity WHERE id = (SELECT min(id) FROM activity)")
        .unwrap();
    assert!(told(&mut vault));
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
