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

fn conflicting(device: &Device) -> Vec<Value> {
    let shown = device.done(&["show", "shared", "--json"]).json();
    match shown["conflicts"].as_array().unwrap().as_slice() {
        [] => Vec::new(),
        [one] => one["choices"].as_array().unwrap().clone(),
        more => panic!("{more:?}"),
    }
}
