//! What other devices did is said, with its name: what they deleted, what they erased, and what brought an erased key back.

use keymoor_journeys::{Device, World};

use crate::main_job::synced_world;

fn activity(device: &Device) -> String {
    device.done(&["activity"]).text()
}

#[test]
fn what_another_device_erased_or_moved_to_the_trash_is_said_and_named() {
    let (_world, a, b, _server, _keys) = synced_world();
    for name in ["gone", "in the trash", "trashed first"] {
        a.add("openai", name, format!("sk-{name}")).done();
    }
    a.sync();
    b.sync();
    a.done(&["rm", "gone"]);
    a.done(&["erase", "gone"]);
    a.sync();
    b.run(&["sync"]).ends(0, &["Synced.\n1 credential was erased on another device"]);
    a.done(&["rm", "in the trash"]);
    a.done(&["rm", "trashed first"]);
    a.sync();
    b.run(&["sync"]).ends(0, &["2 credentials were moved to the trash on another device"]);
    a.done(&["erase", "trashed first"]);
    a.sync();
    b.run(&["sync"]).ends(0, &["1 credential was erased on another device"]);
    let told = activity(&b);
    for said in [
        "openai/gone was erased on another device.",
        "openai/in the trash was moved to the trash on another device.",
        "openai/trashed first was erased on another device.",
    ] {
        assert!(told.contains(said), "{told}");
    }
    assert!(!activity(&a).contains("another device"), "whoever did it did it here");
}

#[test]
fn whoever_erased_it_hears_that_an_unseen_edit_brought_it_back() {
    let (_world, a, b, _server, _keys) = synced_world();
    a.add("openai", "wanted", "sk-wanted").done();
    a.sync();
    b.sync();
    a.done(&["rm", "wanted"]);
    a.done(&["erase", "wanted"]);
    a.sync();
    b.edit("wanted", "sk-wanted-2").done();
    b.run(&["sync"]).ends(0, &["openai/wanted was erased elsewhere, and edited here meanwhile: it stays."]);
    let said = "openai/wanted was erased here, and edited elsewhere meanwhile: it is back.";
    a.run(&["sync"]).ends(0, &[said]);
    assert!(activity(&a).contains(said));
    assert_eq!(a.get("wanted"), b"sk-wanted-2");
    // Once; and not of a new one that has the name of one that was erased.
    b.edit("wanted", "sk-wanted-3").done();
    b.sync();
    assert!(!a.sync().err.contains("is back"));
    a.done(&["rm", "wanted"]);
    a.done(&["erase", "wanted"]);
    a.sync();
    b.sync();
    b.add("openai", "wanted", "sk-another").done();
    b.sync();
    assert!(!a.sync().err.contains("is back"));
}

/// The log is pruned, so that the live set comes instead of each change.
#[test]
fn what_another_device_took_out_of_the_trash_was_not_deleted_here() {
    let (_world, a, b, _server, _keys) = synced_world();
    a.add("openai", "known", "sk-known").done();
    a.sync();
    a.done(&["rm", "known"]);
    a.sync();
    b.sync();
    a.done(&["restore", "known"]);
    a.edit("known", "sk-known-2").done();
    a.sync();
    live_set(&b);
    let said = b.sync().err;
    assert!(!said.contains("meanwhile"), "{said}");
    assert_eq!(b.get("known"), b"sk-known-2");
}

/// The next sync takes the live set.
fn live_set(device: &Device) {
    let cache = rusqlite::Connection::open(device.cache()).unwrap();
    assert_eq!(cache.execute("UPDATE device SET rebuilt = 1", ()).unwrap(), 1);
}

#[test]
fn a_copy_that_only_has_yet_to_hear_of_the_server_is_no_damage() {
    let (_world, a, _b, _server, _keys) = synced_world();
    a.add("openai", "sent", "sk-sent").done();
    a.sync();
    let cache = rusqlite::Connection::open(a.cache()).unwrap();
    let behind = "INSERT INTO unmirrored (id) SELECT id FROM base";
    assert!(cache.execute(behind, ()).unwrap() > 0);
    drop(cache);
    assert_eq!(a.status()["homes"]["keychain"]["state"], "behind");
    a.assert_well();
}

#[test]
fn the_doctor_does_not_take_a_save_that_goes_on_for_damage() {
    let world = World::new();
    let a = world.device("a");
    a.add("openai", "busy", "sk-0").done();
    std::thread::scope(|scope| {
        let saves = scope.spawn(|| {
            for n in 1..=12 {
                a.edit("busy", format!("sk-{n}")).done();
            }
        });
        while !saves.is_finished() {
            a.assert_well();
        }
    });
    assert_eq!(a.get("busy"), b"sk-12");
}

#[test]
fn a_long_push_counts_up_to_all_that_waits() {
    use keymoor_vault::{Backend, Config, Patience, Progress, SyncOptions, Vault};
    let world = World::without_a_disk();
    let (server, a) = (world.server(), world.device_without_keychain("a"));
    a.add("openai", "first", "sk-first").done();
    world.create_account(&a, &server);
    crate::guard::fill(&a, keymoor_journeys::PASSWORD, 450, false);
    let (home, service) = (a.home().to_owned(), "unused".to_owned());
    let config = Config { home, keychain: Backend::None, keychain_service: service };
    let mut vault =
        Vault::open(config, Patience::default(), &mut |_| Some(keymoor_journeys::PASSWORD.into())).unwrap();
    let (mut sent, mut waited) = (Vec::new(), false);
    let mut progress = |progress: Progress| match progress {
        Progress::Pushing { done, total } => sent.push((done, total)),
        Progress::Waiting => waited = true,
        _ => {}
    };
    vault.sync(&SyncOptions::default(), &mut |_| None, &mut progress).unwrap();
    assert!(waited && sent.len() >= 6, "{sent:?}");
    assert!(sent.iter().all(|(_, total)| *total == 450), "{sent:?}");
    assert!(sent.is_sorted() && sent.last() == Some(&(450, 450)), "{sent:?}");
}
