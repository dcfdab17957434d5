//! A cache from before there were links.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::super::*;
use super::{lent, told, vault};
use keymoor_protocol::RecordId;

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
