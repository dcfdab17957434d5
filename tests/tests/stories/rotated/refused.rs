//! A keychain and a disk that refuse in the middle of a rotation.

use keymoor_journeys::{Disk, with_small_disks};

use super::*;

#[test]
fn a_keychain_that_locks_itself_meanwhile_has_the_old_key_kept() {
    let world = World::new();
    let mut device = world.device("a");
    let provider = Provider::new("github");
    provider.stands_in_for(&mut device);
    provider.say(NO_KEY, Reply::of(202, ""));
    device.add("github", "work", "ghp_old").done();
    provider.say("ghp_new", Reply { after: Duration::from_secs(3), ..Reply::of(200, USER) });
    let child = begun(&device, &provider, "ghp_new");
    device.keyring().lock().unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(8), "{said}");
    for words in ["has the new key now", "the keychain has not got it yet", "was not revoked"] {
        assert!(said.contains(words), "{said}");
    }
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["old"]["outcome"], "not_copied");
    assert!(!provider.asked().contains(&NO_KEY.to_owned()), "nothing was revoked");

    device.keyring().restart().unwrap();
    assert_eq!((device.get("work"), device.list().len()), (b"ghp_new".to_vec(), 2));
    provider.say("ghp_new", Reply::of(200, USER));
    rotate(&device, &["--yes"], "").ends(0, &["is revoked, and in the trash"]);
    device.assert_well();
}

/// Nobody can tell what is in it.
#[test]
fn a_credential_that_cannot_be_read_has_nothing_revoked_and_is_named() {
    let world = World::new();
    let mut device = world.device_without_keychain("a");
    let provider = Provider::new("github");
    provider.stands_in_for(&mut device);
    provider.say("ghp_new", Reply::of(200, USER));
    provider.say(NO_KEY, Reply::of(202, ""));
    device.add("github", "work", "ghp_old").done();
    device.add("github", "twin", "ghp_old").done();
    let twin = device.done(&["show", "twin", "--json"]).json()["id"].as_str().unwrap().to_owned();
    rotate(&device, &["--stdin"], "ghp_new").ends(0, &["github/work has the new key now", "was not revoked"]);
    let cache = rusqlite::Connection::open(device.cache()).unwrap();
    let meta: Vec<u8> = cache
        .query_row("SELECT meta FROM draft WHERE lower(hex(id)) = ?1", [twin.replace('-', "")], |row| {
            row.get(0)
        })
        .unwrap();
    let set = |bytes: &[u8]| {
        let sql = "UPDATE draft SET meta = ?2 WHERE lower(hex(id)) = ?1";
        assert_eq!(cache.execute(sql, (twin.replace('-', ""), bytes)).unwrap(), 1);
    };
    let mut broken = meta.clone();
    broken[150] ^= 1;
    set(&broken);
    let said = format!("Credential {twin} cannot be read");
    rotate(&device, &["--yes"], "").ends(7, &[&said, "nothing more is done"]);
    assert!(!provider.asked().contains(&NO_KEY.to_owned()), "nothing was revoked");
    set(&meta);
    rotate(&device, &["--yes"], "").ends(5, &["github/twin"]);
}

const DISKS: &str = "rotated::refused::a_disk_that_fills_up_while_a_key_is_made_has_room_for_it";

#[test]
fn a_disk_that_fills_up_while_a_key_is_made_has_room_for_it() {
    if let Err(refused) = with_small_disks(DISKS, || on_a_small_disk(&World::new())) {
        eprintln!("NOT TRIED, a full disk: {refused}");
    }
}

fn on_a_small_disk(world: &World) {
    let disk = Disk::mount(&world.path("disk")).unwrap();
    let mut device = world.device_without_keychain("a");
    device.set_home(&disk.path().join("home"));
    let provider = Provider::new("aws");
    provider.stands_in_for(&mut device);
    add_to_aws(&device);

    disk.fill();
    provider.say(NO_KEY, Reply::of(200, AMAZON));
    rotate(&device, &["--make", "--yes"], "").ends(1, &["The disk is full ("]);
    assert_eq!(provider.asked().len(), 0, "nothing is asked for that cannot be kept");
    disk.make_room();

    provider.say(CREATE, Reply { after: Duration::from_secs(3), ..Reply::of(200, AMAZON) });
    let ran = std::thread::scope(|scope| {
        let ran = scope.spawn(|| rotate(&device, &["--make", "--keep-old"], ""));
        eventually("it was asked", || provider.asked().len() == 2);
        disk.fill();
        ran.join().unwrap()
    });
    assert!(ran.err.contains("The new key is stored as aws/work (new)"), "{ran}");
    disk.make_room();
    if ran.code != Some(0) {
        rotate(&device, &["--keep-old"], "").done();
    }
    let secret = device.done(&["get", "work", "secret_access_key"]).text();
    assert_eq!(secret, "a-made-secret-of-forty-characters-000002\n");
    assert!(!device.home().join("rotate.room").exists());
    device.assert_well();
}
