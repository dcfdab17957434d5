//! Who may ask, and for what.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use keymoor_vault::{GrantScope, Place as Where};
use serde_json::{Value, json};

use crate::place::{CANARY, Client, Place};

#[test]
fn a_token_that_is_missing_wrong_or_revoked_lets_nobody_in() {
    let place = Place::new();
    let client = place.client();
    assert_eq!(client.get("/api/services").status, 200);
    let missing = place.plain("GET", "/api/services", &[], b"");
    assert_eq!(missing.code(), (401, "unauthenticated"));
    assert!(missing.head.contains("\nwww-authenticate: bearer"), "{missing:?}");
    let mut flipped = client.token.clone();
    let last = if flipped.pop() == Some('A') { 'E' } else { 'A' };
    flipped.push(last);
    let none = ["abc", "", &"k".repeat(5000)];
    for token in none.map(|token| format!("Authorization: Bearer {token}")) {
        assert_eq!(place.plain("GET", "/api/services", &[&token], b"").json, missing.json, "{token:.60}");
    }
    let wrong = place.plain("GET", "/api/services", &["Authorization: Bearer kml_x"], b"");
    assert_eq!(wrong.code(), (401, "unauthenticated"));
    for token in [flipped.as_str(), "kml_", "kml_short"].map(|token| format!("Authorization: Bearer {token}"))
    {
        assert_eq!(place.plain("GET", "/api/services", &[&token], b"").json, wrong.json, "{token:.60}");
        assert_eq!(place.plain("GET", "/api/nothing", &[&token], b"").json, wrong.json, "{token:.60}");
    }
    let basic = format!("Authorization: Basic {}", client.token);
    assert_eq!(place.plain("GET", "/api/services", &[&basic], b"").json, missing.json);
    let query = format!("/api/services?token={}", client.token);
    assert_eq!(place.plain("GET", &query, &[], b"").json, missing.json);
    // What is there is not told to strangers either.
    assert_eq!(place.plain("GET", "/api/nothing", &[], b"").json, missing.json);
    assert_eq!(place.plain("PATCH", "/api/services", &[], b"").json, missing.json);

    place.vault().revoke_grant("tester").unwrap();
    assert_eq!(client.get("/api/services").json, wrong.json);
    let again = place.client();
    assert_eq!(again.get("/api/services").status, 200);
    assert_eq!(client.get("/api/services").json, wrong.json, "an old token stays void");
}

#[test]
fn many_wrong_tokens_are_limited_and_a_right_one_is_not_held_up() {
    let place = Place::new();
    let client = place.client();
    let codes: Vec<u16> = std::thread::scope(|scope| {
        let calls: Vec<_> =
            (0..120).map(|_| scope.spawn(|| place.plain("GET", "/api/services", &[], b"").status)).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let refused = codes.iter().filter(|code| **code == 401).count();
    let limited = codes.iter().filter(|code| **code == 429).count();
    assert_eq!(refused + limited, 120);
    assert!(limited >= 20 && refused >= 50, "{refused} refused, {limited} limited");
    assert_eq!(client.get("/api/services").status, 200);
}

#[test]
fn who_may_read_changes_nothing() {
    let place = Place::new();
    let id = place.client().save("openai", "work", "value-to-read");
    let reader = place.grant("reader", GrantScope::Read, None);
    assert_eq!(reader.get(&format!("/api/credentials/{id}")).status, 200);
    for (method, path) in [
        ("POST", "/api/credentials/save".to_owned()),
        ("PUT", format!("/api/credentials/{id}")),
        ("DELETE", format!("/api/credentials/{id}")),
        ("POST", format!("/api/credentials/{id}/verify")),
        ("POST", "/api/services/openai/enable".to_owned()),
        ("POST", "/api/settings/google_sheets".to_owned()),
    ] {
        let answer = reader.call(method, &path, Some(json!({ "note": "x" })));
        assert_eq!(answer.code(), (403, "out_of_scope"), "{method} {path}");
    }
    assert_eq!(reader.get(&format!("/api/credentials/{id}")).json["version"], 1);
}

#[test]
fn who_is_limited_to_some_credentials_sees_and_makes_no_others() {
    let place = Place::new();
    let client = place.client();
    let (mine, other) =
        (client.save("openai", "mine", "value-mine"), client.save("openai", "other", "value-other"));
    let limited = place.grant("limited", GrantScope::Write, Some(vec![mine.parse().unwrap()]));
    assert_eq!(limited.get("/api/credentials/list").json["total"], 1);
    assert_eq!(limited.get(&format!("/api/credentials/{mine}")).status, 200);
    for (method, path) in
        [("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/verify"), ("GET", "/verify-status")]
    {
        let body = (method == "PUT").then(|| json!({ "note": "x" }));
        let answer = limited.call(method, &format!("/api/credentials/{other}{path}"), body);
        assert_eq!(answer.code(), (404, "not_found"), "{method} {path}");
    }
    let save = |name: &str, more: Value| {
        let mut body = json!({ "provider": "openai", "name": name, "secret": format!("{CANARY}new-value") });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        limited.call("POST", "/api/credentials/save", Some(body))
    };
    assert_eq!(save("mine", json!({})).status, 200);
    // A new one, another's, and one more: the same answer.
    for name in ["other", "new"] {
        assert_eq!(save(name, json!({})).code(), (403, "out_of_scope"), "{name}");
    }
    assert_eq!(save("mine", json!({ "fallback": true })).code(), (403, "out_of_scope"));
    for path in ["/api/services", "/api/settings", "/api/sheet-mappings", "/api/settings/openai"] {
        assert_eq!(limited.get(path).code(), (403, "out_of_scope"), "{path}");
    }
    let told = limited.get("/api/activity").json;
    assert!(told["total"].as_u64().unwrap() >= 2, "{told}");
    assert!(!told.to_string().contains("openai/other"), "{told}");
    let summary = limited.get("/api/activity/summary").json;
    assert_eq!(summary["total"], told["total"]);
    assert_eq!(client.get(&format!("/api/credentials/{other}")).json["version"], 1);
}

#[test]
fn when_a_grant_was_used_is_noted() {
    let place = Place::new();
    let client = place.client();
    assert_eq!(place.vault().grants().unwrap()[0].used_at, None);
    client.get("/api/services");
    let begun = std::time::Instant::now();
    while place.vault().grants().unwrap()[0].used_at.is_none() {
        assert!(begun.elapsed() < std::time::Duration::from_secs(20));
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn two_programs_at_once_and_each_is_named_by_what_it_did() {
    let place = Place::new();
    let programs = ["first", "second"].map(|name| (name, place.grant(name, GrantScope::Write, None)));
    std::thread::scope(|scope| {
        for (name, client) in &programs {
            scope.spawn(move || {
                for n in 0..20 {
                    client.save("openai", &format!("{name}-{n}"), &format!("value-{n}"));
                    // Both write this one, over and over.
                    client.save("openai", "shared", &format!("value-{name}-{n}"));
                }
            });
        }
    });
    let client: &Client<'_> = &programs[0].1;
    assert_eq!(client.get("/api/credentials/list").json["total"], 41);
    for (name, _) in &programs {
        let told = client.get(&format!("/api/activity?program={name}&event=added&limit=500")).json;
        let own = told["activity"].as_array().unwrap().iter().filter(|entry| {
            let about = entry["credential"]["name"].as_str().unwrap();
            assert!(about == "openai/shared" || about.starts_with(&format!("openai/{name}-")), "{entry}");
            about != "openai/shared"
        });
        assert_eq!(own.count(), 20);
    }
    let mut vault = place.vault();
    let shared = vault.find("shared", Where::Active).unwrap();
    assert_eq!(vault.show(shared).unwrap().listing.version, 40);
}

#[test]
fn a_limited_program_learns_of_no_other_name() {
    let place = Place::new();
    let client = place.client();
    let mine = client.save("openai", "mine", "value-mine");
    client.save("openai", "other", "value-other");
    let limited = place.grant("limited", GrantScope::Write, Some(vec![mine.parse().unwrap()]));
    let at = format!("/api/credentials/{mine}");
    for name in ["other", "free"] {
        let answer = limited.call("PUT", &at, Some(json!({ "name": name })));
        assert_eq!(answer.code(), (403, "out_of_scope"), "{name}");
    }
    // The name that it has is no change.
    assert_eq!(limited.call("PUT", &at, Some(json!({ "name": "mine", "note": "x" }))).status, 200);
    assert_eq!(client.call("PUT", &at, Some(json!({ "name": "free" }))).status, 200);
}

#[test]
fn what_was_revoked_while_the_body_came_is_not_done() {
    let place = Place::new();
    let client = place.client();
    let id = client.save("openai", "work", "value-to-stay");
    let body = json!({ "note": "too late" }).to_string();
    let mut stream = TcpStream::connect(place.address()).unwrap();
    write!(
        stream,
        "PUT /api/credentials/{id} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{{",
        place.address(),
        client.token,
        body.len()
    )
    .unwrap();
    // The head was looked at: the next call, on the same vault, comes after it.
    std::thread::sleep(std::time::Duration::from_millis(500));
    place.vault().revoke_grant("tester").unwrap();
    stream.write_all(&body.as_bytes()[1..]).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 401") && text.contains("unauthenticated"), "{text}");
    assert_eq!(place.vault().show(id.parse().unwrap()).unwrap().listing.version, 1);
}
