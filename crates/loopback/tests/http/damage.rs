//! A cache that is damaged, or replaced, while programs ask.

use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};

use crate::place::Place;

/// Spoils the pages on which a table and its index begin.
fn spoil(place: &Place, table: &str) {
    let path = place.home().join("keymoor.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    let numbers = |sql: &str| -> Vec<i64> {
        let mut asked = database.prepare(sql).unwrap();
        asked.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let pages =
        numbers(&format!("SELECT rootpage FROM sqlite_master WHERE tbl_name = '{table}' AND rootpage > 0"));
    let size = numbers("PRAGMA page_size")[0];
    // What the log has goes into the file, where whoever has it open reads it anew.
    assert_eq!(numbers("PRAGMA wal_checkpoint(TRUNCATE)"), [0]);
    let mut file = OpenOptions::new().write(true).open(&path).unwrap();
    for page in pages {
        file.seek(SeekFrom::Start(u64::try_from((page - 1) * size).unwrap())).unwrap();
        file.write_all(&vec![0xa5; usize::try_from(size).unwrap()]).unwrap();
    }
    file.sync_all().unwrap();
    // A change that others see, so that they keep no page of before.
    database.execute("UPDATE keys_document SET bytes = bytes", []).unwrap();
}

#[test]
fn a_damaged_cache_is_mended_and_grants_are_to_be_made_anew() {
    let place = Place::new();
    let client = place.client();
    let id = client.save("openai", "work", "a-value-that-stays");
    let at = format!("/api/credentials/{id}");
    spoil(&place, "device_record");
    assert_eq!(client.get(&at).code(), (503, "mended"));
    // The new cache has no grants.
    assert_eq!(client.get(&at).code(), (401, "unauthenticated"));
    let again = place.client();
    assert_eq!(again.get(&at).json["name"], "work");
}
