//! Keys that are rotated: nothing is lost at any moment, and the old one is in use until the new one is accepted.

use std::{
    io::Write as _,
    process::{Child, Stdio},
    time::Duration,
};

use keymoor_journeys::{Device, Provider, Ran, Reply, World, eventually};
use serde_json::Value;

use crate::activity::events;

mod at_once;
mod refused;

const USER: &str = r#"{"login":"octocat"}"#;
/// What a request without a key is answered by: GitHub is told the key to revoke in the body.
const NO_KEY: &str = "";

fn rotate(device: &Device, arguments: &[&str], secret: &str) -> Ran {
    device.feed(&[&["rotate", "work", "--allow-test-providers"], arguments].concat(), secret.as_bytes())
}

/// Begins a rotation that hangs while the provider is asked, and ends it by `kill -9` once that is so.
fn killed(device: &Device, provider: &Provider, arguments: &[&str], key: &str) {
    let mut command = device.command(&[&["rotate", "work", "--allow-test-providers"], arguments].concat());
    let before = provider.asked().len();
    let mut child: Child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("it was asked", || provider.asked().iter().skip(before).any(|asked| asked == key));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Begins a rotation with this key, all in one, and comes back when its provider is asked about it.
fn begun(device: &Device, provider: &Provider, secret: &str) -> Child {
    let arguments = ["rotate", "work", "--allow-test-providers", "--stdin", "--yes", "--json"];
    let mut command = device.command(&arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(secret.as_bytes()).unwrap();
    eventually("it was asked", || provider.asked().iter().any(|asked| asked == secret));
    child
}

fn slow(status: u16) -> Reply {
    Reply { after: Duration::from_secs(30), ..Reply::of(status, USER) }
}

#[track_caller]
fn used_by_service(device: &Device) -> String {
    let services = device.done(&["service", "list", "--json"]).json();
    services[0]["credential"]["id"].as_str().unwrap_or_else(|| panic!("{services}")).to_owned()
}

fn named<'a>(list: &'a [Value], begin: &str) -> Option<&'a Value> {
    list.iter().find(|one| one["name"].as_str().unwrap().starts_with(begin))
}

#[test]
fn a_key_is_rotated_through_every_death_and_refusal_and_the_old_one_is_used_until_the_new_one_is_good() {
    let world = World::new();
    let mut device = world.device("a");
    let provider = Provider::new("github");
    provider.stands_in_for(&mut device);
    device.add("github", "work", "ghp_old").done();
    device.done(&["service", "enable", "github", "--credential", "work"]);
    let old = used_by_service(&device);

    // Refused, unknown, and a death while it is asked: the old one stays in use.
    rotate(&device, &["--stdin"], "ghp_wrong").ends(1, &["The new key is refused", "stays in use"]);
    provider.say("ghp_new", Reply::of(500, "oh"));
    rotate(&device, &["--stdin"], "ghp_new").ends(6, &["could not be verified", "stays in use"]);
    provider.say("ghp_new", slow(200));
    killed(&device, &provider, &[], "ghp_new");
    assert_eq!(device.get("work"), b"ghp_old");
    assert_eq!(used_by_service(&device), old);
    let list = device.list();
    assert_eq!(list.len(), 2, "{list:?}");
    assert_eq!(named(&list, "work (new").unwrap()["enabled"], false);

    // Accepted: all goes over, and nobody is there to agree to the revocation.
    provider.say("ghp_new", Reply::of(200, USER));
    rotate(&device, &[], "").ends(0, &["github/work has the new key now", "was not revoked"]);
    assert_eq!(device.get("work"), b"ghp_new");
    let new = used_by_service(&device);
    assert_ne!(new, old);
    let aside = named(&device.list(), "work (old").unwrap().clone();
    assert_eq!((&aside["id"], &aside["enabled"]), (&old.clone().into(), &false.into()));
    assert_eq!(device.get(aside["name"].as_str().unwrap()), b"ghp_old");

    // A death while it is revoked, a fault there, and at last.
    provider.say(NO_KEY, slow(202));
    killed(&device, &provider, &["--yes"], NO_KEY);
    provider.say(NO_KEY, Reply::of(500, "oh"));
    let ran = rotate(&device, &["--yes", "--json"], "").ends(6, &["could not be revoked", "To try again"]);
    assert_eq!(ran.json()["old"]["outcome"], "not_revoked");
    assert_eq!(device.list().len(), 2);
    provider.say(NO_KEY, Reply::of(202, ""));
    let ran = rotate(&device, &["--yes", "--json", "--stdin"], "ghp_new")
        .ends(0, &["is revoked, and in the trash"]);
    assert_eq!((&ran.json()["old"]["outcome"], &ran.json()["id"]), (&"revoked".into(), &new.clone().into()));
    assert_eq!(device.list().len(), 1);
    let trash = device.done(&["trash", "--json"]).json();
    assert_eq!(trash[0]["id"], old.as_str(), "never erased");
    rotate(&device, &["--stdin"], "ghp_new").ends(0, &["there is nothing to rotate"]);

    let told = events(&device);
    for event in ["rotated github/work", "verified github/work (new)"] {
        assert!(told.contains(&event.to_owned()), "{event}: {told:?}");
    }
    assert_eq!(told.iter().filter(|event| event.starts_with("revoked github/work (old")).count(), 2);
    device.assert_well();
}

#[test]
fn where_revoking_is_by_hand_it_is_seen_when_it_was_done_and_another_device_may_see_it() {
    let world = World::new();
    let (server, mut a, mut b) = (world.server(), world.device("a"), world.device_without_keychain("b"));
    let provider = Provider::new("openai");
    provider.stands_in_for(&mut a);
    provider.stands_in_for(&mut b);
    let models = || Reply::of(200, r#"{"object":"list","data":[]}"#);
    provider.say("sk-old", models());
    provider.say("sk-new", models());
    a.add("openai", "work", "sk-old").done();
    world.create_account(&a, &server);
    world.join(&b);
    let ran = rotate(&a, &["--stdin", "--json"], "sk-new")
        .ends(0, &["revokes no keys on request", "delete it at http"]);
    assert_eq!(ran.json()["old"]["outcome"], "by_hand");
    a.sync();
    b.sync();
    assert_eq!(b.get("work"), b"sk-new");
    rotate(&b, &[], "").ends(0, &["openai/work (old", "still works."]);
    rotate(&b, &["--revoked"], "").ends(1, &["still works: its provider accepts it"]);
    provider.say("sk-old", Reply::of(500, "oh"));
    let not_known = ["is not known (the provider has a fault", "or say so: keymoor rotate work --revoked"];
    assert!(!rotate(&b, &[], "").ends(0, &not_known).err.contains("still works."));
    assert_eq!(b.list().len(), 2);

    provider.say("sk-old", Reply::of(401, r#"{"error":{"code":"invalid_api_key"}}"#));
    rotate(&b, &[], "").ends(0, &["is revoked, and in the trash"]);
    b.sync();
    a.sync();
    for device in [&a, &b] {
        assert_eq!(device.list().len(), 1);
        rotate(device, &[], "").ends(2, &["Make a new key at"]);
        device.assert_well();
    }
}

fn add_to_aws(device: &Device) {
    let fields = r#"{"secret_access_key": "the-first-secret-of-forty-characters-001"}"#;
    let set = ["--set", "access_key_id=AKIAEXAMPLEMADE00001", "--set", "region=eu-west-1"];
    let add = [&["add", "aws", "--name", "work", "--fields-stdin"], &set[..]].concat();
    device.feed(&add, fields.as_bytes()).done();
}

/// The request that makes a key.
const CREATE: &str = "Action=CreateAccessKey";
/// What Amazon answers to every question at once: another key, whose it is, and that a change was made.
const AMAZON: &str = "<Response><AccessKeyId>AKIAEXAMPLEMADE00002</AccessKeyId>\
    <SecretAccessKey>a-made-secret-of-forty-characters-000002</SecretAccessKey>\
    <Arn>arn:aws:iam::123456789012:user/ci</Arn><Account>123456789012</Account></Response>";

#[test]
fn where_the_provider_makes_keys_one_command_does_it_all_and_a_full_account_is_said() {
    let world = World::new();
    let mut device = world.device_without_keychain("a");
    let provider = Provider::new("aws");
    provider.stands_in_for(&mut device);
    add_to_aws(&device);
    rotate(&device, &[], "")
        .ends(2, &["keymoor rotate aws/work --set access_key_id=ID --stdin < new-key", "--make"]);

    // Nothing is asked for while nobody can be asked.
    provider.say(NO_KEY, Reply::of(500, "oh"));
    rotate(&device, &["--make", "--yes"], "").ends(6, &["No key was made: the provider could not be asked"]);
    assert!(device.done(&["show", "work", "--json"]).json()["key_asked_at"].is_null());
    provider.say(NO_KEY, Reply::of(200, AMAZON));
    provider.say(CREATE, Reply::of(409, "<Error><Code>LimitExceeded</Code></Error>"));
    rotate(&device, &["--make", "--yes"], "").ends(1, &["as many keys as may be", "is as it was"]);
    provider.say(CREATE, Reply::of(500, "oh"));
    rotate(&device, &["--make", "--yes"], "")
        .ends(6, &["not known whether a key was made", "--make --looked"]);
    assert_eq!(device.list().len(), 1);

    // Nobody knows whether there is a key that nobody has, until somebody looked.
    provider.say(CREATE, Reply::of(200, AMAZON));
    let asked = provider.asked().len();
    let may_be = ["there may be one that nobody has", "Look at https", "rotate aws/work --looked"];
    rotate(&device, &["--make", "--yes"], "").ends(5, &may_be);
    rotate(&device, &[], "").ends(2, &may_be);
    assert_eq!(provider.asked().len(), asked, "not asked again");
    assert!(device.done(&["show", "work"]).text().contains("new key  asked for on"));
    assert!(device.done(&["show", "work", "--json"]).json()["key_asked_at"].is_string());
    let ran = rotate(&device, &["--make", "--looked", "--yes", "--json"], "")
        .ends(0, &["is revoked, and in the trash"]);
    assert_eq!((&ran.json()["result"], &ran.json()["old"]["outcome"]), (&"valid".into(), &"revoked".into()));
    for (field, value) in [
        ("access_key_id", "AKIAEXAMPLEMADE00002\n"),
        ("secret_access_key", "a-made-secret-of-forty-characters-000002\n"),
        ("region", "eu-west-1\n"),
    ] {
        assert_eq!(device.done(&["get", "work", field]).text(), value);
    }
    assert_eq!(device.list().len(), 1);
    device.assert_well();
}

#[test]
fn an_outage_and_a_server_that_is_down_switch_if_told_to_and_never_revoke() {
    let world = World::new();
    let (mut server, mut device) = (world.server(), world.device_without_keychain("a"));
    let provider = Provider::new("github");
    provider.stands_in_for(&mut device);
    device.add("github", "work", "ghp_old").done();
    world.create_account(&device, &server);
    server.stop();

    // The key is switched because it was told to be, and no more.
    provider.say("ghp_new", Reply::of(500, "oh"));
    provider.say(NO_KEY, Reply::of(202, ""));
    let ran = rotate(&device, &["--stdin", "--unverified", "--yes", "--unsynced", "--json"], "ghp_new")
        .ends(6, &["was not verified", "has the new key now", "was not revoked: no old key goes"]);
    assert_eq!(ran.json()["old"]["outcome"], "unverified");
    provider.say("ghp_new", Reply::of(401, "{}"));
    rotate(&device, &["--yes", "--unsynced"], "").ends(1, &["was not revoked", "refused"]);

    // It is good now, and is in this cache alone.
    provider.say("ghp_new", Reply::of(200, USER));
    let ran = rotate(&device, &["--yes", "--json"], "")
        .ends(6, &["the account's server has not got it yet", "keymoor sync, then", "--unsynced"]);
    assert_eq!(ran.json()["old"]["outcome"], "not_synced");
    assert!(!provider.asked().contains(&NO_KEY.to_owned()), "nothing was revoked");
    assert_eq!((device.get("work"), device.list().len()), (b"ghp_new".to_vec(), 2));

    server.start_again();
    rotate(&device, &["--yes"], "").ends(0, &["is revoked, and in the trash"]);
    let other = world.device_without_keychain("b");
    world.join(&other);
    assert_eq!(other.get("work"), b"ghp_new");
    device.sync();
    device.assert_well();
}

#[test]
fn an_old_key_that_is_used_again_is_kept_and_the_way_out_is_said() {
    let world = World::without_a_disk();
    let mut device = world.device_without_keychain("a");
    let provider = Provider::new("github");
    provider.stands_in_for(&mut device);
    provider.say(NO_KEY, Reply::of(202, ""));
    provider.say("ghp_new", Reply::of(200, USER));
    device.add("github", "work", "ghp_old").done();
    rotate(&device, &["--stdin"], "ghp_new").ends(0, &["was not revoked. To revoke it"]);
    let old = named(&device.list(), "work (old").unwrap()["id"].as_str().unwrap().to_owned();
    let refused = |words: &[&str]| {
        for arguments in [&["--yes"][..], &["--revoked"]] {
            let ran = rotate(&device, &[arguments, &["--json"]].concat(), "").ends(5, words);
            assert_eq!(ran.json()["old"]["outcome"], "used");
        }
        assert!(!provider.asked().contains(&NO_KEY.to_owned()), "nothing was revoked");
        assert_eq!(device.list().len(), 2);
    };
    device.done(&["edit", &old, "--on"]);
    refused(&["was not revoked: it was switched on again since it was replaced", "keymoor edit", "--off"]);
    device.done(&["service", "enable", "github", "--credential", &old]);
    device.done(&["edit", &old, "--off"]);
    refused(&["it was chosen for github", "keymoor service enable github --credential work"]);
    device
        .run(&["service", "enable", "github", "--credential", &old])
        .ends(5, &["github/work (old", "is switched off", "--on"]);
    device.done(&["service", "enable", "github", "--credential", "work"]);
    device.done(&["grant", "add", "n8n", "--only", &old]);
    refused(&["n8n was let in for it", "keymoor grant revoke n8n", "keymoor grant add n8n --only work"]);
    device.done(&["grant", "revoke", "n8n"]);
    device.edit(&old, "ghp_third").done();
    refused(&["it has other values than the key that was replaced", "keymoor revert"]);
    device.edit(&old, "ghp_old").done();
    rotate(&device, &["--yes"], "").ends(0, &["is revoked, and in the trash"]);
    device.assert_well();
}

#[test]
fn a_credential_with_two_values_is_not_rotated_before_one_is_chosen() {
    let world = World::new();
    let (server, a, b) =
        (world.server(), world.device_without_keychain("a"), world.device_without_keychain("b"));
    a.add("internal", "work", "the-first-secret").done();
    world.create_account(&a, &server);
    world.join(&b);
    a.edit("work", "the-secret-of-a").done();
    b.edit("work", "the-secret-of-b").done();
    a.sync();
    b.sync();
    let ran = b.feed(&["rotate", "work", "--stdin"], b"the-new-secret");
    ran.ends(5, &["two values", "keymoor settle"]);
    assert_eq!(b.list().len(), 1);
}
