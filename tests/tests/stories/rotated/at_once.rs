//! Two commands that rotate one key at the same time.

use super::*;

#[test]
fn of_two_at_once_the_one_that_comes_late_is_told_and_nothing_of_either_is_lost() {
    let world = World::without_a_disk();
    let mut device = world.device_without_keychain("a");
    let provider = Provider::new("github");
    provider.stands_in_for(&mut device);
    provider.say(NO_KEY, Reply::of(202, ""));
    device.add("github", "work", "ghp_old").done();
    provider.say("ghp_one", Reply { after: Duration::from_secs(4), ..Reply::of(200, USER) });
    provider.say("ghp_two", Reply::of(200, USER));

    let first = begun(&device, &provider, "ghp_one");
    let ran = rotate(&device, &["--stdin", "--json"], "ghp_two").ends(0, &["has the new key now"]);
    let first = first.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&first.stderr).into_owned();
    assert_eq!(first.status.code(), Some(5), "{said}");
    for words in [
        "Somebody changed one of the two keys meanwhile",
        "Nothing more was done here",
        "keymoor rotate work",
    ] {
        assert!(said.contains(words), "{said}");
    }
    assert!(!provider.asked().contains(&NO_KEY.to_owned()), "nothing was revoked");
    assert_eq!((device.get("work"), device.list().len()), (b"ghp_two".to_vec(), 2));
    let history = device.done(&["history", "work", "--json"]).json();
    let first = history.as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(ran.json()["switched"], true);

    rotate(&device, &["--yes"], "").ends(0, &["is revoked, and in the trash"]);
    device.done(&["revert", "work", "--to", &first]);
    let list = device.list();
    assert_eq!(device.get(list[0]["name"].as_str().unwrap()), b"ghp_one", "the other one is in the history");
    device.assert_well();
}
