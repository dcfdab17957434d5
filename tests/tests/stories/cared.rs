//! What needs care, on every device: expiry, age, and keys that are verified when they are saved.

use keymoor_journeys::{Device, Provider, Ran, Reply, World};

const MODELS: &str = r#"{"object":"list","data":[]}"#;

fn add(device: &Device, name: &str, secret: &str, more: &[&str]) -> Ran {
    let arguments = [&["add", "openai", "--name", name, "--stdin", "--allow-test-providers"], more].concat();
    device.feed(&arguments, secret.as_bytes())
}

/// What needs care of all that is listed.
fn care(device: &Device) -> Vec<(String, String)> {
    let listed = device.done(&["list", "--status", "care", "--json"]).json();
    let entry = |entry: &serde_json::Value| (entry["name"].to_string(), entry["care"].to_string());
    listed.as_array().unwrap().iter().map(entry).collect()
}

fn pair(name: &str, care: &str) -> (String, String) {
    (format!("{name:?}"), format!("[{care:?}]"))
}

#[test]
fn an_expiry_and_a_policy_are_told_on_the_second_device_and_merge() {
    let world = World::new();
    let (server, a, b) = (world.server(), world.device("a"), world.device_without_keychain("b"));
    add(&a, "work", "sk-work", &["--expires", "3d"]).done();
    add(&a, "other", "sk-other", &[]).done();
    world.create_account(&a, &server);
    world.join(&b);
    b.sync();
    assert_eq!(care(&b), [pair("work", "expiring")]);
    assert!(b.done(&["status"]).text().contains("1 credential needs care"));
    assert_eq!(b.status()["care"], 1);

    // Unseen of each other: another expiry here, a note and a policy there.
    a.done(&["edit", "work", "--expires", "2020-01-01"]);
    b.done(&["edit", "work", "--note", "of b"]);
    b.done(&["policy", "set", "--provider", "openai", "--every", "30d"]);
    for device in [&a, &b, &a] {
        device.sync();
    }
    for device in [&a, &b] {
        assert_eq!(care(device), [pair("work", "expired")]);
        let shown = device.done(&["show", "work", "--json"]).json();
        assert_eq!((&shown["note"], &shown["expires_at"]), (&"of b".into(), &"2020-01-01T23:59:59Z".into()));
        let policies = device.done(&["policy", "list", "--json"]).json();
        assert_eq!(policies, serde_json::json!([{"scope": "provider", "provider": "openai", "days": 30}]));
    }

    a.edit("work", "sk-new").done();
    a.sync();
    b.sync();
    assert_eq!(care(&b), [], "the new secret has no expiry");
    a.assert_well();
    b.assert_well();
}

/// What `policy list` says of the one for all.
fn limit(device: &Device) -> Option<u64> {
    device.done(&["policy", "list", "--json"]).json()[0]["days"].as_u64()
}

#[test]
fn of_policies_that_were_set_unseen_of_each_other_the_strictest_counts() {
    let world = World::new();
    let (server, a, b) = (world.server(), world.device("a"), world.device_without_keychain("b"));
    let set = |device: &Device, every: &str| drop(device.done(&["policy", "set", "--every", every]));
    let all_sync = || [&a, &b, &a].map(|device| drop(device.sync()));
    world.create_account(&a, &server);
    world.join(&b);
    // The first of each, in two records; then as two values of one field, in both orders.
    for (by_a, by_b, least) in [("30d", "90d", 30), ("120d", "45d", 45), ("20d", "80d", 20)] {
        set(&a, by_a);
        set(&b, by_b);
        all_sync();
        assert_eq!((limit(&a), limit(&b)), (Some(least), Some(least)), "{by_a} {by_b}");
    }
    // Setting it again settles it, also for more days.
    set(&a, "60d");
    all_sync();
    assert_eq!((limit(&a), limit(&b)), (Some(60), Some(60)));

    // Said again here and loosened there, unseen of each other: whoever said it again meant it.
    for (again, loosens) in [(&a, &b), (&b, &a)] {
        set(again, "60d");
        set(loosens, "300d");
        all_sync();
        assert_eq!((limit(&a), limit(&b)), (Some(60), Some(60)));
    }

    // Taken away here and made stricter there: the limit stays. Whoever had seen it takes it away.
    for (takes, sets, every, days) in [(&a, &b, "10d", 10), (&b, &a, "5d", 5)] {
        takes.done(&["policy", "remove"]);
        set(sets, every);
        all_sync();
        assert_eq!((limit(&a), limit(&b)), (Some(days), Some(days)));
    }
    b.done(&["policy", "remove"]);
    all_sync();
    assert_eq!((limit(&a), limit(&b)), (None, None));
    a.assert_well();
    b.assert_well();
}

#[test]
fn what_is_recognised_in_a_paste_is_what_is_saved() {
    const GROQ: &str = "gsk_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijAB";
    let world = World::new();
    let device = world.device_without_keychain("a");
    for (name, text) in [("quoted", format!("\"{GROQ}\"")), ("line", format!("GROQ_API_KEY={GROQ}"))] {
        device.feed(&["add", "groq", "--name", name, "--stdin"], text.as_bytes()).done();
        assert_eq!(device.get(name), GROQ.as_bytes(), "{name}");
    }
}

#[test]
fn a_save_is_told_first_and_verified_then_and_never_depends_on_it() {
    let world = World::new();
    let mut device = world.device_without_keychain("a");
    let provider = Provider::new("openai");
    provider.stands_in_for(&mut device);
    provider.say("sk-good", Reply::of(200, MODELS));
    let told = |ran: &Ran, words: &str| {
        let text = &ran.err;
        let (saved, asked) = (text.find("Saved on this device"), text.find(words));
        assert!(saved.is_some() && saved < asked, "{text}");
    };
    // A script is not watched: nothing is asked.
    add(&device, "quiet", "sk-good", &[]).done();
    assert_eq!(provider.asked().len(), 0);

    told(&add(&device, "good", "sk-good", &["--verify"]).ends(0, &[]), "openai/good: accepted");
    told(&add(&device, "bad", "sk-bad", &["--verify"]).ends(0, &[]), "openai/bad: refused");
    assert_eq!(provider.asked(), ["sk-good", "sk-bad"]);
    let status = |name: &str| device.done(&["show", name, "--json"]).json()["status"].clone();
    assert_eq!([status("quiet"), status("good"), status("bad")], ["unchecked", "connected", "error"]);
    assert_eq!(care(&device), [pair("bad", "refused")]);

    let edited = ["edit", "bad", "--stdin", "--verify", "--allow-test-providers"];
    told(&device.feed(&edited, b"sk-good").ends(0, &[]), "openai/bad: accepted");
    assert_eq!(care(&device), []);
    // A note is no secret: the key was asked about before.
    device.done(&["edit", "bad", "--note", "mended", "--verify", "--allow-test-providers"]);
    assert_eq!(provider.asked().len(), 3);

    device.set("KEYMOOR_PROVIDER_BASE_OPENAI", "http://127.0.0.1:9");
    let away = add(&device, "away", "sk-good", &["--verify"]).ends(0, &[]);
    told(&away, "openai/away: the provider could not be reached");
    device.set("KEYMOOR_PROVIDER_BASE_OPENAI", "https://elsewhere.example");
    add(&device, "never", "sk-good", &["--verify"]).ends(2, &[]);
    assert!(device.list().iter().all(|entry| entry["name"] != "never"), "refused before anything was saved");
}

#[test]
fn settings_that_two_devices_set_are_told_where_care_is_asked_for() {
    let world = World::new();
    let (server, a, b) = (world.server(), world.device("a"), world.device_without_keychain("b"));
    a.add("elevenlabs", "work", "sk-of-elevenlabs").done();
    a.done(&["service", "enable", "elevenlabs"]);
    world.create_account(&a, &server);
    world.join(&b);
    b.sync();
    assert_eq!(care(&b), []);
    a.done(&["service", "set", "elevenlabs", "voice_id=AAAAAAAAAAAAAAAAAAAA"]);
    b.done(&["service", "set", "elevenlabs", "voice_id=BBBBBBBBBBBBBBBBBBBB"]);
    for device in [&a, &b, &a] {
        device.sync();
    }
    for device in [&a, &b] {
        let listed = device.done(&["list", "--status", "care", "--json"]).json();
        assert_eq!(
            (&listed[0]["name"], &listed[0]["service_conflicts"][0]),
            (&"work".into(), &"elevenlabs".into())
        );
        for arguments in [&["list"][..], &["list", "--status", "care"]] {
            let said = device.done(arguments).to_string();
            assert!(
                said.contains("two devices set voice_id at the same time, ") && said.contains("work"),
                "{said}"
            );
            assert!(said.contains("keymoor service set elevenlabs voice_id=VALUE"), "{said}");
        }
    }
    a.done(&["service", "set", "elevenlabs", "voice_id=AAAAAAAAAAAAAAAAAAAA"]);
    assert_eq!(care(&a), []);
    assert!(!a.done(&["list"]).to_string().contains("two devices"));
}
