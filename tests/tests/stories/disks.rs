//! A full disk, and a data directory that may not be written to: said in words, and what is there stays there.
//!
//! Root writes through modes, so both are small disks, mounted for the test. Where that is not allowed they are mounted in
//! a namespace of the test's own; where that is not allowed either, an ordinary user meets a directory without the right
//! to write. That user has no disk to fill, which is then said.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    process::Command,
};

use serde_json::json;

use keymoor_journeys::{Device, Disk, World, program, run_fed, with_small_disks};

const TEST: &str = "disks::a_full_disk_and_a_read_only_directory_keep_what_is_there";

/// Debian's `nobody`.
const ORDINARY_USER: u32 = 65534;

#[test]
fn a_full_disk_and_a_read_only_directory_keep_what_is_there() {
    if let Err(refused) = with_small_disks(TEST, || on_small_disks(&World::new())) {
        eprintln!("NOT TRIED, a full disk: {refused}");
        as_an_ordinary_user(&World::new());
    }
}

fn on_small_disks(world: &World) {
    let disk = Disk::mount(&world.path("disk")).unwrap();
    for keychain in [true, false] {
        let name = if keychain { "with" } else { "without" };
        let mut a = if keychain { world.device(name) } else { world.device_without_keychain(name) };
        a.set_home(&disk.path().join(name));
        a.add("openai", "work", "sk-work").done();

        disk.fill();
        a.add("openai", "other", "x".repeat(60_000)).ends(1, &["The disk is full (", "Nothing was changed"]);
        // What is there can be read all the same, and it is said that this is not noted.
        let not_noted = ["This use could not be noted in the activity"];
        let got = a.run(&["get", "work", "--raw"]).ends(0, &not_noted);
        assert_eq!((got.out.as_slice(), a.list().len()), (&b"sk-work"[..], 1));
        let lent = a.run(&["run", "--with", "openai/work=KEY", "--", "sh", "-c", "printf %s \"$KEY\""]);
        assert_eq!(lent.ends(0, &not_noted).out, b"sk-work");
        assert_eq!(a.status()["homes"]["cache"]["state"], "ok");
        let doctor = a.run(&["doctor"]).ends(1, &[]).text();
        for words in ["There is no room on the disk (", ": 0 bytes are free.", "Everything else is in order."]
        {
            assert!(doctor.contains(words), "{doctor}");
        }
        assert_eq!(a.run(&["doctor", "--json"]).json()["findings"], json!([{"what": "no_room", "free": 0}]));

        disk.make_room();
        assert_eq!((a.list().len(), a.get("work")), (1, b"sk-work".to_vec()));
        a.add("openai", "room again", "sk-2").done();

        disk.remount("ro");
        a.add("openai", "other", "sk-3").ends(1, &["The data directory may not be written to ("]);
        disk.remount("rw");
        assert_eq!((a.list().len(), a.get("work")), (2, b"sk-work".to_vec()));
        a.assert_well();
    }
}

fn as_an_ordinary_user(world: &World) {
    let root = fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    let mut a = world.device_without_keychain("a");
    let place = a.path("ordinary");
    fs::create_dir(&place).unwrap();
    a.set_home(&place.join("home"));
    let keymoor = place.join("keymoor");
    if root {
        // Everything that this user needs lies where it may look.
        for folder in a.path("ordinary").ancestors().take(3) {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::copy(program("keymoor"), &keymoor).unwrap();
        fs::set_permissions(world.password(), fs::Permissions::from_mode(0o644)).unwrap();
        chown(&place, Some(ORDINARY_USER), Some(ORDINARY_USER)).unwrap();
    } else {
        fs::copy(program("keymoor"), &keymoor).unwrap();
    }
    let run = |a: &Device, arguments: &[&str], input: &str| {
        let mut command = Command::new(&keymoor);
        command.args(arguments);
        a.dress(&mut command);
        command.current_dir(&place);
        if root {
            command.uid(ORDINARY_USER).gid(ORDINARY_USER);
        }
        run_fed(command, input.as_bytes())
    };
    run(&a, &["add", "openai", "--name", "work", "--stdin"], "sk-work").done();
    let may = |mode| {
        fs::set_permissions(a.home(), fs::Permissions::from_mode(mode)).unwrap();
        let mode = if mode == 0o700 { 0o600 } else { 0o400 };
        for file in fs::read_dir(a.home()).unwrap() {
            fs::set_permissions(file.unwrap().path(), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    may(0o500);
    let said = run(&a, &["add", "openai", "--name", "other", "--stdin"], "sk-2");
    said.ends(1, &["The data directory may not be written to ("]);
    may(0o700);
    assert_eq!(run(&a, &["get", "work", "--raw"], "").done().out, b"sk-work");
    assert_eq!(run(&a, &["list", "--json"], "").done().json().as_array().unwrap().len(), 1);
}
