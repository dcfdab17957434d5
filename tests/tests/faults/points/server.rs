//! A server that is killed at each of its points, and started again.

use keymoor_journeys::{Device, Server, World};

use super::{
    Two,
    client::{Work, create_again},
    table::SERVER,
};

/// Starts the server again so that it is killed at this point.
fn start_to_die(server: &mut Server, point: &str) {
    start_with(server, "KEYMOOR_FAIL_POINT", point);
}

fn start_with(server: &mut Server, variable: &str, point: &str) {
    server.stop();
    let mut command = server.command();
    command.env(variable, point);
    server.start_as(command);
}

/// A command of a device comes to the point: the server dies of it, and the device says that nobody answers.
#[track_caller]
fn die(server: &mut Server, point: &str, device: &Device, arguments: &[&str]) {
    let ran = device.run(arguments);
    assert!(server.has_ended(), "it never came to {point}: {ran}");
    // Where it died after its answer, that may have been the last one needed.
    assert!(matches!(ran.code, Some(0 | 6)), "{ran}");
    server.stop();
    server.start_again();
}

#[test]
fn syncs() {
    for (point, work) in SERVER.iter().filter(|(_, work)| matches!(work, Work::Sync | Work::Refresh)) {
        let mut two = Two::new(false);
        work.prepare(&mut two);
        start_to_die(&mut two.server, point);
        let Two { server, a, .. } = &mut two;
        die(server, point, a, &["sync"]);
        two.assert_well(&format!("{point} at {work:?}"));
    }
}

/// A server that could only read would go on unnoticed. One that ends is started anew by whoever looks after it.
#[test]
fn a_writer_that_panics_ends_the_server_with_a_message() {
    for point in ["writer.before_commit", "writer.committed", "writer.answered"] {
        let mut two = Two::new(false);
        Work::Sync.prepare(&mut two);
        start_with(&mut two.server, "KEYMOOR_PANIC_POINT", point);
        let Two { server, a, .. } = &mut two;
        die(server, point, a, &["sync"]);
        let log = std::fs::read_to_string(server.folder().join("log")).unwrap();
        assert!(log.contains("the thread that writes has panicked"), "{point}: {log}");
        two.assert_well(&format!("a panic at {point}"));
    }
}

#[test]
fn making_and_joining_an_account() {
    for (point, work) in SERVER.iter().filter(|(_, work)| matches!(work, Work::Create | Work::Join)) {
        let world = World::without_a_disk();
        let (mut server, a, b) =
            (world.server(), world.device_without_keychain("a"), world.device_without_keychain("b"));
        a.add("openai", "k1", "sk-k1-of-a-key").done();
        b.add("openai", "k2", "sk-k2-of-a-key").done();
        let [kit, recovery] =
            [world.join_kit(), world.recovery_kit()].map(|kit| kit.to_str().unwrap().to_owned());
        let url = server.url();
        let create = ["account", "create", "--server", &url, "--kit", &kit, "--recovery", &recovery];
        let join = ["account", "join", "--kit", &kit];
        if *work == Work::Create {
            start_to_die(&mut server, point);
            die(&mut server, point, &a, &create);
            create_again(&a, &create);
            b.done(&join);
        } else {
            a.done(&create);
            start_to_die(&mut server, point);
            die(&mut server, point, &b, &join);
            let again = b.run(&join);
            assert!(matches!(again.code, Some(0 | 5)), "{again}"); // 5: it has joined
        }
        for device in [&a, &b, &a] {
            device.sync();
        }
        for device in [&a, &b] {
            for (name, secret) in [("k1", "sk-k1-of-a-key"), ("k2", "sk-k2-of-a-key")] {
                assert_eq!(device.get(name), secret.as_bytes(), "{point}");
            }
            assert_eq!(device.list().len(), 2);
            device.assert_well();
        }
    }
}
