//! Two devices that did not know of each other: nothing is lost, and one action settles it.

use keymoor_journeys::{Device, World};
use serde_json::Value;

/// Two devices of one account with one key; they sync only when told to.
fn two_devices() -> (World, keymoor_journeys::Server, Device, Device) {
    let world = World::new();
    let (server, a, b) = (world.server(), world.device("a"), world.device("b"));
    a.add("openai", "shared", "sk-shared-0000000000").done();
    world.create_account(&a, &server);
    world.join(&b);
    (world, server, a, b)
}

/// Both changed the secret offline and know of the conflict by now.
fn in_conflict(a: &Device, b: &Device) {
    a.edit("shared", OF_A).done();
    b.edit("shared", OF_B).done();
    sync_both(a, b);
}

const OF_A: &str = "sk-changed-by-device-aaaa";
const OF_B: &str = "sk-changed-by-device-bbbb";

/// Until both have seen everything.
fn sync_both(a: &Device, b: &Device) {
    for device in [a, b, a] {
        device.sync();
    }
}

#[test]
fn the_same_name_added_on_two_devices_lives_twice_and_says_so() {
    let (_world, _server, a, b) = two_devices();
    a.add("openai", "work", "sk-of-a").done();
    b.add("openai", "work", "sk-of-b").done();
    sync_both(&a, &b);

    let pages: Vec<_> = [&a, &b].map(|device| device.done(&["list"]).text()).to_vec();
    assert!(pages[0].contains("work (2)"), "{}", pages[0]);
    assert_eq!(pages[0], pages[1], "shown alike everywhere");
    let mut ids: Vec<_> = a.list().iter().filter(|one| one["name"] == "work").map(id).collect();
    ids.sort();
    assert_eq!(ids.len(), 2);
    let mut values = Vec::new();
    for device in [&a, &b] {
        for name in ["work", "openai/work"] {
            let said = device
                .run(&["get", name])
                .ends(2, &["Several credentials have that name.", &ids[0], &ids[1]]);
            assert!(said.out.is_empty(), "{said}");
        }
        let mut both = [device.get(&ids[0]), device.get(&ids[1])];
        both.sort();
        values.push(both);
    }
    assert_eq!(
        values,
        [[b"sk-of-a".to_vec(), b"sk-of-b".to_vec()], [b"sk-of-a".to_vec(), b"sk-of-b".to_vec()]]
    );

    b.done(&["edit", &ids[1], "--name", "work of b"]);
    sync_both(&b, &a);
    for device in [&a, &b] {
        assert_eq!(device.get("work"), device.get(&ids[0]));
        assert_eq!(device.get("work of b"), device.get(&ids[1]));
        device.assert_well();
    }
}

#[test]
fn a_secret_changed_on_two_devices_keeps_both_values_until_one_action_settles_it() {
    let (_world, _server, a, b) = two_devices();
    a.edit("shared", "sk-changed-by-device-a").done();
    b.edit("shared", "sk-changed-by-device-b").done();
    a.sync();
    b.sync().ends(0, &["changed on two devices at the same time"]);
    a.sync();

    let choices = conflicting(&a);
    assert_eq!(choices.len(), 2);
    assert_eq!(choices, conflicting(&b), "shown alike everywhere");
    assert_eq!(a.get("shared"), b.get("shared"));
    assert!(a.done(&["list"]).text().contains("changed on two devices"));
    // Whatever is in use now, the other value is chosen.
    let in_use = a.get("shared");
    let other = choices.iter().find(|choice| choice["shown"] == false).unwrap()["choice"].as_str().unwrap();
    let field = a.done(&["show", "shared", "--json"]).json()["conflicts"][0]["field"].clone();
    a.done(&["settle", "shared", field.as_str().unwrap(), other]);
    sync_both(&a, &b);
    for device in [&a, &b] {
        assert!(conflicting(device).is_empty());
        let settled = device.get("shared");
        assert!(settled != in_use && settled.starts_with(b"sk-changed-by-device-"));
        device.assert_well();
    }
}

#[test]
fn the_value_that_lost_stays_in_the_history_of_both_devices_and_comes_back_byte_for_byte() {
    let (_world, _server, a, b) = two_devices();
    in_conflict(&a, &b);
    for device in [&a, &b] {
        assert_both_within_reach(device);
        // The number alone says less than it did: two devices gave it.
        let said = device.run(&["revert", "shared", "--to", "2"]);
        let said = said.ends(2, &["Several versions have that number.", "ends in aaaa", "ends in bbbb"]);
        for row in history(device).iter().filter(|row| row["version"] == 2) {
            assert!(said.err.contains(row["id"].as_str().unwrap()), "{said}");
        }
    }
    let merged = |device: &Device| {
        history(device)[..2].to_vec().into_iter().map(|row| row["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(merged(&a), merged(&b), "named alike everywhere");

    let shown = String::from_utf8(a.get("shared")).unwrap();
    let lost = if shown == OF_A { OF_B } else { OF_A };
    let said = a.done(&["revert", "shared", "--to", &id_of(&a, lost)]);
    assert!(said.err.contains("This settled: secret. The other value stays in the history."), "{said}");
    assert_eq!(a.get("shared"), lost.as_bytes());
    sync_both(&a, &b);
    for device in [&a, &b] {
        assert!(conflicting(device).is_empty());
        assert_both_within_reach(device);
        device.assert_well();
    }
    assert_eq!(b.get("shared"), lost.as_bytes());
    b.done(&["revert", "shared", "--to", &id_of(&b, &shown)]);
    assert_eq!(b.get("shared"), shown.as_bytes());
}

#[test]
fn both_values_stay_within_reach_after_settling_and_after_a_third_edit() {
    let (_world, _server, a, b) = two_devices();
    in_conflict(&a, &b);
    let choice = conflicting(&b)[0]["choice"].as_str().unwrap().to_owned();
    b.done(&["settle", "shared", "secret", &choice]);
    sync_both(&b, &a);
    for device in [&a, &b] {
        assert_both_within_reach(device);
    }
    a.edit("shared", "sk-the-third-of-them-cccc").done();
    sync_both(&a, &b);
    for device in [&a, &b] {
        assert_both_within_reach(device);
        for value in [OF_A, OF_B] {
            device.done(&["revert", "shared", "--to", &id_of(device, value)]);
            assert_eq!(device.get("shared"), value.as_bytes());
        }
        sync_both(&a, &b);
        device.assert_well();
    }
}

#[test]
fn an_edit_that_ends_a_conflict_says_so_and_get_says_that_there_is_one() {
    let (_world, _server, a, b) = two_devices();
    a.done(&["edit", "shared", "--set", "region=eu"]);
    sync_both(&a, &b);
    in_conflict(&a, &b);
    let said = a.done(&["get", "shared"]);
    assert!([OF_A, OF_B].contains(&said.text().trim_end()), "the value in use alone: {said}");
    for part in ["Two devices changed secret", "keymoor settle", "keymoor show"] {
        assert!(said.err.contains(part), "{said}");
    }
    assert_eq!(said.err.lines().count(), 1, "{said}");
    let lent = a.done(&["run", "--with", "shared", "--", "printenv", "OPENAI_API_KEY"]);
    assert_eq!(
        (lent.text(), lent.err),
        (said.text(), said.err.clone()),
        "a program gets the same, and it is said"
    );
    let open = a.done(&["get", "shared", "region"]);
    assert_eq!((open.text().as_str(), open.err.as_str()), ("eu\n", ""), "that one is not in conflict");
    let page = a.done(&["show", "shared"]).text();
    assert!(page.contains("  secret\n") && page.contains(" secret CHOICE"), "{page}");

    let other = a.done(&["edit", "shared", "--set", "region=us"]);
    assert!(!other.err.contains("This settled"), "{other}");
    let said = a.edit("shared", "sk-the-third-of-them-cccc").done();
    assert!(said.err.contains("This settled: secret."), "{said}");
    assert_eq!(a.done(&["get", "shared"]).err, "");
    assert_both_within_reach(&a);
}

#[test]
fn an_edit_brings_back_what_another_device_deleted_without_knowing() {
    let (_world, _server, a, b) = two_devices();
    a.done(&["rm", "shared"]);
    b.edit("shared", "sk-edited-meanwhile").done();
    sync_both(&a, &b);
    for device in [&a, &b] {
        assert_eq!(device.get("shared"), b"sk-edited-meanwhile");
        assert_eq!(device.list().len(), 1);
    }
}

fn id(listing: &Value) -> String {
    listing["id"].as_str().unwrap().to_owned()
}

fn history(device: &Device) -> Vec<Value> {
    device.done(&["history", "shared", "--json"]).json().as_array().unwrap().clone()
}

/// The history has each version once, and both values are among them.
#[track_caller]
fn assert_both_within_reach(device: &Device) {
    let rows = history(device);
    let ids: std::collections::BTreeSet<_> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), rows.len(), "none twice: {rows:?}");
    for ending in ["aaaa", "bbbb"] {
        assert!(rows.iter().any(|row| row["last_four"] == ending), "{ending}: {rows:?}");
    }
    let numbers: Vec<_> = rows.iter().map(|row| row["version"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a >= b), "newest first: {numbers:?}");
}

/// A version that has this value, by its last four characters; not the one in use.
#[track_caller]
fn id_of(device: &Device, value: &str) -> String {
    let rows = history(device);
    let ending = &value[value.len() - 4..];
    let row = rows.iter().find(|row| row["last_four"] == ending && row["current"] == false);
    row.unwrap_or_else(|| panic!("{ending}: {rows:?}"))["id"].as_str().unwrap().to_owned()
}

fn conflicting(device: &Device) -> Vec<Value> {
    let shown = device.done(&["show", "shared", "--json"]).json();
    match shown["conflicts"].as_array().unwrap().as_slice() {
        [] => Vec::new(),
        [one] => one["choices"].as_array().unwrap().clone(),
        more => panic!("{more:?}"),
    }
}
