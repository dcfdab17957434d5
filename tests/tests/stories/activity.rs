//! What happened on a device stays on it, through a join, a lost account of it and a damaged cache.

use std::fs;

use keymoor_journeys::{Device, World};
use serde_json::Value;

use crate::main_job::synced_world;

/// Everything that a device remembers, newest first.
#[track_caller]
pub(crate) fn activity(device: &Device) -> Vec<Value> {
    let ran = device.done(&["activity", "--json"]);
    assert!(!ran.err.contains("Entries are missing"), "a false alarm: {}", ran.err);
    ran.json().as_array().unwrap().clone()
}

/// What it says of each entry: the event, and the credential's name where there is one.
#[track_caller]
pub(crate) fn events(device: &Device) -> Vec<String> {
    let text = |entry: &Value, member: &str| entry[member].as_str().unwrap_or_default().to_owned();
    let told = activity(device);
    told.iter()
        .map(|entry| format!("{} {}", text(entry, "event"), text(entry, "name")).trim().to_owned())
        .collect()
}

#[test]
fn each_device_remembers_what_happened_on_it_and_no_other_hears_of_it() {
    let world = World::new();
    let (server, a, b) = (world.server(), world.device("a"), world.device_without_keychain("b"));
    a.add("openai", "work", "sk-work").done();
    world.create_account(&a, &server);
    // What was sealed under the keys from before the join can be read after it.
    b.add("google", "own", "sk-own").done();
    assert_eq!(b.get("own"), b"sk-own");
    world.join(&b);
    let here = events(&b);
    assert_eq!(here.last().unwrap(), "added google/own");
    assert_eq!(here.iter().filter(|event| **event == "revealed google/own").count(), 1);
    assert!(here.contains(&"joined".to_owned()), "{here:?}");
    let synced = activity(&b);
    let synced = synced.iter().find(|entry| entry["event"] == "synced").unwrap();
    assert_eq!((&synced["pulled"], &synced["pushed"]), (&1.into(), &1.into()));

    a.sync();
    assert_eq!(a.get("own"), b"sk-own");
    a.edit("own", "sk-edited").done();
    a.sync();
    let there = events(&a);
    for event in ["revealed google/own", "edited google/own", "account_created", "added openai/work"] {
        assert!(there.contains(&event.to_owned()), "{event}: {there:?}");
    }
    assert!(!there.contains(&"added google/own".to_owned()), "that happened on b");
    // A sync without anything new is nothing that happened.
    let before = events(&a);
    a.sync();
    assert_eq!(events(&a), before);

    // Signed in again after the session ended, which is remembered.
    server.end_sessions();
    a.add("openai", "later", "sk-later").done();
    a.sync();
    assert_eq!(events(&a)[..2], ["synced".to_owned(), "signed_in".to_owned()]);
    let page = a.done(&["activity", "--since", "1h"]).text();
    assert!(page.contains("UTC  This device signed in with the password at the command line.\n"), "{page}");
}

#[test]
fn a_conflict_is_told_when_it_appears_and_when_it_is_over() {
    let (_world, a, b, _server, _keys) = synced_world();
    a.edit("openai/work", "sk-from-a").done();
    b.edit("openai/work", "sk-from-b").done();
    a.sync();
    b.sync();
    a.sync();
    for device in [&a, &b] {
        assert_eq!(events(device)[..2], ["synced".to_owned(), "conflict openai/work".to_owned()]);
    }
    b.edit("openai/work", "sk-settled").done();
    assert_eq!(events(&b)[..2], ["edited openai/work".to_owned(), "settled openai/work".to_owned()]);
    b.sync();
    a.sync();
    assert_eq!(events(&a)[..2], ["synced".to_owned(), "conflict_over openai/work".to_owned()]);
    // A change to something else is neither.
    b.edit("google/robot", "sk-other").done();
    b.sync();
    a.sync();
    assert_eq!(events(&a).iter().filter(|event| event.starts_with("conflict")).count(), 2);
}

#[test]
fn a_damaged_cache_gives_its_activity_back_and_a_lost_one_says_so() {
    let (_world, a, _b, _server, _keys) = synced_world();
    assert!(a.get("work").starts_with(b"sk-proj-"));
    let before = events(&a);
    let mut bytes = fs::read(a.cache()).unwrap();
    bytes[..3000].fill(0x5A);
    fs::write(a.cache(), bytes).unwrap();
    a.done(&["list"]);
    let after = events(&a);
    assert_eq!(after[..2], ["cache_rebuilt".to_owned(), "cache_set_aside".to_owned()]);
    assert_eq!(after[2..], before);

    a.delete_home();
    a.done(&["list"]);
    assert_eq!(events(&a), ["cache_rebuilt"]);
}

#[test]
fn entries_that_something_else_removed_are_told_of_until_the_user_settles_it() {
    let world = World::new();
    for look in [["activity", "--json"], ["activity", "--by-day"], ["doctor", "--json"]] {
        let device = world.device_without_keychain(look.join(" ").as_str());
        device.add("openai", "work", "sk-work").done();
        device.edit("work", "sk-new").done();
        assert_eq!(device.get("work"), b"sk-new");
        device.assert_well();
        let cache = rusqlite::Connection::open(device.cache()).unwrap();
        cache.execute("DELETE FROM activity WHERE id = 1", ()).unwrap();
        drop(cache);
        // Nothing is held up by it.
        assert_eq!(device.get("work"), b"sk-new");
        device.edit("work", "sk-newer").done();

        let first = device.run(&look);
        if look[0] == "doctor" {
            let json = first.ends(7, &[]).json();
            assert_eq!(json["findings"], serde_json::json!([{"what": "activity_broken", "healed": false}]));
        } else {
            first.ends(0, &["Entries are missing or were changed"]);
        }
        // Whoever was not there hears of it, also after more was written.
        device.edit("work", "sk-newest").done();
        for _ in 0..2 {
            let status = device.done(&["status"]).text();
            assert!(status.contains("entries of what happened here are missing or were changed"), "{status}");
            assert_eq!(device.status()["activity_broken"], true);
            let doctor = device.run(&["doctor"]).ends(7, &[]).text();
            assert!(doctor.contains("keymoor doctor --repair settles it"), "{doctor}");
        }
        let repaired = device.done(&["doctor", "--repair"]).text();
        assert!(repaired.contains("What is left counts from now on."), "{repaired}");
        assert_eq!(device.status()["activity_broken"], false);
        device.assert_well();
        let later = device.done(&["activity"]);
        assert!(!later.err.contains("missing"), "{}", later.err);
        assert!(later.text().contains("Entries from before this one are missing"), "{}", later.text());
        assert!(later.text().contains("openai/work was changed"), "what is left is left");
    }
}
