//! A password that was set anew with the recovery kit, and the other devices, and a server that is lost or put back.

use keymoor_journeys::{Device, Server, World, run_fed};

use crate::passwords::{forgets, new_password, only_the_new_one_is_good};

/// Two devices, of which the first has set a new password, and a copy of the server from before that.
fn reset(keychain: bool) -> (World, Server, Device, Device, std::path::PathBuf) {
    let world = World::new();
    let mut server = world.server();
    let device = |name: &str| if keychain { world.device(name) } else { world.device_without_keychain(name) };
    let (mut a, b) = (device("a"), device("b"));
    a.add("openai", "work", "sk-work").done();
    world.create_account(&a, &server);
    world.join(&b);
    let old = server.copy("old");
    if keychain {
        a.wipe_keychain();
    }
    forgets(&world, &a).done();
    a.set("KEYMOOR_PASSWORD_FILE", new_password(&world));
    (world, server, a, b, old)
}

#[test]
fn a_device_that_only_pulled_the_reset_fills_a_lost_server_with_it() {
    for keychain in [true, false] {
        let (world, mut server, a, mut b, _) = reset(keychain);
        a.add("openai", "later", "sk-later").done();
        a.sync();
        b.sync();
        server.lose_everything();
        server.start_again();
        let url = server.url();
        let create = ["account", "create", "--server", &url, "--kit", "again.txt"];
        b.run(&create).ends(4, &["The password is wrong."]);
        b.set("KEYMOOR_PASSWORD_FILE", new_password(&world));
        b.done(&create);
        assert!(b.status()["waiting"] == 0);
        a.sync();
        only_the_new_one_is_good(&world, "c", &[("work", "sk-work"), ("later", "sk-later")]);
        world.unlock_by_recovery(&a).done();
    }
}

/// The push is refused, so the sync fails; the document that the pull spoke of is here nevertheless.
#[test]
fn the_newer_document_comes_with_the_pull_also_where_the_push_fails() {
    let (world, mut server, a, mut b, _) = reset(true);
    a.add("openai", "later", "sk-later").done();
    a.sync();
    server.database().execute_batch("UPDATE vault SET bytes = 100000000").unwrap();
    b.add("openai", "of b", "sk-of-b").done();
    b.run(&["sync"]).ends(6, &["The account is full"]);
    server.lose_everything();
    server.start_again();
    b.set("KEYMOOR_PASSWORD_FILE", new_password(&world));
    b.done(&["account", "create", "--server", &server.url(), "--kit", "again.txt"]);
    let keys = [("work", "sk-work"), ("later", "sk-later"), ("of b", "sk-of-b")];
    only_the_new_one_is_good(&world, "c", &keys);
}

/// The server lets the old password in and gives out the document from before, beside a log that speaks of the newer one.
#[test]
fn a_device_that_joins_takes_no_older_document_than_the_log_states() {
    let (world, server, a, _b, old) = reset(true);
    a.add("openai", "later", "sk-later").done();
    a.sync();
    server
        .database()
        .execute_batch(&format!(
            "ATTACH '{}' AS old; UPDATE account SET {} WHERE TRUE; DETACH old;",
            old.join("server.db").display(),
            ["password", "keys_version", "keys_document"]
                .map(|column| format!("{column} = (SELECT {column} FROM old.account)"))
                .join(", ")
        ))
        .unwrap();
    let c = world.device("c");
    c.add("openai", "of c", "sk-of-c").done();
    let kit = world.join_kit();
    c.run(&["account", "join", "--kit", kit.to_str().unwrap()]).ends(7, &["older or a foreign list of keys"]);
    assert_eq!(c.get("of c"), b"sk-of-c");
    // The device that has the newer one puts it back, and then this one is in.
    a.add("openai", "latest", "sk-latest").done();
    a.sync();
    c.sync();
    assert_eq!((c.get("latest"), c.list().len()), (b"sk-latest".to_vec(), 4));
}

/// The server is put back from before the reset: with a session that still lives there, or none.
fn put_back(keychain: bool, session: bool) {
    for changes in [true, false] {
        let (world, mut server, a, mut b, old) = reset(keychain);
        if changes {
            a.add("openai", "later", "sk-later").done();
        }
        a.sync();
        b.sync();
        server.put_back(&old);
        if !session {
            server.end_sessions();
        }
        if changes {
            // b learnt of the reset by the log, and has the password that goes with it. Another is told from a server that
            // is behind, also while that lets it in.
            b.set("KEYMOOR_PASSWORD_FILE", new_password(&world));
            b.add("openai", "of b", "sk-own").done();
            let mut old_password = b.command(&["sync"]);
            old_password.env("KEYMOOR_PASSWORD_FILE", world.password());
            run_fed(old_password, b"").ends(4, &["The password is wrong.", "keymoor unlock --recovery"]);
            b.done(&["rm", "of b"]);
            b.done(&["erase", "of b"]);
        }
        for device in [&b, &a] {
            device.add("openai", if std::ptr::eq(device, &a) { "of a" } else { "of b" }, "sk-own").done();
            device.sync();
        }
        b.set("KEYMOOR_PASSWORD_FILE", new_password(&world));
        if !changes && !keychain {
            b.set("KEYMOOR_PASSWORD_FILE", world.password()); // it hears of the new one now
        }
        b.sync();
        let keys = [("work", "sk-work"), ("of a", "sk-own"), ("of b", "sk-own")];
        only_the_new_one_is_good(&world, "c", &keys);
        if changes {
            assert_eq!(a.get("later"), b"sk-later");
        }
    }
}

/// The command that the words about a wrong password name.
#[test]
fn where_the_new_password_is_forgotten_too_the_recovery_kit_sets_the_next() {
    for keychain in [true, false] {
        let (world, mut server, mut a, b, old) = reset(keychain);
        a.add("openai", "later", "sk-later").done();
        a.sync();
        drop(b);
        server.put_back(&old);
        server.end_sessions();
        a.set("KEYMOOR_PASSWORD_FILE", world.password());
        a.run(&["sync"]).ends(4, &["The password is wrong.", "keymoor unlock --recovery"]);
        forgets(&world, &a).done();
        a.set("KEYMOOR_PASSWORD_FILE", new_password(&world));
        a.sync();
        only_the_new_one_is_good(&world, "c", &[("work", "sk-work"), ("later", "sk-later")]);
    }
}

#[test]
fn put_back_with_a_keychain_and_a_session() {
    put_back(true, true);
}

#[test]
fn put_back_with_a_keychain_and_no_session() {
    put_back(true, false);
}

#[test]
fn put_back_without_a_keychain_with_a_session() {
    put_back(false, true);
}

#[test]
fn put_back_with_neither_keychain_nor_session() {
    put_back(false, false);
}

/// The log spoke of a newer document that this device could not fetch any more.
fn never_fetched(keychain: bool) -> (World, Server, Device, Device, std::path::PathBuf) {
    let (world, server, a, b, old) = reset(keychain);
    a.add("openai", "later", "sk-later").done();
    a.sync();
    // A server that fails at just that call: it has lost the account's row of keys for a moment.
    let away = "ALTER TABLE account RENAME COLUMN keys_document TO away";
    server.database().execute_batch(away).unwrap();
    b.run(&["sync"]).ends(6, &[]);
    server.database().execute_batch("ALTER TABLE account RENAME COLUMN away TO keys_document").unwrap();
    assert_eq!(b.get("later"), b"sk-later");
    (world, server, a, b, old)
}

#[test]
fn a_device_that_never_got_the_newer_document_fills_a_lost_server_with_its_own() {
    for keychain in [true, false] {
        let (world, mut server, mut a, b, _) = never_fetched(keychain);
        server.lose_everything();
        server.start_again();
        b.done(&["account", "create", "--server", &server.url(), "--kit", "again.txt"]);
        assert_eq!(b.status()["waiting"], 0);
        // Its password is the account's again, and the recovery kit is good.
        if keychain {
            a.run(&["sync"]).ends(4, &["The password is wrong."]);
            a.set("KEYMOOR_PASSWORD_FILE", world.password());
            a.sync();
        }
        let c = world.device_without_keychain("c");
        world.join(&c);
        assert_eq!((c.get("work"), c.get("later")), (b"sk-work".to_vec(), b"sk-later".to_vec()));
        c.delete_home();
        forgets(&world, &c).ends(0, &["unlocked, with 2 credentials"]);
    }
}

/// Server and device both have the older document, and the log spoke of the newer: an alarm, which the recovery kit ends.
#[test]
fn where_nobody_has_the_newer_document_the_recovery_kit_makes_the_next() {
    for keychain in [true, false] {
        let (world, mut server, a, mut b, old) = never_fetched(keychain);
        server.put_back(&old);
        drop(a);
        b.run(&["sync"]).ends(7, &["older or a foreign list of keys", "keymoor unlock --recovery"]);
        forgets(&world, &b).done();
        b.set("KEYMOOR_PASSWORD_FILE", new_password(&world));
        b.sync();
        only_the_new_one_is_good(&world, "c", &[("work", "sk-work"), ("later", "sk-later")]);
    }
}
