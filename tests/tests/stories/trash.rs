//! The trash: what was deleted can be had back on any device for 180 days, and is forgotten everywhere after that.

use keymoor_journeys::{Device, Liar, Server, World};
use rusqlite::Connection;
use serde_json::Value;

use crate::{activity::activity, guard::fill, main_job::synced_world};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// As if this device had held its deleted records for that much longer. Returns how many there are.
fn age(device: &Device, days: u64) -> usize {
    let cache = Connection::open(device.cache()).unwrap();
    let milliseconds = i64::try_from(days * DAY_MS).unwrap();
    cache.execute("UPDATE tombstone SET since = since - ?1", [milliseconds]).unwrap()
}

fn trash(device: &Device) -> Vec<Value> {
    device.done(&["trash", "--json"]).json().as_array().unwrap().clone()
}

/// Days for which the one record in the trash is kept at least.
#[track_caller]
fn days_left(device: &Device) -> i64 {
    let trash = trash(device);
    assert_eq!(trash.len(), 1, "{trash:?}");
    let until = trash[0]["kept_until"].as_str().unwrap().to_owned();
    // Both are UTC, and SQLite can read them.
    let sql = "SELECT round(julianday(?1) - julianday('now'))";
    let days: f64 = Connection::open_in_memory().unwrap().query_row(sql, [until], |row| row.get(0)).unwrap();
    days as i64
}

/// Records, history and forgotten ids at the server.
fn at_server(server: &Server) -> (i64, i64, i64) {
    let sql = "SELECT (SELECT count(*) FROM record), (SELECT count(*) FROM history), (SELECT count(*) FROM forgotten)";
    server.database().query_row(sql, (), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
}

#[test]
fn what_one_device_deletes_another_takes_out_of_the_trash_whole() {
    let (world, a, b, _server, keys) = synced_world();
    for provider in ["openai/work", "google/robot", "vendor/large"] {
        a.done(&["rm", provider]);
    }
    a.sync();
    b.sync();
    // One that comes to the account now gets the trash, too.
    let c = world.device_without_keychain("c");
    world.join(&c);
    for device in [&a, &b, &c] {
        assert_eq!((device.list().len(), trash(device).len()), (0, 3));
    }
    c.done(&["restore", "google/robot"]);
    b.done(&["restore", "openai/work"]);
    b.done(&["restore", "vendor/large"]);
    for device in [&c, &b, &a, &c] {
        device.sync();
    }
    for device in [&a, &b, &c] {
        keys.assert_on(device);
        assert_eq!(trash(device).len(), 0);
    }
}

#[test]
fn without_an_account_the_trash_is_kept_for_ever() {
    let world = World::new();
    let a = world.device("a");
    a.add("openai", "work", "sk-work").done();
    a.done(&["rm", "work"]);
    assert_eq!(trash(&a)[0].get("kept_until"), None);
    let page = a.done(&["trash"]).text();
    assert!(page.contains("KEPT UNTIL") && page.contains("it is erased"), "{page}");
}

#[test]
fn a_deleted_record_is_forgotten_after_180_days_and_not_before() {
    let (world, a, b, server, _keys) = synced_world();
    let c = world.device_without_keychain("c");
    world.join(&c);
    a.edit("openai/work", "sk-second").done();
    a.sync();
    c.sync();
    a.done(&["rm", "openai/work"]);
    assert_eq!(days_left(&a), 180);
    a.sync();
    b.sync();
    assert_eq!((days_left(&a), age(&a, 179), days_left(&a)), (180, 1, 1));
    a.sync();
    assert_eq!((days_left(&a), at_server(&server)), (1, (3, 2, 0)));
    age(&a, 1);
    a.sync();
    assert_eq!((trash(&a).len(), at_server(&server)), (0, (2, 0, 1)), "with its history");
    let told = activity(&a);
    assert_eq!((&told[1]["event"], &told[1]["count"]), (&"forgotten".into(), &1.into()), "{told:?}");
    a.run(&["history", "openai/work"]).ends(3, &[]);
    // The others follow. One that had edited it meanwhile brings it back whole, as a new record.
    b.sync();
    assert_eq!((trash(&b).len(), b.list().len()), (0, 2));
    c.edit("openai/work", "sk-edited while away").done();
    c.run(&["sync"]).ends(0, &["edited here meanwhile: it stays"]);
    for device in [&a, &b, &c] {
        device.sync();
        assert_eq!((device.get("openai/work"), device.list().len()), (b"sk-edited while away".to_vec(), 3));
        device.assert_well();
    }
    assert_eq!(at_server(&server), (3, 0, 1));
}

#[test]
fn what_is_taken_out_of_the_trash_at_the_last_moment_stays() {
    let (_world, a, b, server, keys) = synced_world();
    a.done(&["rm", "openai/work"]);
    a.sync();
    age(&a, 400);
    a.done(&["restore", "openai/work"]);
    a.sync();
    b.sync();
    keys.assert_on(&a);
    keys.assert_on(&b);
    // Deleted anew, it is held from then on.
    b.done(&["rm", "openai/work"]);
    b.sync();
    a.sync();
    assert_eq!(days_left(&a), 180);
    // Restored by another device, unseen by this one, for which it is due.
    age(&a, 400);
    b.done(&["restore", "openai/work"]);
    b.sync();
    a.sync();
    keys.assert_on(&a);
    assert_eq!(at_server(&server).2, 0);
}

#[test]
fn a_cache_that_was_made_anew_begins_to_count_anew() {
    let (_world, a, _b, server, _keys) = synced_world();
    a.done(&["rm", "openai/work"]);
    a.sync();
    age(&a, 400);
    a.delete_cache();
    a.sync();
    a.sync();
    assert_eq!((days_left(&a), at_server(&server).2), (180, 0));
}

#[test]
fn nothing_is_forgotten_where_the_servers_date_is_another() {
    let world = World::new();
    let (server, a) = (world.server(), world.device("a"));
    let liar = Liar::before(&server);
    a.add("openai", "work", "sk-work").done();
    a.add("openai", "other", "sk-other").done();
    world.create_account_at(&a, &liar.url());
    let wrong = ["Tue, 01 Jan 2047 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:10 GMT", "tomorrow"];
    // No day is counted of what is deleted then.
    liar.dates(Some(wrong[0]));
    a.done(&["rm", "work"]);
    a.sync();
    assert_eq!(age(&a, 0), 0);
    liar.dates(None);
    a.done(&["rm", "other"]);
    a.sync();
    assert_eq!(age(&a, 400), 2);
    for date in wrong {
        liar.dates(Some(date));
        a.sync();
        assert_eq!((trash(&a).len(), at_server(&server).2), (2, 0), "{date}");
    }
    liar.dates(None);
    a.sync();
    assert_eq!((trash(&a).len(), at_server(&server)), (0, (0, 0, 2)));
}

/// More than one commit may hold.
const MANY: usize = 230;

#[test]
fn many_are_forgotten_in_several_commits() {
    let world = World::new();
    let (server, a, b) =
        (world.server(), world.device_without_keychain("a"), world.device_without_keychain("b"));
    a.add("openai", "work", "sk-work").done();
    world.create_account(&a, &server);
    fill(&a, keymoor_journeys::PASSWORD, MANY, true);
    a.sync();
    world.join(&b);
    for device in [&a, &b] {
        age(device, 400);
    }
    a.sync();
    assert_eq!((trash(&a).len(), at_server(&server)), (0, (1, 0, MANY as i64)));
    let counts: Vec<_> = activity(&a).into_iter().filter(|entry| entry["event"] == "forgotten").collect();
    assert_eq!(counts.iter().map(|entry| entry["count"].as_u64().unwrap()).sum::<u64>(), MANY as u64);
    b.sync();
    assert_eq!((trash(&b).len(), b.list().len()), (0, 1));
}
