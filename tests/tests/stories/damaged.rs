//! A cache file with holes in it, as bad disks leave them: the next command mends it and does what it was asked.

use std::{fs, path::Path};

use keymoor_journeys::{Device, World};

use crate::main_job::synced_world;

const HOLE: usize = 3000;

fn punch(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    for (n, byte) in bytes.iter_mut().skip(at).take(HOLE).enumerate() {
        *byte = (n * 7 + at) as u8;
    }
    fs::write(file, bytes).unwrap();
}

fn set_aside(device: &Device) -> usize {
    let files = fs::read_dir(device.home()).unwrap().map(|file| file.unwrap().file_name());
    files
        .filter(|name| {
            let name = name.to_string_lossy().into_owned();
            name.strip_prefix("keymoor.db.damaged-").is_some_and(|n| n.parse::<u32>().is_ok())
        })
        .count()
}

#[test]
fn a_hole_anywhere_in_the_cache_costs_no_command_and_no_key() {
    let world = World::new();
    let a = world.device("a");
    for n in 0..10 {
        a.add("openai", &format!("key {n}"), format!("sk-{n}")).done();
    }
    let whole = fs::read(a.cache()).unwrap();
    let mut holes = 0;
    for at in (0..whole.len() - HOLE).step_by(whole.len() / 6) {
        fs::write(a.cache(), &whole).unwrap();
        punch(&a.cache(), at);
        for n in [0, 3, 6, 9] {
            assert_eq!(a.get(&format!("key {n}")), format!("sk-{n}").as_bytes(), "hole at {at}");
        }
        let report = a.run(&["doctor", "--repair", "--json"]);
        assert_eq!((report.code, &report.json()["well"]), (Some(0), &true.into()), "hole at {at}: {report}");
        a.assert_well();
        let aside = set_aside(&a);
        assert!(aside == holes || aside == holes + 1, "every damaged file is kept: {aside} of {holes}");
        holes = aside;
        assert_eq!((a.list().len(), &a.status()["records"]), (10, &10.into()), "hole at {at}");
    }
    // One in a sealed entry of the activity alone is none that anybody has to notice.
    assert!(holes >= 4, "{holes}");
}

#[test]
fn a_spoilt_log_beside_the_cache_costs_no_key() {
    let world = World::new();
    let a = world.device("a");
    a.add("openai", "first", "sk-first").done();
    // As after a power cut: the log was not written back yet.
    let keeper = a.command(&["list"]);
    drop(keeper);
    let log = vec![0xA7; 50_000];
    fs::write(a.wal(), log).unwrap();
    assert_eq!(a.get("first"), b"sk-first");
    a.assert_well();
}

#[test]
fn what_waited_for_the_server_in_a_damaged_cache_still_goes_there() {
    let (_world, a, b, mut server, keys) = synced_world();
    server.stop();
    a.add("openai", "offline", "sk-offline").done();
    a.edit("openai/work", "sk-edited").done();
    let length = fs::metadata(a.cache()).unwrap().len() as usize;
    punch(&a.cache(), length / 2 / 4096 * 4096);
    a.run(&["doctor", "--repair"]).done();
    assert_eq!(set_aside(&a), 1);
    server.start_again();
    a.sync();
    b.sync();
    for device in [&a, &b] {
        assert_eq!(device.get("offline"), b"sk-offline");
        assert_eq!(device.get("openai/work"), b"sk-edited");
        assert_eq!(device.list().len(), 4);
        device.assert_well();
    }
    drop(keys);
}

#[test]
fn status_and_doctor_answer_whatever_is_shut() {
    let world = World::new();
    let mut a = world.device("a");
    a.add("openai", "work", "sk-work").done();
    let homes = |device: &Device, code: i32| {
        let status = device.run(&["status", "--json"]);
        assert_eq!(status.code, Some(code), "{status}");
        let doctor = device.run(&["doctor", "--json"]);
        assert_eq!((doctor.code, &doctor.json()["well"]), (Some(code), &false.into()), "{doctor}");
        assert!(device.run(&["status"]).text().contains("keychain"));
        let state = |home: &str| status.json()["homes"][home]["state"].as_str().unwrap().to_owned();
        assert!(!status.err.is_empty());
        (state("keychain"), state("cache"), status.json()["records"].as_u64().unwrap())
    };
    let of = |keychain: &str, cache: &str, records| (keychain.to_owned(), cache.to_owned(), records);
    a.keyring().stop_daemon();
    assert_eq!(homes(&a, 8), of("unreachable", "ok", 1));
    fs::write(a.cache(), vec![0x5A; 9000]).unwrap();
    assert_eq!(homes(&a, 8), of("unreachable", "damaged", 0));
    a.keyring().restart().unwrap();
    a.wipe_keychain();
    assert_eq!(homes(&a, 7), of("damaged", "damaged", 0));
    assert_eq!(fs::read(a.cache()).unwrap(), vec![0x5A; 9000], "left where it is");
    fs::remove_file(a.cache()).unwrap();

    let b = world.device_without_keychain("b");
    b.add("openai", "work", "sk-work").done();
    let alone = |arguments: &[&str]| {
        let mut command = b.command(arguments);
        command.env_remove("KEYMOOR_PASSWORD_FILE");
        keymoor_journeys::run_fed(command, b"")
    };
    let status = alone(&["status", "--json"]);
    assert_eq!(status.code, Some(4), "{status}");
    assert_eq!(status.json()["homes"]["cache"]["state"], "locked");
    assert_eq!(status.json()["records"], 1);
    assert_eq!(alone(&["doctor", "--json"]).ends(4, &["A password is needed"]).json()["records"], 1);
}
