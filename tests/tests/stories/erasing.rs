//! Erasing away from the server: whatever is lost before the next sync, what was erased does not come back.

use keymoor_journeys::{Device, World};

use crate::main_job::synced_world;

fn assert_gone(device: &Device, name: &str) {
    device.run(&["get", name]).ends(3, &["no credential"]);
    device.run(&["restore", name]).ends(3, &["in the trash"]);
    device.run(&["history", name]).ends(3, &[]);
    let listed =
        device.list().into_iter().chain(device.done(&["trash", "--json"]).json().as_array().unwrap().clone());
    assert!(listed.into_iter().all(|listed| listed["name"] != name));
}

/// Erased offline; then `lose` happens.
fn erased_offline(lose: impl Fn(&Device)) {
    let (_world, a, b, mut server, _keys) = synced_world();
    a.add("openai", "leaked", "sk-leaked").done();
    a.sync();
    b.sync();
    assert_eq!(b.get("leaked"), b"sk-leaked");
    server.stop();
    a.done(&["rm", "leaked"]);
    a.done(&["erase", "leaked"]).ends(0, &["Erased on this device: leaked.", "until the next sync"]);
    assert_eq!(a.status()["waiting"], 1);
    assert_gone(&a, "leaked");

    lose(&a);
    assert_gone(&a, "leaked");
    assert_eq!(a.status()["erasing"], 1, "the server has yet to hear of it");
    a.assert_well();
    server.start_again();
    a.sync();
    b.sync();
    for device in [&a, &b] {
        assert_gone(device, "leaked");
        assert_eq!(device.status()["erasing"], 0);
        assert_eq!(device.list().len(), 3);
        device.assert_well();
    }
}

#[test]
fn an_erasure_outlives_the_cache() {
    erased_offline(Device::delete_cache);
}

#[test]
fn an_erasure_outlives_the_data_directory() {
    erased_offline(Device::delete_home);
}

#[test]
fn an_erasure_says_what_the_keychain_has_yet_to_hear() {
    let world = World::new();
    let mut a = world.device("a");
    a.add("openai", "leaked", "sk-leaked").done();
    a.done(&["rm", "leaked"]);
    a.keyring().stop_daemon();
    // The vault cannot be opened without its keychain; nothing is erased then.
    a.run(&["erase", "leaked"]).ends(8, &[]);
    a.keyring().restart().unwrap();
    a.done(&["erase", "leaked"]).ends(0, &["Erased: leaked."]);
    a.delete_cache();
    assert_gone(&a, "leaked");
}
