//! A new password, and a server that has not heard of it: restored from before, out of reach, or empty.

use std::path::PathBuf;

use keymoor_journeys::{Device, Ran, World};

use crate::hostile::codes;

const NEW: &str = "another horse, another battery";

pub(crate) fn new_password(world: &World) -> PathBuf {
    let path = world.path("new-password");
    std::fs::write(&path, format!("{NEW}\n")).unwrap();
    path
}

/// The old password is forgotten: the recovery kit sets a new one.
pub(crate) fn forgets(world: &World, device: &Device) -> Ran {
    let (recovery, new) = (world.recovery_kit(), new_password(world));
    device.run(&[
        "unlock",
        "--recovery",
        recovery.to_str().unwrap(),
        "--password-file",
        new.to_str().unwrap(),
    ])
}

/// A device that joins with the new password has everything, and the old one lets nobody in.
pub(crate) fn only_the_new_one_is_good(world: &World, name: &str, keys: &[(&str, &str)]) {
    let mut device = world.device_without_keychain(name);
    let kit = world.join_kit();
    let join = ["account", "join", "--kit", kit.to_str().unwrap()];
    device.run(&join).ends(4, &["The password is wrong."]);
    device.delete_home();
    device.set("KEYMOOR_PASSWORD_FILE", world.path("new-password"));
    device.done(&join);
    for (key, secret) in keys {
        assert_eq!(device.get(key), secret.as_bytes());
    }
}

#[test]
fn a_server_restored_from_before_a_new_password_is_put_right_at_sign_in() {
    let world = World::new();
    let (mut server, mut a) = (world.server(), world.device("a"));
    a.add("openai", "work", "sk-work").done();
    world.create_account(&a, &server);
    let old = server.copy("old");
    a.wipe_keychain();
    forgets(&world, &a).ends(0, &["unlocked, with 1 credential"]);
    a.set("KEYMOOR_PASSWORD_FILE", new_password(&world));
    a.add("openai", "later", "sk-later").done();
    a.sync();

    server.put_back(&old);
    // Its session began after the copy was made, so it signs in, with a password that the server does not know any more.
    a.run(&["sync"]).ends(0, &["had lost its newest state"]);
    assert_eq!(a.get("later"), b"sk-later");
    only_the_new_one_is_good(&world, "c", &[("work", "sk-work"), ("later", "sk-later")]);
    // The recovery kit is as good as before.
    a.wipe_keychain();
    a.delete_home();
    forgets(&world, &a).ends(0, &["unlocked, with 2 credentials"]);
}

#[test]
fn a_push_to_a_server_from_before_a_new_password_asks_for_it_and_is_no_alarm() {
    let world = World::new();
    let (mut server, mut a, mut b) = (world.server(), world.device("a"), world.device("b"));
    a.add("openai", "work", "sk-work").done();
    world.create_account(&a, &server);
    world.join(&b);
    let old = server.copy("old");
    a.wipe_keychain();
    forgets(&world, &a).done();
    a.set("KEYMOOR_PASSWORD_FILE", new_password(&world));
    a.add("openai", "later", "sk-later").done();
    a.sync();
    // The log names a newer keys document than b has: it fetches that with the commit, by its session and the account proof.
    b.sync();

    server.put_back(&old);
    // b's session is older than the copy. It reads and writes, and the server refuses what names a document it does not have.
    b.add("openai", "of b", "sk-of-b").done();
    let mut typo = b.command(&["sync"]);
    typo.env("KEYMOOR_PASSWORD_FILE", world.password());
    keymoor_journeys::run_fed(typo, b"").ends(4, &["The password is wrong."]);
    assert!(!codes(&b).contains(&"state_wrong".to_owned()));
    b.set("KEYMOOR_PASSWORD_FILE", new_password(&world));
    b.sync();
    assert_eq!((b.get("later"), codes(&b)), (b"sk-later".to_vec(), vec!["put_back".to_owned()]));
    a.sync();
    let keys = [("work", "sk-work"), ("later", "sk-later"), ("of b", "sk-of-b")];
    keys.iter().for_each(|(key, secret)| assert_eq!(a.get(key), secret.as_bytes()));
    only_the_new_one_is_good(&world, "c", &keys);
}

#[test]
fn a_recovery_at_a_server_that_lost_the_account_says_what_holds_and_what_does_not() {
    let world = World::new();
    let (mut server, mut a) = (world.server(), world.device("a"));
    a.add("openai", "work", "sk-work").done();
    world.create_account(&a, &server);
    server.lose_everything();
    server.start_again();
    a.wipe_keychain();
    let said = forgets(&world, &a);
    let said =
        said.ends(6, &["unlocked on this device, with the new password", "does not know this account"]);
    assert!(said.err.contains("keymoor account create --server"), "{said}");
    assert!(!said.err.contains("Nothing was changed"), "{said}");
    assert_eq!(a.get("work"), b"sk-work");

    a.set("KEYMOOR_PASSWORD_FILE", new_password(&world));
    a.done(&["account", "create", "--server", &server.url(), "--kit", "again.txt"]);
    only_the_new_one_is_good(&world, "c", &[("work", "sk-work")]);

    // Where nothing is left to unlock, nothing is said to be.
    server.lose_everything();
    server.start_again();
    a.wipe_keychain();
    a.delete_home();
    let said = forgets(&world, &a).ends(4, &["does not know this account", "Nothing was changed"]);
    assert!(!said.err.contains("unlocked"), "{said}");
}

#[test]
fn without_a_keychain_the_recovery_kit_is_enough_offline() {
    let world = World::new();
    let (mut server, mut a) = (world.server(), world.device_without_keychain("a"));
    a.add("openai", "work", "sk-work").done();
    world.create_account(&a, &server);
    server.stop();
    forgets(&world, &a).ends(0, &["unlocked, with 1 credential", "The server could not be reached"]);
    a.run(&["get", "work"]).ends(4, &["The password is wrong."]);
    a.set("KEYMOOR_PASSWORD_FILE", new_password(&world));
    assert_eq!(a.get("work"), b"sk-work");
    a.add("openai", "later", "sk-later").done();

    server.start_again();
    a.sync();
    only_the_new_one_is_good(&world, "c", &[("work", "sk-work"), ("later", "sk-later")]);
    a.assert_well();
}

/// Each of two devices sets a new password while the server is out of reach. The one that reaches it last decides, and both
/// go on.
#[test]
fn of_two_new_passwords_the_last_to_arrive_is_the_account_s() {
    let world = World::new();
    let (mut server, mut a, mut b) =
        (world.server(), world.device_without_keychain("a"), world.device_without_keychain("b"));
    a.add("openai", "work", "sk-work").done();
    world.create_account(&a, &server);
    world.join(&b);
    server.stop();
    let other = world.path("other-password");
    std::fs::write(&other, "the password that comes first\n").unwrap();
    let recovery = world.recovery_kit();
    let unlock = ["unlock", "--recovery", recovery.to_str().unwrap(), "--password-file"];
    a.run(&[&unlock[..], &[other.to_str().unwrap()]].concat()).ends(0, &["could not be reached"]);
    a.set("KEYMOOR_PASSWORD_FILE", &other);
    forgets(&world, &b).ends(0, &["could not be reached"]);
    b.set("KEYMOOR_PASSWORD_FILE", new_password(&world));

    server.start_again();
    server.end_sessions();
    a.sync();
    b.add("slack", "bot", "xoxb-1").done();
    b.sync();
    only_the_new_one_is_good(&world, "c", &[("work", "sk-work"), ("bot", "xoxb-1")]);
    // The first learns that its own is not the account's any more, and goes on with the account's.
    server.end_sessions();
    a.run(&["sync"]).ends(4, &["The password is wrong."]);
    a.set("KEYMOOR_PASSWORD_FILE", new_password(&world));
    a.sync();
    assert_eq!(a.get("bot"), b"xoxb-1");
}
