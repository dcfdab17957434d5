//! When a credential was last used: each device's record of it, sealed, at the server beside the log.

use keymoor_journeys::{Device, World};
use keymoor_protocol::DeviceId;
use rusqlite::Connection;
use serde_json::Value;

use crate::main_job::synced_world;

/// Lets the hour pass after which a sync exchanges the records, whatever else there is to do.
fn an_hour_later(device: &Device) {
    let cache = Connection::open(device.cache()).unwrap();
    assert_eq!(cache.execute("DELETE FROM setting WHERE key = 'device_records.at'", ()).unwrap(), 1);
}

#[track_caller]
fn listed(device: &Device) -> Vec<Value> {
    device.done(&["list", "--json"]).json().as_array().unwrap().clone()
}

#[track_caller]
fn last_used(device: &Device) -> Value {
    let found = listed(device).into_iter().find(|entry| entry["provider"] == "openai");
    found.unwrap()["last_used"].clone()
}

#[track_caller]
fn used(device: &Device) -> Vec<Value> {
    device.done(&["show", "openai/work", "--json"]).json()["used"].as_array().unwrap().clone()
}

#[test]
fn a_use_is_known_on_every_device_and_is_no_commit() {
    let (_world, a, b, server, keys) = synced_world();
    assert_eq!((last_used(&a), used(&a).len()), (Value::Null, 0));
    keys.assert_on(&a);
    let at = last_used(&a);
    assert!(at.is_string());
    let here = used(&a);
    assert_eq!((here.len(), &here[0]["here"], &here[0]["at"]), (1, &true.into(), &at));
    let page = a.done(&["show", "openai/work"]).text();
    assert!(page.contains("last used") && page.contains("UTC on this device\n"), "{page}");

    let count = || -> i64 {
        server.database().query_row("SELECT count(*) FROM commits", (), |row| row.get(0)).unwrap()
    };
    let commits = count();
    a.sync();
    assert_eq!(last_used(&b), Value::Null, "not before the hour is over");
    an_hour_later(&a);
    a.sync();
    an_hour_later(&b);
    b.sync();
    assert_eq!((last_used(&b), count(), &a.status()["waiting"]), (at.clone(), commits, &0.into()));
    let there = used(&b);
    assert_eq!((there.len(), &there[0]["here"]), (1, &false.into()));
    assert_eq!(there[0]["device"], a.status()["device"]);
    assert!(b.done(&["show", "openai/work"]).text().contains("UTC on another device\n"));
    // Both have used it: the later one counts.
    b.get("openai/work");
    assert!(last_used(&b).as_str() > at.as_str());
    assert_eq!(used(&b).iter().map(|used| used["here"] == true).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_lost_cache_gets_its_own_record_back_and_goes_on_from_it() {
    let (_world, a, b, _server, _keys) = synced_world();
    a.get("openai/work");
    an_hour_later(&a);
    a.sync();
    let at = last_used(&a);
    a.delete_home();
    assert_eq!(last_used(&a), Value::Null, "it was in the cache alone");
    // Used before the record came back: the two become one.
    a.get("google/robot");
    a.sync();
    assert_eq!(last_used(&a), at);
    an_hour_later(&b);
    b.sync();
    for device in [&a, &b] {
        let used = listed(device).iter().filter(|entry| !entry["last_used"].is_null()).count();
        assert_eq!((last_used(device), used), (at.clone(), 2));
    }
}

#[test]
fn an_older_record_is_not_taken_and_is_replaced_by_who_wrote_it() {
    let (_world, a, b, server, _keys) = synced_world();
    let at_server = || -> Vec<u8> {
        let id: DeviceId = a.status()["device"].as_str().unwrap().parse().unwrap();
        let sql = "SELECT sealed FROM device WHERE device_id = ?1";
        server.database().query_row(sql, [id.as_bytes()], |row| row.get(0)).unwrap()
    };
    let use_it = || {
        a.get("openai/work");
        an_hour_later(&a);
        a.sync();
        at_server()
    };
    let (older, newer) = (use_it(), use_it());
    let b_asks = || {
        an_hour_later(&b);
        b.sync();
        last_used(&b)
    };
    let at = b_asks();
    assert_eq!(at, last_used(&a));
    // Put back, as by a server that was restored; and then nonsense.
    for lie in [older, newer[..newer.len() - 1].to_vec(), b"nonsense".to_vec()] {
        let swapped =
            server.database().execute("UPDATE device SET sealed = ?1 WHERE sealed = ?2", (&lie, at_server()));
        assert_eq!(swapped.unwrap(), 1);
        assert_eq!(b_asks(), at);
        an_hour_later(&a);
        a.sync();
        assert_eq!(at_server(), newer, "whoever wrote it puts it there again");
    }
    assert_eq!(b_asks(), at);
}

#[test]
fn the_devices_are_told_apart_on_each_of_them_and_the_server_reads_no_name() {
    use keymoor_vault::{Backend, Config, DeviceInfo, Patience, Vault};
    let world = World::without_a_disk();
    let (server, a) = (world.server(), world.device_without_keychain("a"));
    let b = world.device_without_keychain("b");
    let devices = |device: &Device| -> Vec<DeviceInfo> {
        let (home, service) = (device.home().to_owned(), "unused".to_owned());
        let config = Config { home, keychain: Backend::None, keychain_service: service };
        let ask = &mut |_| Some(keymoor_journeys::PASSWORD.into());
        let mut vault = Vault::open(config, Patience::default(), ask).unwrap();
        assert_eq!(vault.device_count().unwrap(), vault.devices().unwrap().len());
        vault.devices().unwrap()
    };
    a.add("openai", "work", "sk-work").done();
    let alone = devices(&a);
    assert!(alone.len() == 1 && alone[0].here && alone[0].name.is_some(), "{alone:?}");
    world.create_account(&a, &server);
    world.join(&b);
    for device in [&a, &b, &a] {
        an_hour_later(device);
        device.sync();
    }
    for (device, other) in [(&a, &b), (&b, &a)] {
        let all = devices(device);
        assert_eq!(all.iter().map(|one| one.here).collect::<Vec<_>>(), [true, false], "{all:?}");
        assert_eq!(all[1].id.to_string(), other.status()["device"].as_str().unwrap());
        assert_eq!((&all[1].name, &all[1].platform), (&all[0].name, &all[0].platform), "one computer");
        assert!(all[1].seen.is_some());
    }
    // What it said does not go again with every sync.
    let at_server = || -> Vec<Vec<u8>> {
        let database = server.database();
        let mut rows = database.prepare("SELECT sealed FROM device ORDER BY device_id").unwrap();
        rows.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let before = at_server();
    an_hour_later(&a);
    a.sync();
    assert_eq!(at_server(), before);
    let name = alone[0].name.clone().unwrap();
    assert!(before.iter().all(|sealed| !sealed.windows(name.len()).any(|part| part == name.as_bytes())));
}
