//! A server that refuses a commit: what it takes goes on reaching it, the rest waits and is said, and nothing is sent for ever.

use keymoor_journeys::{Answer, Asked, Call, Device, Liar, Server, World};
use keymoor_protocol::{RecordId, api::Push};

use crate::hostile::codes;

/// Two devices of one account, the first of which reaches its server through a liar.
fn two_devices() -> (World, Server, Liar, Device, Device) {
    let world = World::new();
    let server = world.server();
    let liar = Liar::before(&server);
    let (a, b) = (world.device("a"), world.device_without_keychain("b"));
    for name in ["work", "old", "older"] {
        a.add("openai", name, format!("sk-{name}")).done();
    }
    world.create_account_at(&a, &liar.url());
    world.join(&b);
    (world, server, liar, a, b)
}

fn holds(server: &Server, records: u32, bytes: u32) {
    let set = "UPDATE vault SET records = ?1, bytes = ?2";
    server.database().execute(set, [records, bytes]).unwrap();
}

fn id_of(device: &Device, name: &str) -> RecordId {
    let listed = device.list();
    let found = listed.iter().find(|listed| listed["name"] == name).unwrap();
    found["id"].as_str().unwrap().parse().unwrap()
}

fn pushes(asked: &Asked, id: RecordId) -> bool {
    let push = || serde_json::from_slice::<Push>(&asked.body).unwrap();
    asked.call == Call::Push && push().signed.commit().unwrap().changes.iter().any(|c| c.record == id)
}

#[test]
fn a_full_account_takes_what_does_not_grow_it() {
    let (_world, server, _liar, a, b) = two_devices();
    holds(&server, 3, 60 << 20);
    let large = "sk-new-".repeat(5000); // more than all that goes
    a.add("openai", "new", &large).done();
    a.run(&["sync"]).ends(6, &["The account is full at the server.", "1 change waits"]);
    a.run(&["sync"]).ends(6, &["The account is full"]);
    // Deletes, erasures and edits that need no more room pass, whatever else waits.
    a.done(&["rm", "old"]);
    a.edit("work", "sk-work-2").done();
    a.done(&["rm", "older"]);
    a.done(&["erase", "older"]);
    a.run(&["sync"]).ends(6, &["The account is full", "1 change waits"]);
    assert_eq!(a.status()["waiting"], 1);
    b.sync();
    assert_eq!(b.get("work"), b"sk-work-2");
    b.run(&["get", "old"]).ends(3, &[]);
    b.run(&["restore", "older"]).ends(3, &[]);
    // A restore needs room again, and an add does: both wait, and a rename passes.
    a.done(&["restore", "old"]);
    a.done(&["edit", "work", "--name", "job"]);
    a.run(&["sync"]).ends(6, &["2 changes wait"]);
    b.sync();
    assert_eq!(b.get("job"), b"sk-work-2");

    holds(&server, 1, 1000);
    a.sync();
    b.sync();
    for device in [&a, &b] {
        assert!(device.get("new") == large.as_bytes());
        assert_eq!(device.get("old"), b"sk-old");
        assert_eq!(device.status()["waiting"], 0);
    }
}

#[test]
fn what_a_delete_frees_is_used_by_the_same_sync() {
    let (_world, server, _liar, a, b) = two_devices();
    holds(&server, 10_000, 1000);
    a.add("openai", "new", "sk-new").done();
    a.run(&["sync"]).ends(6, &["The account is full"]);
    a.done(&["rm", "old"]);
    a.sync();
    b.sync();
    assert_eq!(b.get("new"), b"sk-new");
    b.run(&["get", "old"]).ends(3, &[]);
}

#[test]
fn one_refused_credential_holds_up_no_other() {
    let (_world, _server, liar, a, b) = two_devices();
    for (status, code, words) in [
        (413, "TOO_LARGE", "larger than the server takes"),
        (422, "INVALID_COMMIT", "The server refused the changes from this device."),
    ] {
        for number in 0..9 {
            a.add(code, &format!("{code} {number}"), format!("sk-{code}-{number}")).done();
        }
        let refused = id_of(&a, &format!("{code} 4"));
        liar.tells(move |asked, pass| match pushes(asked, refused) {
            true => Answer::error(status, code),
            false => pass(asked),
        });
        a.run(&["sync"]).ends(6, &[words]);
        assert_eq!(a.status()["waiting"], 1, "{code}");
        // Nor does it hold up what comes later, and each sync ends soon.
        a.edit("work", format!("sk-{code}")).done();
        liar.calls();
        a.run(&["sync"]).ends(6, &[words]);
        assert!(liar.calls() < 40);
        assert_eq!(a.status()["waiting"], 1, "{code}");
        b.sync();
        assert_eq!(b.get("work"), format!("sk-{code}").as_bytes());
        assert_eq!(b.get(&format!("{code} 8")), format!("sk-{code}-8").as_bytes());
        b.run(&["get", &format!("{code} 4")]).ends(3, &[]);

        liar.is_honest();
        a.sync();
        b.sync();
        assert_eq!(b.get(&format!("{code} 4")), format!("sk-{code}-4").as_bytes());
        assert_eq!(a.status()["waiting"], 0);
    }
}

#[test]
fn a_server_that_refuses_everything_is_asked_a_few_times_and_named() {
    let (_world, _server, liar, a, b) = two_devices();
    for number in 0..60 {
        a.add("vendor", &format!("new {number}"), format!("sk-{number}")).done();
    }
    for (status, code) in [(413, "TOO_LARGE"), (422, "INVALID_COMMIT"), (422, "OVER_QUOTA")] {
        liar.tells(move |asked, pass| match asked.call {
            Call::Push => Answer::error(status, code),
            _ => pass(asked),
        });
        liar.calls();
        a.run(&["sync"]).ends(6, &[]);
        assert!(liar.calls() < 100, "{code}");
        assert_eq!(a.status()["waiting"], 60);
    }
    liar.is_honest();
    a.sync();
    b.sync();
    assert_eq!(b.list().len(), 63);
}

/// Letting a refused commit go is right even where the refusal was none: what was taken comes back with the next pull, and
/// is the same.
#[test]
fn a_commit_that_was_taken_and_called_refused_is_met_again_by_the_pull() {
    let (_world, _server, liar, a, b) = two_devices();
    let cases = [(413, "TOO_LARGE"), (422, "INVALID_COMMIT"), (422, "OVER_QUOTA")];
    for (number, (status, code)) in cases.into_iter().enumerate() {
        let (name, secret) = (format!("new {number}"), format!("sk-{number}"));
        a.add("openai", &name, &secret).done();
        a.edit("work", format!("sk-{code}")).done();
        a.add("openai", "leaked", "sk-leaked").done();
        liar.is_honest();
        a.sync();
        a.edit(&name, format!("{secret}-2")).done();
        a.done(&["rm", "leaked"]);
        a.done(&["erase", "leaked"]);
        liar.tells(move |asked, pass| match (asked.call, pass(asked)) {
            (Call::Push, _) => Answer::error(status, code),
            (_, answer) => answer,
        });
        a.sync();
        liar.is_honest();
        a.sync();
        b.sync();
        for device in [&a, &b] {
            assert_eq!(device.get(&name), format!("{secret}-2").as_bytes(), "{code}");
            assert_eq!(device.get("work"), format!("sk-{code}").as_bytes());
            assert_eq!(device.list().len(), 3 + number + 1);
            device.run(&["get", "leaked"]).ends(3, &[]);
            let status = device.status();
            assert_eq!((&status["waiting"], &status["conflicts"]), (&0.into(), &0.into()));
            assert!(codes(device).is_empty());
        }
    }
}
