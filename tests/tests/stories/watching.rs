//! Devices that sync by themselves: `keymoor sync --watch`.

use std::{fs, thread, time::Duration};

use keymoor_journeys::{Answer, Device, Liar, Server, Watcher, World, eventually};

/// Two devices of one account. The second is without a keychain, for speed, if the story is not about it.
fn two(world: &World, second: Device) -> (Server, Device, Device) {
    let (server, a) = (world.server(), world.device("a"));
    a.add("openai", "first", "sk-first").done();
    world.create_account(&a, &server);
    world.join(&second);
    second.sync();
    (server, a, second)
}

/// Whether this device has this secret under this name, without any sync.
fn has(device: &Device, name: &str, secret: &str) -> bool {
    let got = device.run(&["get", name, "--raw"]);
    got.code == Some(0) && got.out == secret.as_bytes()
}

#[test]
fn a_change_appears_without_a_command_and_in_the_keychain_too() {
    let world = World::new();
    let (_server, a, b) = two(&world, world.device("b"));
    let (mut at_a, mut at_b) = (Watcher::start(&a), Watcher::start(&b));
    for watcher in [&mut at_a, &mut at_b] {
        watcher.tells("synced");
        watcher.tells("connected");
    }
    a.add("openai", "work", "sk-1").done();
    assert_eq!(at_a.tells("synced")["sent"], 1);
    assert_eq!(at_b.tells("synced")["received"], 1);
    assert!(has(&b, "work", "sk-1"));
    b.edit("work", "sk-2").done();
    eventually("the answer", || has(&a, "work", "sk-2"));
    a.done(&["rm", "work"]);
    eventually("the delete", || b.list().len() == 1);
    a.done(&["restore", "work"]);
    eventually("the way back", || has(&b, "work", "sk-2"));
    for device in [&a, &b] {
        eventually("the copies", || device.status()["homes"]["keychain"]["state"] == "ok");
    }
    drop((at_a, at_b));
    // The keychain alone has it all, as the newest that the server has.
    b.delete_cache();
    assert!(has(&b, "work", "sk-2"));
    assert_eq!(b.status()["waiting"], 0);
    a.assert_well();
    b.assert_well();
}

#[test]
fn what_was_changed_offline_goes_out_when_the_server_is_back() {
    let world = World::new();
    let (mut server, a, b) = two(&world, world.device_without_keychain("b"));
    let mut at_a = Watcher::start(&a);
    let mut at_b = watch_without_keychain(&world, &b);
    at_a.tells("connected");
    at_b.tells("connected");
    server.shut_down();
    at_a.tells("offline");
    a.add("openai", "offline", "sk-offline").done();
    a.edit("first", "sk-first-2").done();
    b.edit("first", "sk-first-3").done();
    at_b.tells("offline");
    server.start_again();
    assert!(at_a.tells("synced")["sent"].as_u64() >= Some(1));
    eventually("both edits at both", || {
        [&a, &b].iter().all(|device| {
            has(device, "offline", "sk-offline")
                && device.status()["conflicts"] == 1
                && device.status()["waiting"] == 0
        })
    });
    assert_eq!((at_a.count("offline"), at_b.count("offline")), (1, 1), "an outage is told once");
    assert!(at_a.told().iter().chain(&at_b.told()).any(|line| line["conflicts"] == 1));
}

#[test]
fn a_server_that_is_killed_and_comes_back_is_heard_again() {
    let world = World::new();
    let (mut server, a, b) = two(&world, world.device_without_keychain("b"));
    let mut at_b = watch_without_keychain(&world, &b);
    at_b.tells("connected");
    for round in 0..3 {
        server.stop();
        thread::sleep(Duration::from_millis(300 * round));
        server.start_again();
        let secret = format!("sk-{round}");
        a.edit("first", &secret).done();
        a.sync();
        eventually("the change", || has(&b, "first", &secret));
    }
    assert_eq!(at_b.end("TERM"), Some(0));
}

#[test]
fn an_ended_session_is_said_once_and_signing_in_elsewhere_goes_on() {
    let world = World::new();
    let (server, a, b) = two(&world, world.device_without_keychain("b"));
    let mut at_a = Watcher::start(&a);
    at_a.tells("connected");
    server.end_sessions();
    a.edit("first", "sk-2").done();
    let line = at_a.tells("sign_in");
    assert!(line["says"].as_str().unwrap().ends_with("Sign in to sync: run keymoor sync"), "{line}");
    a.edit("first", "sk-3").done();
    thread::sleep(Duration::from_secs(2));
    assert_eq!((at_a.count("sign_in"), a.status()["waiting"].as_u64()), (1, Some(1)));
    a.sync(); // asks for the password, which lies in the file
    at_a.tells("synced");
    a.edit("first", "sk-4").done();
    eventually("what was saved after that", || {
        b.sync();
        has(&b, "first", "sk-4")
    });
}

#[test]
fn a_token_that_expires_is_refreshed_by_one_for_all() {
    let world = World::new();
    let (server, a, b) = two(&world, world.device_without_keychain("b"));
    let (mut one, mut two) = (Watcher::start(&a), Watcher::start(&a));
    one.tells("connected");
    two.tells("connected");
    for round in 0..3 {
        server.expire_access_tokens();
        let secret = format!("sk-{round}");
        a.edit("first", &secret).done();
        eventually("the change", || {
            b.sync();
            has(&b, "first", &secret)
        });
    }
    assert_eq!((one.count("sign_in"), two.count("sign_in")), (0, 0));
    for watcher in [one, two] {
        assert_eq!(watcher.end("INT"), Some(0));
    }
}

#[test]
fn two_watchers_of_one_vault_do_not_disturb_each_other() {
    let world = World::new();
    let (_server, a, b) = two(&world, world.device_without_keychain("b"));
    let (mut one, mut two) = (Watcher::start(&a), Watcher::start(&a));
    one.tells("connected");
    two.tells("connected");
    for i in 0..15 {
        a.add("openai", &format!("key {i}"), format!("sk-{i}")).done();
    }
    eventually("everything is out", || a.status()["waiting"] == 0);
    b.sync();
    assert_eq!(b.list().len(), 16);
    b.edit("key 3", "sk-other").done();
    b.sync();
    eventually("the change", || has(&a, "key 3", "sk-other"));
    let sent =
        |watcher: &Watcher| watcher.told().iter().filter_map(|line| line["sent"].as_u64()).sum::<u64>();
    assert_eq!(sent(&one) + sent(&two), 15, "each change went out once");
    for watcher in [&one, &two] {
        for event in ["offline", "held", "sign_in", "notice"] {
            assert_eq!(watcher.count(event), 0, "{:#?}", watcher.told());
        }
    }
    assert_eq!((one.end("TERM"), two.end("TERM")), (Some(0), Some(0)));
    eventually("the copies", || a.sync().code == Some(0) && a.status()["homes"]["keychain"]["state"] == "ok");
    a.assert_well();
}

#[test]
fn a_cache_that_is_lost_meanwhile_is_rebuilt_and_the_watch_goes_on() {
    let world = World::new();
    let (_server, a, b) = two(&world, world.device_without_keychain("b"));
    let mut at_a = Watcher::start(&a);
    at_a.tells("connected");
    a.delete_cache();
    at_a.tells("synced");
    at_a.tells("connected");
    b.edit("first", "sk-2").done();
    b.sync();
    eventually("the change", || has(&a, "first", "sk-2"));
    assert_eq!(at_a.end("TERM"), Some(0));
    a.assert_well();
}

#[test]
fn a_watch_costs_nothing_while_nothing_happens() {
    let world = World::new();
    let (server, a, _b) = two(&world, world.device_without_keychain("b"));
    let mut watcher = Watcher::start(&a);
    watcher.tells("connected");
    thread::sleep(Duration::from_secs(1)); // what follows the first sync
    let before = (cpu_time(watcher.id()), watcher.told().len());
    thread::sleep(Duration::from_secs(4));
    let idle = cpu_time(watcher.id()) - before.0;
    assert!(idle <= Duration::from_millis(100), "{idle:?} in four seconds");
    assert_eq!(watcher.told().len(), before.1);
    // Nor while the server is away.
    drop(server);
    watcher.tells("offline");
    let before = cpu_time(watcher.id());
    thread::sleep(Duration::from_secs(4));
    let away = cpu_time(watcher.id()) - before;
    assert!(away <= Duration::from_millis(200), "{away:?} in four seconds");
    assert_eq!(watcher.end("TERM"), Some(0));
}

#[test]
fn a_server_without_hints_is_asked_now_and_then_and_changes_go_out_at_once() {
    let world = World::new();
    let (server, a) = (world.server(), world.device_without_keychain("a"));
    let between = Liar::before(&server);
    between.tells(|asked, pass| match asked.path.as_str() {
        "/v1/events" => Answer::error(404, "NOT_FOUND"),
        _ => pass(asked),
    });
    world.create_account_at(&a, &between.url());
    let mut watcher = watch_without_keychain(&world, &a);
    assert_eq!(watcher.tells("polling")["every_s"], 60);
    a.add("openai", "new", "sk-new").done();
    assert_eq!(watcher.tells("synced")["sent"], 1);
    assert_eq!(watcher.end("TERM"), Some(0));
}

#[test]
fn without_an_account_there_is_nothing_to_watch() {
    let world = World::new();
    let a = world.device_without_keychain("a");
    a.add("openai", "first", "sk-first").done();
    a.run(&["sync", "--watch"]).ends(3, &["Sync is not set up on this device."]);
    a.run(&["sync", "--json"]).ends(2, &["--watch"]);
}

/// Without a keychain the vault has to be opened by its password; nothing else is asked for.
fn watch_without_keychain(world: &World, device: &Device) -> Watcher {
    assert!(fs::exists(world.password()).unwrap());
    Watcher::start_as(device.command(&["sync", "--watch", "--json"]))
}

/// What a process has used of the processor.
fn cpu_time(id: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let numbers: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().map(|at| numbers[*at].parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}
