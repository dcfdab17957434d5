//! The three homes: any one of them is enough, whichever two are lost; all three lost is the only loss.

use keymoor_journeys::{Device, Server, World};

use crate::main_job::{Keys, synced_world};

/// One device and a server that have all the keys.
fn one_device() -> (World, Device, Server, Keys) {
    let (world, keys) = (World::new(), Keys::new());
    let (server, a) = (world.server(), world.device("a"));
    keys.add_to(&a);
    world.create_account(&a, &server);
    (world, a, server, keys)
}

#[test]
fn keychain_and_cache_are_lost_and_the_server_is_enough() {
    let (world, mut a, _server, keys) = one_device();
    a.wipe_keychain();
    a.delete_home();
    // Whether it was to verify keys by itself nobody else knows.
    world.unlock(&a).ends(0, &["unlocked, with 3 credentials", "In the background it does not from now on"]);
    keys.assert_on(&a);
    a.assert_well();
    assert_eq!(a.status()["homes"]["keychain"]["state"], "ok");
}

#[test]
fn keychain_and_server_are_lost_and_the_cache_is_enough() {
    let (world, mut a, mut server, keys) = one_device();
    a.wipe_keychain();
    server.lose_everything();
    a.run(&["list"]).ends(4, &["keymoor unlock"]);
    let unlocked = world.unlock(&a).ends(0, &["unlocked, with 3 credentials"]);
    assert!(!unlocked.err.contains("In the background"), "the cache still says it: {unlocked}");
    keys.assert_on(&a);
    a.assert_well();
    fills_a_new_server(&world, &a, &mut server, &keys);
}

#[test]
fn cache_and_server_are_lost_and_the_keychain_is_enough() {
    let (world, mut a, mut server, keys) = one_device();
    a.delete_home();
    server.lose_everything();
    keys.assert_on(&a);
    a.assert_well();
    fills_a_new_server(&world, &a, &mut server, &keys);
    // The page that was printed on the first day opens everything still.
    a.wipe_keychain();
    a.run(&["list"]).ends(4, &["keymoor unlock"]);
    world.unlock_by_recovery(&a).ends(0, &["unlocked, with 3 credentials"]);
    keys.assert_on(&a);
    let d = world.device("d");
    world.join(&d);
    keys.assert_on(&d);
}

#[test]
fn all_three_lost_is_the_only_loss() {
    let (world, mut a, mut server, keys) = one_device();
    a.wipe_keychain();
    a.delete_home();
    server.lose_everything();
    server.start_again();
    // A server never says whether it knows an account: that would help whoever guesses.
    world.unlock(&a).ends(4, &["The password is wrong."]);
    keys.assert_none_on(&a);
    assert!(a.list().is_empty(), "nothing is made up in its place");
}

#[test]
fn a_server_that_lost_everything_is_filled_again_and_the_other_device_goes_on() {
    let (world, a, b, mut server, keys) = synced_world();
    b.add("openai", "while it was gone", "sk-meanwhile").done();
    server.lose_everything();
    server.start_again();
    let account = b.status()["account"].clone();
    a.run(&["sync"]).ends(6, &["does not know this account", "account create"]);
    keys.assert_on(&a);
    create_again(&world, &a, &server);
    assert_eq!(a.status()["account"], account);

    b.sync();
    a.sync();
    assert_eq!(a.get("while it was gone"), b"sk-meanwhile");
    for device in [&a, &b] {
        assert_eq!(device.list().len(), 4);
        device.assert_well();
    }
    // The kit of the first day still lets a device in.
    let c = world.device("c");
    world.join(&c);
    assert_eq!(c.get("while it was gone"), b"sk-meanwhile");
    assert_eq!(c.list().len(), 4);
}

/// Registers the same account at a new, empty server; a device that joins there has everything.
fn fills_a_new_server(world: &World, a: &Device, server: &mut Server, keys: &Keys) {
    server.start_again();
    create_again(world, a, server);
    let c = world.device("c");
    let kit = a.path("kit-again.txt");
    c.done(&["account", "join", "--kit", kit.to_str().unwrap()]);
    keys.assert_on(&c);
    c.assert_well();
}

fn create_again(world: &World, a: &Device, server: &Server) {
    let kit = a.path("kit-again.txt");
    let recovery = a.path("recovery-again.txt");
    let paths = ["--kit", kit.to_str().unwrap(), "--recovery", recovery.to_str().unwrap()];
    let said = a.done(&[&["account", "create", "--server", &server.url()][..], &paths].concat());
    assert!(said.err.contains("The recovery kit made before stays good"), "{said}");
    assert!(!recovery.exists() && world.recovery_kit().exists());
}
