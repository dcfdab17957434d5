//! Programs on this machine ask `keymoor serve`.

use std::{
    fs::File,
    thread,
    time::{Duration, Instant},
};

use keymoor_journeys::{Device, Provider, Reply, Served, World, eventually};
use serde_json::json;

const MODELS: &str = r#"{"object":"list","data":[]}"#;

/// A token for a program.
fn grant(device: &Device, arguments: &[&str]) -> String {
    device.done(&[&["grant", "add"], arguments].concat()).text().trim().to_owned()
}

fn credential(name: &str, secret: &str) -> serde_json::Value {
    json!({ "provider": "openai", "name": name, "secret": secret })
}

#[test]
fn a_program_saves_replaces_and_trashes_and_the_activity_names_it() {
    let world = World::new();
    let device = world.device("a");
    let (n8n, other) = (grant(&device, &["n8n"]), grant(&device, &["other"]));
    let served = Served::start(&device);
    let save = |token: &str, secret: &str| {
        served.ask(token, "POST", "/api/credentials/save", Some(&credential("work", secret)))
    };
    let made = save(&n8n, "sk-the-first-secret");
    assert_eq!((made.status, &made.json["keychain"]), (201, &json!("kept")), "{made:?}");
    let replaced = save(&other, "sk-the-other-secret");
    assert_eq!((replaced.status, &replaced.json["version"]), (200, &json!(2)));
    assert_eq!(device.get("work"), b"sk-the-other-secret");
    let history = device.done(&["history", "work", "--json"]).json();
    assert_eq!(history[1]["last_four"], "cret", "{history}");
    device.done(&["revert", "work", "--to", "1"]);
    // The command line's change is seen at once.
    let id = made.json["id"].as_str().unwrap();
    let shown = served.ask(&n8n, "GET", &format!("/api/credentials/{id}"), None);
    assert_eq!((&shown.json["version"], &shown.json["secrets"]["secret"]), (&json!(3), &json!("••••cret")));
    assert_eq!(served.ask(&n8n, "DELETE", &format!("/api/integrations/{id}"), None).status, 200);
    assert_eq!(device.done(&["trash", "--json"]).json()[0]["name"], "work");
    device.done(&["restore", "work"]);
    assert_eq!(device.get("work"), b"sk-the-first-secret");

    let activity = device.done(&["activity", "--json"]).json();
    let told = |event: &str| {
        let entry =
            activity.as_array().unwrap().iter().find(|entry| entry["event"] == event).unwrap().clone();
        entry["by"].clone()
    };
    assert_eq!(told("added"), json!({ "program": "n8n" }));
    assert_eq!(told("edited"), json!({ "program": "other" }));
    assert_eq!(told("deleted"), json!({ "program": "n8n" }));
    assert_eq!(told("restored"), json!("cli"));
    device.assert_well();
}

#[test]
fn pages_strangers_and_whoever_was_shut_out_get_nothing() {
    let world = World::new();
    let device = world.device_without_keychain("a");
    device.add("openai", "work", "sk-the-canary-of-this-story").done();
    let (token, reader) = (grant(&device, &["n8n"]), grant(&device, &["dashboard", "--scope", "read"]));
    let served = Served::start(&device);
    let (host, bearer) = (format!("Host: {}", served.address()), format!("Authorization: Bearer {token}"));
    let path = "/api/credentials/list";
    assert_eq!(served.ask(&token, "GET", path, None).status, 200);
    for rebound in ["Host: evil.example", "Host: evil.example:8790", "Host: 127.0.0.1.evil.example"] {
        assert_eq!(served.ask_as(&[rebound, &bearer], "GET", path, None).code(), (403, "host_refused"));
    }
    for page in ["Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"] {
        assert_eq!(served.ask_as(&[&host, &bearer, page], "GET", path, None).code(), (403, "origin_refused"));
    }
    let missing = served.ask_as(&[&host], "GET", path, None);
    let wrong = served.ask("kml_0123456789012345678901234567890123456789012", "GET", path, None);
    assert_eq!((missing.code(), wrong.code()), ((401, "unauthenticated"), missing.code()));
    let scope = served.ask(&reader, "POST", "/api/credentials/save", Some(&credential("x", "sk-x")));
    assert_eq!(scope.code(), (403, "out_of_scope"));
    assert_eq!(served.ask(&reader, "GET", path, None).json["total"], 1);

    device.done(&["grant", "revoke", "n8n"]);
    assert_eq!(served.ask(&token, "GET", path, None), wrong, "at once, in the running server");
    assert_eq!(served.ask(&reader, "GET", path, None).status, 200);
    let again = grant(&device, &["n8n"]);
    assert_eq!(served.ask(&again, "GET", path, None).status, 200);
    assert_eq!(served.ask(&token, "GET", path, None), wrong);
}

#[test]
fn several_who_verify_are_one_question_and_nobody_else_waits() {
    let world = World::new();
    let mut device = world.device("a");
    let provider = Provider::new("openai");
    provider.stands_in_for(&mut device);
    provider.say("sk-work", Reply { after: Duration::from_secs(3), ..Reply::of(200, MODELS) });
    device.add("openai", "work", "sk-work").done();
    let token = grant(&device, &["n8n"]);
    let served = Served::start(&device);
    let listed = served.ask(&token, "GET", "/api/credentials/list", None).json;
    let id = listed["credentials"][0]["id"].as_str().unwrap().to_owned();
    let verify = || served.ask(&token, "POST", &format!("/api/credentials/{id}/verify"), None);
    let status = || served.ask(&token, "GET", &format!("/api/credentials/{id}/verify-status"), None).json;
    assert_eq!(status()["status"], "unchecked");
    let answers: Vec<_> = thread::scope(|scope| {
        let asked: Vec<_> = (0..5).map(|_| scope.spawn(verify)).collect();
        eventually("the provider is asked", || !provider.asked().is_empty());
        // While the provider takes its time.
        assert_eq!(status()["status"], "verifying");
        assert_eq!(
            served.ask(&token, "POST", "/api/integrations", Some(&credential("more", "sk-more"))).status,
            201
        );
        assert!(asked.iter().all(|asked| !asked.is_finished()));
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    assert_eq!(provider.asked(), ["sk-work"], "one question");
    for answer in answers {
        assert_eq!((answer.status, &answer.json["status"]), (200, &json!("connected")), "{answer:?}");
        assert_eq!(answer.json["verification"]["result"], "valid");
    }
    provider.say("sk-work", Reply::of(401, "{}"));
    assert_eq!(verify().json["status"], "error");
    assert_eq!(device.done(&["show", "work", "--json"]).json()["status"], "error");
    let activity = device.done(&["activity", "--json"]).json();
    assert_eq!(
        (&activity[0]["event"], &activity[0]["by"]),
        (&json!("verified"), &json!({ "program": "n8n" }))
    );
}

#[test]
fn a_service_is_tested_through_the_api() {
    let world = World::new();
    let mut device = world.device_without_keychain("a");
    let provider = Provider::new("openai");
    provider.stands_in_for(&mut device);
    provider.say("sk-work", Reply::of(200, MODELS));
    let token = grant(&device, &["n8n"]);
    let limited = grant(&device, &["reader", "--scope", "read"]);
    let served = Served::start(&device);
    let test = |token: &str| served.ask(token, "POST", "/api/services/openai/test", None);
    assert_eq!(test(&token).code(), (409, "nothing_to_use"));
    device.add("openai", "work", "sk-work").done();
    let answer = test(&token);
    assert_eq!((answer.status, &answer.json["result"]), (200, &json!("valid")), "{answer:?}");
    assert_eq!(answer.json["credential"]["name"], "work");
    provider.say("sk-work", Reply::of(401, "{}"));
    assert_eq!(test(&token).json["result"], "invalid");
    assert_eq!(provider.asked().len(), 2);
    assert_eq!(test(&limited).code(), (403, "out_of_scope"));
    assert_eq!(served.ask(&token, "POST", "/api/services/none/test", None).code(), (404, "no_such_service"));
    assert_eq!(
        device.done(&["show", "work", "--json"]).json()["status"],
        "unchecked",
        "it says nothing of the key"
    );
}

#[test]
fn a_stop_lets_what_is_under_way_be_answered_and_a_second_one_ends_it() {
    let world = World::new();
    let mut device = world.device_without_keychain("a");
    let provider = Provider::new("openai");
    provider.stands_in_for(&mut device);
    provider.say("sk-work", Reply { after: Duration::from_secs(3), ..Reply::of(200, MODELS) });
    device.add("openai", "work", "sk-work").done();
    let token = grant(&device, &["n8n"]);
    for twice in [false, true] {
        let served = Served::start(&device);
        let listed = served.ask(&token, "GET", "/api/credentials/list", None).json;
        let path = format!("/api/credentials/{}/verify", listed["credentials"][0]["id"].as_str().unwrap());
        let before = provider.asked().len();
        let begun = Instant::now();
        let answered = thread::scope(|scope| {
            let asking = scope
                .spawn(|| std::panic::catch_unwind(|| served.ask(&token, "POST", &path, None)).map_err(drop));
            eventually("the provider is asked", || provider.asked().len() > before);
            served.signal("TERM");
            if twice {
                thread::sleep(Duration::from_millis(200));
                served.signal("TERM");
            }
            asking.join().unwrap()
        });
        assert_eq!(served.wait(), Some(0));
        match twice {
            false => assert_eq!(answered.unwrap().json["status"], "connected"),
            true => assert!(answered.is_err() && begun.elapsed() < Duration::from_secs(3)),
        }
    }
}

#[test]
fn no_token_and_no_secret_is_in_the_log_or_among_the_arguments() {
    let world = World::new();
    let device = world.device_without_keychain("a");
    let (secret, token) = ("sk-the-canary-of-the-log-1234", grant(&device, &["n8n"]));
    let log = world.path("log");
    let mut command = device.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("RUST_LOG", "trace").stderr(File::create(&log).unwrap());
    let served = Served::start_as(command);
    let made = served.ask(&token, "POST", "/api/credentials/save", Some(&credential("work", secret)));
    let id = made.json["id"].as_str().unwrap();
    served.ask(
        &token,
        "PUT",
        &format!("/api/credentials/{id}?token={token}"),
        Some(&json!({ "secret": secret, "x": 1 })),
    );
    served.ask(&token, "POST", "/api/credentials/save", Some(&json!([secret])));
    let arguments = std::fs::read(format!("/proc/{}/cmdline", served.id())).unwrap();
    drop(served);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("/api/credentials/save") && log.contains("n8n"), "{log}");
    for planted in [secret, &token[4..], "canary"] {
        assert!(!log.contains(planted), "{planted} is in the log");
        assert!(!String::from_utf8_lossy(&arguments).contains(planted));
    }
}

#[test]
fn grants_come_along_into_an_account_and_a_taken_port_is_said() {
    let world = World::new();
    let (server, a, b) = (world.server(), world.device("a"), world.device("b"));
    a.add("openai", "first", "sk-first").done();
    world.create_account(&a, &server);
    b.add("openai", "second", "sk-second").done();
    let (token, limited) = (grant(&b, &["n8n"]), grant(&b, &["one", "--only", "second"]));
    let served = Served::start(&b);
    b.run(&["serve", "--listen", served.address()])
        .ends(1, &["Something listens on", "--listen 127.0.0.1:PORT"]);
    assert_eq!(served.ask(&token, "GET", "/api/credentials/list", None).json["total"], 1);
    world.join(&b);
    // The vault under it is another one now: at most one call is told to come again.
    let list = |token: &str| served.ask(token, "GET", "/api/credentials/list", None);
    eventually("the account's credentials are there", || list(&token).json["total"] == 2);
    let only = list(&limited).json;
    assert_eq!((&only["total"], &only["credentials"][0]["name"]), (&json!(1), &json!("second")));
}
