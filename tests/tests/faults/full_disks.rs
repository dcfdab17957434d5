//! A full disk on either side during a sync: said in words, nothing half-written, and it goes on when there is room.

use keymoor_journeys::{Device, Disk, Server, World, run_fed, with_small_disks};

use crate::whole::{assert_whole_pages, state};

/// A secret of which a few fill a disk of two megabytes.
fn large(name: &str) -> String {
    format!("sk-{name}-{}", "x".repeat(50_000))
}

#[test]
fn of_the_server() {
    run("full_disks::of_the_server", || {
        let world = World::new();
        let disk = Disk::mount(&world.path("disk")).unwrap();
        let (mut server, a, b) = two(&world, |world| world.server_in(&disk.path().join("server")));
        disk.fill();
        a.add("openai", "large", large("large")).done();
        a.done(&["rm", "two"]);
        for _ in 0..2 {
            a.run(&["sync"])
                .ends(6, &["The server failed (HTTP status 503)", "changes wait for the next sync"]);
            assert_eq!(
                (a.status()["waiting"].as_u64(), a.get("large").len()),
                (Some(2), large("large").len())
            );
            assert_eq!(rows(&server), (1, 2), "nothing of it is there");
        }
        // What needs no room still works.
        b.sync();
        assert_eq!(b.get("two"), b"sk-two");
        disk.make_room();
        a.sync(); // the log lay on that disk, too
        assert_eq!(rows(&server), (2, 3));
        agree(&a, &b, 2);

        // So does one that is killed and started again while its disk is full.
        a.edit("large", large("again")).done();
        disk.fill();
        a.run(&["sync"]).ends(6, &["The server failed (HTTP status 503)", "changes wait for the next sync"]);
        server.stop();
        disk.make_room();
        server.start_again();
        agree(&a, &b, 2);
        assert_eq!(b.get("large"), large("again").as_bytes());
        server.shut_down();
        let database = format!("sqlite:{}", server.folder().join("server.db").display());
        let mut check = std::process::Command::new(keymoor_journeys::program("keymoor-server"));
        check.args(["check", "--database", &database]);
        run_fed(check, b"").done();
    });
}

#[test]
fn of_a_client() {
    run("full_disks::of_a_client", || {
        let world = World::new();
        let disk = Disk::mount(&world.path("disk")).unwrap();
        let (_server, mut a, b) = two(&world, World::server);
        let home = disk.path().join("home");
        keymoor_journeys::copy_folder(a.home(), &home);
        a.set_home(&home);
        for i in 0..12 {
            b.add("openai", &format!("large {i}"), large("large")).done();
        }
        b.done(&["rm", "one"]);
        b.sync();
        a.add("openai", "of a", "sk-of-a").done();
        let before = state(&a);
        for _ in 0..2 {
            disk.fill();
            a.run(&["sync"]).ends(1, &["The disk is full"]);
            disk.make_room(); // without any, nobody opens a database, if only to read
            assert_whole_pages(&a);
            assert_eq!(state(&a), before, "no page, and none in part");
            assert_eq!((a.get("one"), a.get("of a")), (b"sk-one".to_vec(), b"sk-of-a".to_vec()));
        }
        a.sync();
        agree(&a, &b, 14);
        assert_eq!(b.get("of a"), b"sk-of-a");
    });
}

fn run(name: &str, test: impl FnOnce()) {
    if let Err(refused) = with_small_disks(name, test) {
        eprintln!("NOT TRIED, a full disk: {refused}");
    }
}

/// Two devices of an account with two keys.
fn two(world: &World, server: impl FnOnce(&World) -> Server) -> (Server, Device, Device) {
    let (server, a, b) =
        (server(world), world.device_without_keychain("a"), world.device_without_keychain("b"));
    a.add("openai", "one", "sk-one").done();
    a.add("openai", "two", "sk-two").done();
    world.create_account(&a, &server);
    world.join(&b);
    b.sync();
    (server, a, b)
}

/// Commits and records on the server.
fn rows(server: &Server) -> (i64, i64) {
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        server.database().query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    (count("commits"), count("record"))
}

#[track_caller]
fn agree(a: &Device, b: &Device, count: usize) {
    for device in [a, b, a] {
        device.sync();
    }
    assert_eq!((a.list(), a.list().len()), (b.list(), count));
    for device in [a, b] {
        assert_eq!(device.status()["waiting"], 0);
        device.assert_well();
    }
}
