//! What is told of a vault that does not open, or that wants care: what is true, and where to look.

use std::fs;

use keymoor_journeys::{World, run_fed};

use crate::main_job::synced_world;

#[test]
fn an_empty_vault_without_its_key_speaks_of_no_sealed_records() {
    let world = World::new();
    let mut a = world.device("a");
    a.done(&["list"]);
    a.wipe_keychain();
    let said = a.run(&["list"]).ends(4, &["Nothing was stored in it", "No new key was made"]);
    assert!(!said.err.contains("sealed"), "{said}");
    // One that is damaged, and of which nobody knows whether anything was in it.
    fs::write(a.cache(), vec![0x5A; 9000]).unwrap();
    let said = a.run(&["list"]).ends(7, &["damaged or no cache at all", "left as it is", "keymoor unlock"]);
    assert!(!said.err.contains("sealed"), "{said}");
    // With something in it, it is said to be left.
    let mut b = world.device("b");
    b.add("openai", "work", "sk-work").done();
    b.wipe_keychain();
    b.run(&["list"]).ends(4, &["What is sealed here is left as it is"]);
}

#[test]
fn another_keychain_than_the_vaults_is_told_by_its_name() {
    let world = World::new();
    let a = world.device("a");
    a.add("openai", "work", "sk-work").done();
    let mut command = a.command(&["get", "work"]);
    command.env("KEYMOOR_KEYCHAIN", "none");
    run_fed(command, b"").ends(4, &["This vault was made with KEYMOOR_KEYCHAIN=system"]);
    let b = world.device_without_keychain("b");
    b.add("openai", "work", "sk-work").done();
    let mut command = b.command(&["get", "work"]);
    command.env("KEYMOOR_KEYCHAIN", "system");
    run_fed(command, b"").ends(4, &["Set KEYMOOR_KEYCHAIN=none"]);
}

#[test]
fn a_data_directory_that_cannot_be_is_named() {
    let world = World::new();
    let mut a = world.device_without_keychain("a");
    let file = world.path("a file");
    fs::write(&file, "in the way").unwrap();
    a.set_home(&file.join("home"));
    let said = a.add("openai", "work", "sk-work").ends(1, &["What was not acknowledged was not stored"]);
    assert!(said.err.contains(&*file.to_string_lossy()) && !said.err.contains("sk-work"), "{said}");
    assert_eq!(fs::read(file).unwrap(), b"in the way");
}

#[test]
fn status_names_what_is_to_be_settled() {
    let (_world, a, b, _server, _keys) = synced_world();
    assert_eq!(a.status()["conflicts"], 0);
    a.edit("openai/work", "sk-from-a").done();
    b.edit("openai/work", "sk-from-b").done();
    a.sync();
    b.sync();
    a.sync();
    for device in [&a, &b] {
        assert_eq!(device.status()["conflicts"], 1);
        let page = device.done(&["status"]).text();
        assert!(page.contains("changed on two devices at once, to be settled: openai/work\n"), "{page}");
    }
}

#[test]
fn status_says_that_the_last_try_failed_until_one_goes_through() {
    let (_world, a, _b, mut server, _keys) = synced_world();
    assert_eq!(a.status()["last_failed"], serde_json::Value::Null);
    server.stop();
    a.run(&["sync"]).ends(6, &[]);
    assert!(a.status()["last_failed"].is_string());
    let page = a.done(&["status"]).text();
    assert!(page.contains("last try failed 2"), "{page}");
    server.start_again();
    a.sync();
    assert_eq!(a.status()["last_failed"], serde_json::Value::Null);
}

#[test]
fn a_move_to_another_server_is_told_as_one() {
    let (world, a, _b, server, _keys) = synced_world();
    let other = world.server_in(&world.path("other"));
    let (kit, recovery) = (a.path("join.txt"), a.path("recovery.txt"));
    let (url, kit, recovery) = (other.url(), kit.to_string_lossy(), recovery.to_string_lossy());
    let create = ["account", "create", "--server", &url, "--kit", &kit, "--recovery", &recovery];
    let said = a.run(&create).ends(0, &["and no longer at", &server.url(), "follow with the same command"]);
    assert!(!said.err.contains("had lost"), "{said}");
    assert_eq!(a.status()["alarms"], serde_json::json!([]));
    a.sync();
    assert_eq!(a.status()["server"].as_str(), Some(&*url));
}

/// The kits are on the disk before the server is asked to make the account.
#[test]
fn an_account_that_could_not_be_made_says_what_was_written_for_it() {
    let world = World::new();
    let mut server = world.server();
    server.stop();
    let mut closed = server.command();
    closed.env("KEYMOOR_SERVER_REGISTRATION", "closed");
    server.start_as(closed);
    let a = world.device("a");
    a.add("openai", "work", "sk-work").done();
    let said = a.run(&["account", "create", "--server", &server.url()]);
    let said = said.ends(6, &["takes no new accounts", "Everything on this device stays as it is."]);
    assert!(!said.err.contains("next sync"), "{said}");
    let kit = a.path("keymoor-join-kit.txt");
    assert_eq!(said.err.contains("Written all the same"), kit.exists(), "{said}");
    server.stop();
    server.start_again();
    a.done(&["account", "create", "--server", &server.url()]);
    assert!(kit.exists());
}

#[test]
fn a_conflict_in_the_trash_is_nothing_that_a_list_shows() {
    let world = World::new();
    let (server, a, b) =
        (world.server(), world.device_without_keychain("a"), world.device_without_keychain("b"));
    a.add("openai", "work", "sk-work").done();
    world.create_account(&a, &server);
    world.join(&b);
    a.done(&["edit", "work", "--note", "of a"]);
    b.done(&["edit", "work", "--note", "of b"]);
    b.sync();
    let announced = "1 credential was changed on two devices at the same time";
    assert!(a.sync().err.contains(announced) && b.sync().err.contains(announced));
    b.done(&["rm", "work"]);
    b.sync();
    let said = a.sync();
    assert!(said.err.contains("moved to the trash") && !said.err.contains(announced), "{said}");
}
