//! Erased on one device while the server had forgotten what another had written.

use keymoor_journeys::{Device, Server, World};

fn two_devices() -> (World, Server, Device, Device) {
    let world = World::new();
    let (server, a, b) = (world.server(), world.device("a"), world.device_without_keychain("b"));
    for name in ["leaked", "work"] {
        a.add("openai", name, format!("sk-{name}")).done();
    }
    world.create_account(&a, &server);
    world.join(&b);
    (world, server, a, b)
}

fn erase(device: &Device) {
    device.done(&["rm", "leaked"]);
    device.done(&["erase", "leaked"]);
    device.sync();
}

#[track_caller]
fn are_well(devices: [&Device; 2], here: usize) {
    for device in devices {
        device.sync();
    }
    for device in devices {
        device.sync();
        assert_eq!((device.list().len(), &device.status()["waiting"]), (here, &0.into()));
        assert_eq!(device.get("work"), b"sk-work");
        device.assert_well();
        let cache = rusqlite::Connection::open(device.cache()).unwrap();
        let notes = "SELECT count(*) FROM setting WHERE key LIKE 'elsewhere.%'";
        assert_eq!(
            cache.query_row(notes, (), |row| row.get::<_, i64>(0)).unwrap(),
            0,
            "nothing is left of it"
        );
    }
}

#[test]
fn an_edit_that_the_restored_server_had_lost_outlives_an_erasure_by_who_never_saw_it() {
    let (_world, mut server, a, b) = two_devices();
    let old = server.copy("old");
    a.edit("leaked", "sk-edited").done();
    a.sync();
    server.put_back(&old);
    erase(&b);
    a.run(&["sync"]).ends(0, &["openai/leaked was erased elsewhere, and edited here meanwhile: it stays."]);
    are_well([&a, &b], 2);
    assert_eq!((a.get("leaked"), b.get("leaked")), (b"sk-edited".to_vec(), b"sk-edited".to_vec()));
}

#[test]
fn what_was_in_the_trash_too_is_erased_with_it() {
    let (_world, mut server, a, b) = two_devices();
    let old = server.copy("old");
    a.done(&["rm", "leaked"]);
    a.sync();
    server.put_back(&old);
    erase(&b);
    are_well([&a, &b], 1);
    for device in [&a, &b] {
        device.run(&["restore", "leaked"]).ends(3, &[]);
    }
}

#[test]
fn an_edit_that_waits_on_top_of_what_was_lost_comes_with_it() {
    let (_world, mut server, a, b) = two_devices();
    let old = server.copy("old");
    a.edit("leaked", "sk-edited").done();
    a.sync();
    server.put_back(&old);
    a.edit("leaked", "sk-edited-again").done();
    erase(&b);
    are_well([&a, &b], 2);
    assert_eq!(b.get("leaked"), b"sk-edited-again");
}

#[test]
fn whoever_was_ahead_erases_on_the_restored_server_too() {
    for known_to_the_server in [true, false] {
        let (_world, mut server, a, b) = two_devices();
        let old = server.copy("old");
        match known_to_the_server {
            true => a.edit("leaked", "sk-edited").done(),
            false => a.add("openai", "later", "sk-later").done(),
        };
        a.sync();
        server.put_back(&old);
        erase(&a);
        are_well([&a, &b], if known_to_the_server { 1 } else { 2 });
        for device in [&a, &b] {
            device.run(&["get", "leaked"]).ends(3, &[]);
            device.run(&["restore", "leaked"]).ends(3, &[]);
            assert_eq!(device.status()["erasing"], 0);
        }
    }
}

#[test]
fn an_erasure_that_the_server_lost_is_done_again() {
    let (_world, mut server, a, b) = two_devices();
    let old = server.copy("old");
    erase(&a);
    server.put_back(&old);
    // Whoever knows of it from the log erases again what nobody has changed since; b never heard of it.
    a.sync();
    b.sync();
    are_well([&a, &b], 1);
}
