//! `kill -9` at any moment: whatever was acknowledged is there afterwards, nothing is there twice, the cache is whole.
//!
//! 300 moments: a third of them anywhere in the time that the work takes, the others after its first write. Those between
//! the first write and the answer are counted.

mod moments;

use std::{collections::BTreeMap, fs, process::Stdio, thread, time::Duration};

use keymoor_journeys::{Device, Dice, Server, World};

use self::moments::{Moments, Watch};

#[test]
fn saves_without_a_keychain() {
    let world = World::new();
    kill_saves(&world.device_without_keychain("a"), 110, false);
}

#[test]
fn saves_with_a_keychain() {
    let world = World::new();
    kill_saves(&world.device("a"), 70, true);
}

#[test]
fn syncs() {
    let world = World::new();
    let (server, a, b) = synced(&world);
    let mut moments = Moments::new(60, Watch::cache(&a), usual(&a));
    for i in 0..moments.count {
        a.add("openai", &format!("key {i}"), secret(i)).done();
        let synced = moments.strike(a.command(&["sync"]), b"", "Synced", |_| {});
        if synced && i % 10 == 0 {
            b.sync();
            assert_eq!(b.get(&format!("key {i}")), secret(i).as_bytes(), "\"Synced\" was said");
        }
    }
    moments.tell("syncs");
    both_have_all(&a, &b, moments.count);
    drop(server);
}

#[test]
fn the_server_during_pushes() {
    let world = World::new();
    let (mut server, a, b) = synced(&world);
    let mut moments = Moments::new(60, Watch::server(&server), usual(&a));
    for i in 0..moments.count {
        a.add("openai", &format!("key {i}"), secret(i)).done();
        let synced = moments.strike(a.command(&["sync"]), b"", "Synced", |child| {
            server.stop();
            // Nobody answers any more: the client says so and ends.
            child.wait().unwrap();
        });
        server.start_again();
        if synced {
            b.sync();
            assert_eq!(b.get(&format!("key {i}")), secret(i).as_bytes(), "\"Synced\" was said");
        }
    }
    moments.tell("pushes");
    both_have_all(&a, &b, moments.count);
}

/// Beyond the 300: what makes an account can be done again after any end.
#[test]
fn making_and_joining_an_account() {
    let mut dice = Dice::new(1);
    for i in 0..16 {
        let world = World::new();
        let (server, a) = (world.server(), world.device_without_keychain("a"));
        let b = if i % 4 == 0 { world.device("b") } else { world.device_without_keychain("b") };
        a.add("openai", "of a", "sk-a").done();
        b.add("openai", "of b", "sk-b").done();
        let (kit, recovery) = (world.join_kit(), world.recovery_kit());
        let (kit, recovery) = (kit.to_str().unwrap(), recovery.to_str().unwrap());
        let create = ["account", "create", "--server", &server.url(), "--kit", kit, "--recovery", recovery];
        kill_after(&a, &create, Duration::from_micros(dice.below(120_000)));
        if a.run(&create).code == Some(5) {
            // Kits are never written over; these belong to no account yet.
            for left in [kit, recovery].into_iter().filter(|left| fs::exists(left).unwrap()) {
                fs::rename(left, format!("{left}.before")).unwrap();
            }
            a.done(&create);
        }
        let join = ["account", "join", "--kit", kit];
        kill_after(&b, &join, Duration::from_micros(dice.below(120_000)));
        let again = b.run(&join);
        assert!(matches!(again.code, Some(0 | 5)), "{again}"); // 5: it had been done
        b.sync();
        a.sync();
        for device in [&a, &b] {
            assert_eq!((device.get("of a"), device.get("of b")), (b"sk-a".to_vec(), b"sk-b".to_vec()));
            assert_eq!(device.list().len(), 2);
            device.done(&["doctor", "--repair"]);
            device.assert_well();
        }
    }
}

fn kill_after(device: &Device, arguments: &[&str], time: Duration) {
    let mut command = device.command(arguments);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    thread::sleep(time);
    let _ = child.kill();
    child.wait().unwrap();
}

/// How long a sync with one change takes.
fn usual(a: &Device) -> Duration {
    a.add("openai", "usual", "sk-usual").done();
    a.sync().took
}

/// Two devices of one account, both without a keychain, for speed.
fn synced(world: &World) -> (Server, Device, Device) {
    let (server, a, b) =
        (world.server(), world.device_without_keychain("a"), world.device_without_keychain("b"));
    world.create_account(&a, &server);
    world.join(&b);
    (server, a, b)
}

fn both_have_all(a: &Device, b: &Device, count: u64) {
    a.sync();
    b.sync();
    for device in [a, b] {
        assert_eq!(device.list().len() as u64, count + 1);
        device.assert_well();
    }
    for i in (0..count).step_by(7) {
        assert_eq!(b.get(&format!("key {i}")), secret(i).as_bytes());
    }
}

/// Adds and edits, each killed somewhere.
fn kill_saves(device: &Device, count: u64, keychain: bool) {
    device.add("openai", "first", "sk-first").done();
    let usual = device.add("openai", "second", "sk-second").done().took;
    let mut moments = Moments::new(count, Watch::cache(device), usual);
    let mut names = Names::new();
    for i in 0..count {
        // Every third edits what is surely there.
        let sure = names.iter().find(|(name, (said, _))| said.is_some() && i % 3 == 2 && name.len() % 2 == 1);
        let (name, arguments) = match sure.map(|(name, _)| name.clone()) {
            Some(name) => (name.clone(), vec!["edit".to_owned(), name, "--stdin".to_owned()]),
            None => {
                let name = format!("key {i}");
                (name.clone(), ["add", "openai", "--stdin", "--name", &name].map(str::to_owned).to_vec())
            }
        };
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let said = moments.strike(device.command(&arguments), secret(i).as_bytes(), "Saved", |_| {});
        let entry = names.entry(name).or_default();
        if said {
            *entry = (Some(secret(i)), Vec::new());
        } else {
            entry.1.push(secret(i));
        }
    }
    moments.tell("saves");

    assert_kept(device, &names);
    if keychain {
        // "Saved on this device" means both homes, so the keychain alone has it, too.
        device.delete_cache();
        assert_kept(device, &names);
    }
    // A keychain that was not reached is said to be behind, and is brought up to it.
    device.done(&["doctor", "--repair"]);
    device.assert_well();
}

/// What was said to be saved, and what was tried after that.
type Names = BTreeMap<String, (Option<String>, Vec<String>)>;

fn assert_kept(device: &Device, names: &Names) {
    let listed: Vec<_> = device.list().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
    for (name, (said, tried)) in names {
        match listed.iter().filter(|listed| *listed == name).count() {
            0 => assert!(said.is_none(), "{name} was said to be saved, and is gone"),
            1 => {
                let got = String::from_utf8(device.get(name)).unwrap();
                let fits = said.as_ref() == Some(&got) || tried.contains(&got);
                assert!(fits, "{name} is {got}; said {said:?}, tried {tried:?}");
            }
            more => panic!("{name} is there {more} times"),
        }
    }
}

fn secret(i: u64) -> String {
    format!("sk-proj-{i:040}")
}
