//! Keys that are verified: what is kept, what both devices say of it, and that nothing stays half done.

use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use keymoor_journeys::{Device, Provider, Ran, Reply, World, eventually, program};

use crate::activity::{activity, events};

const MODELS: &str = r#"{"object":"list","data":[]}"#;

fn verify(device: &Device, arguments: &[&str]) -> Ran {
    device.run(&[&["verify", "--allow-test-providers"], arguments].concat())
}

fn fill(device: &Device, many: u32) {
    let mut command = Command::new(program("keymoor-fill"));
    device.dress(command.arg(many.to_string()));
    assert!(command.status().unwrap().success());
}

/// The secret of the n-th, from 1.
fn filled(n: u32) -> String {
    format!("sk-proj-{n:048}")
}

/// Status and words of the credential as a device shows it.
#[track_caller]
fn told(device: &Device, name: &str) -> (String, String) {
    let shown = device.done(&["show", name, "--json"]).json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    (text(&shown["status"]), text(&shown["verification"]["message"]))
}

#[track_caller]
fn say(devices: [&Device; 2], status: &str, words: &str) {
    for device in devices {
        let (shown, message) = told(device, "work");
        assert!(shown == status && message.contains(words), "{shown}: {message}");
        let listed = device.done(&["list", "--status", status, "--json"]).json();
        assert_eq!(listed[0]["name"], "work", "{listed}");
    }
}

#[test]
fn connected_then_out_of_reach_then_revoked_and_both_devices_say_so() {
    let world = World::new();
    let (server, mut a, b) = (world.server(), world.device("a"), world.device_without_keychain("b"));
    let provider = Provider::new("openai");
    provider.stands_in_for(&mut a);
    a.add("openai", "work", "sk-work").done();
    world.create_account(&a, &server);
    world.join(&b);
    say([&a, &b], "unchecked", "");

    provider.say("sk-work", Reply::of(200, MODELS));
    verify(&a, &["work"]).ends(0, &[]);
    a.sync();
    b.sync();
    say([&a, &b], "connected", "accepted");

    a.set("KEYMOOR_PROVIDER_BASE_OPENAI", "http://127.0.0.1:9");
    verify(&a, &["work"]).ends(6, &[]);
    a.sync();
    b.sync();
    say([&a, &b], "connected", "not checked since: the provider could not be reached");

    provider.say("sk-work", Reply::of(500, "oh"));
    provider.stands_in_for(&mut a);
    verify(&a, &["work"]).ends(6, &[]);
    say([&a, &a], "connected", "not checked since: the provider has a fault of its own");

    provider.say("sk-work", Reply::of(401, "{}"));
    verify(&a, &["work"]).ends(1, &[]);
    a.sync();
    b.sync();
    say([&a, &b], "error", "refused: the provider does not know this key");
    for device in [&a, &b] {
        assert!(told(device, "work").1.contains("good until"), "{:?}", told(device, "work"));
    }

    // What was asked by name is in the activity of who asked, each time.
    let asked: Vec<_> = activity(&a).into_iter().filter(|entry| entry["event"] == "verified").collect();
    let verdicts: Vec<_> = asked.iter().map(|entry| entry["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["invalid", "indeterminate", "indeterminate", "valid"]);
    assert!(asked.iter().all(|entry| entry["by"] == "cli" && entry["name"] == "openai/work"), "{asked:?}");
    assert_eq!((&asked[1]["why"], &asked[2]["why"]), (&"server_error".into(), &"unreachable".into()));
    assert!(events(&b).iter().all(|event| !event.starts_with("verified")));

    b.edit("work", "sk-new").done();
    b.sync();
    a.sync();
    say([&a, &b], "unchecked", "");
    a.done(&["edit", "work", "--off"]);
    assert_eq!(told(&a, "work").0, "disabled");
    verify(&a, &["--all"]).ends(0, &["There is nothing that could be verified."]);
}

#[test]
fn a_service_is_tested_with_its_own_settings_and_what_is_found_says_nothing_of_the_key() {
    let world = World::new();
    let mut device = world.device_without_keychain("a");
    let provider = Provider::new("notion");
    provider.stands_in_for(&mut device);
    let test = |device: &Device, services: &[&str]| {
        device.run(&[&["service", "test", "--allow-test-providers"], services].concat())
    };
    test(&device, &[]).ends(0, &["No service is on."]);
    test(&device, &["notion"]).ends(3, &["There is no credential that Notion could use."]);
    device.add("notion", "work", "ntn_planted").done();
    provider.say("ntn_planted", Reply::of(404, r#"{"object":"error"}"#));
    let database = "0123456789abcdef0123456789abcdef";
    device.done(&["service", "set", "notion", &format!("database_id={database}")]);
    device.done(&["service", "enable", "notion"]);

    let asked = test(&device, &["--json"]).ends(1, &[]).json();
    assert_eq!(asked[0]["result"], "invalid_config");
    assert_eq!(asked[0]["credential"]["name"], "work");
    assert_eq!(provider.paths(), [format!("/v1/databases/{database}")]);
    assert_eq!(told(&device, "work").0, "unchecked", "the key was not what was wrong");
    let said = |asked: Ran, words: &str| assert!(asked.text().contains(words), "{asked:#}");
    said(
        test(&device, &["notion"]).ends(1, &[]),
        "refused: The database is not shared with this integration.",
    );

    provider.say("ntn_planted", Reply::of(200, r#"{"title":[{"plain_text":"Plans"}]}"#));
    said(test(&device, &[]).ends(0, &[]), "notion/work  Plans");
    provider.say("ntn_planted", Reply::of(500, "oh"));
    said(test(&device, &[]).ends(6, &[]), "has a fault of its own");
    device.done(&["rm", "work"]);
    test(&device, &[]).ends(1, &["has no credential to use", "keymoor add notion"]);
}

#[test]
fn two_hundred_take_the_time_of_two_and_the_bound_is_kept() {
    let world = World::new();
    let mut device = world.device_without_keychain("a");
    let provider = Provider::new("openai");
    provider.stands_in_for(&mut device);
    fill(&device, 200);
    let slowest = Duration::from_secs(2);
    for n in 1..=200 {
        provider.say(&filled(n), Reply { after: slowest, ..Reply::of(200, MODELS) });
    }
    let start = Instant::now();
    let asked = verify(&device, &["--all", "--json"]).ends(0, &[]).json();
    let took = start.elapsed();
    assert_eq!(asked.as_array().unwrap().len(), 200);
    assert_eq!(provider.asked().len(), 200, "each once");
    eprintln!("200 answers of {slowest:?} each: {took:?}, {} at once", provider.most_at_once());
    assert!((20..=100).contains(&provider.most_at_once()), "{}", provider.most_at_once());
    assert_eq!(
        device.done(&["list", "--status", "connected", "--json"]).json().as_array().unwrap().len(),
        200
    );
    // A run that finds nothing new adds nothing to what happened; one whose answer is another one, that one.
    let verified =
        |device: &Device| events(device).iter().filter(|event| event.starts_with("verified")).count();
    assert_eq!(verified(&device), 200);
    for n in 1..=200 {
        provider.say(&filled(n), Reply::of(200, MODELS));
    }
    provider.say(&filled(7), Reply::of(401, "{}"));
    provider.say(&filled(8), Reply::of(500, "oh"));
    verify(&device, &["--all"]).ends(1, &[]);
    assert_eq!(verified(&device), 201);
    assert_eq!(activity(&device)[0]["verdict"], "invalid");
}

#[test]
fn killed_midway_what_was_heard_is_kept_and_nothing_stays_verifying() {
    let world = World::new();
    let mut device = world.device_without_keychain("a");
    let provider = Provider::new("openai");
    provider.stands_in_for(&mut device);
    fill(&device, 60);
    for n in 1..=60 {
        let after = if n <= 40 { Duration::ZERO } else { Duration::from_secs(30) };
        provider.say(&filled(n), Reply { after, ..Reply::of(200, MODELS) });
    }
    let mut command = device.command(&["verify", "--all", "--allow-test-providers"]);
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("all were asked", || provider.asked().len() == 60);
    thread::sleep(Duration::from_secs(1));
    running.kill().unwrap();
    running.wait().unwrap();
    let list = device.list();
    let with = |status: &str| list.iter().filter(|entry| entry["status"] == status).count();
    eprintln!("killed: {} connected, {} unchecked", with("connected"), with("unchecked"));
    assert!((1..=40).contains(&with("connected")));
    assert_eq!(with("connected") + with("unchecked"), 60);
    device.assert_well();
}
