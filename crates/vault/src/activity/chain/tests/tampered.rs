//! What is done to the entries without the keys.

use rusqlite::Connection;

use super::{lent, told, vault};

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
