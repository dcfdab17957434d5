//! What a refusal says: where the request is wrong and how, and nothing of what was sent.

use keymoor_vault::GrantScope;
use serde_json::{Value, json};

use crate::place::{Answer, CANARY, Place};

fn wrong(answer: &Answer) -> (u16, &str, &str, &str) {
    let error = &answer.json["error"];
    let text = |name: &str| error[name].as_str().unwrap_or("none");
    (answer.status, text("code"), text("field"), text("problem"))
}

#[test]
fn what_is_not_of_the_documented_form_is_named() {
    let place = Place::new();
    let client = place.client();
    let good = json!({ "provider": "openai", "name": "work", "secret": format!("{CANARY}1") });
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let name = "has to be one line of 1 to 200 characters";
    for (body, field, problem) in [
        (with("name", json!("")), "/name", name),
        (
            with("provider", json!("a/b")),
            "/provider",
            "has to be one line of 1 to 200 characters without a slash",
        ),
        (with("secret", json!(7)), "/secret", "has to be a string"),
        (with("labels", json!(["a", ""])), "/labels/1", name),
        (with("fields", json!({ "region": 7 })), "/fields/region", "has to be a string"),
        (with("fields", json!({ format!("{CANARY}x"): 7 })), "/fields/*", "has to be a string"),
        (json!({ "name": "work" }), "/provider", "is missing"),
        (Value::Null, "", "has to be a JSON object"),
    ] {
        let answer = client.call("POST", "/api/credentials/save", Some(body.clone()));
        assert_eq!(wrong(&answer), (400, "bad_request", field, problem), "{body}");
    }
    let answer = client.call("POST", "/api/credentials/save", Some(with(&format!("{CANARY}y"), json!(1))));
    let (_, _, field, problem) = wrong(&answer);
    assert!(
        field.is_empty() && problem.contains("not known: known are provider, name, secret"),
        "{answer:?}"
    );
    let answer = client.call_with("POST", "/api/credentials/save", &[], Some("{\n \"name\"".to_owned()));
    assert_eq!(wrong(&answer).3, "is no JSON: line 2, column 7");
    // What only the vault looks at.
    let answer = client.call("POST", "/api/credentials/save", Some(with("secret", json!("a\u{0}b"))));
    assert_eq!(wrong(&answer), (400, "invalid_value", "/secret", "may have no NUL byte"));
}

#[test]
fn a_parameter_is_named_and_an_unknown_one_is_told_those_that_are_known() {
    let place = Place::new();
    let client = place.client();
    for (path, field, problem) in [
        ("/api/credentials/list?limit=0", "limit", "has to be a number from 1 to 500"),
        ("/api/credentials/list?limit=x", "limit", "has to be a number"),
        ("/api/credentials/list?limit=1&limit=2", "limit", "is there twice"),
        (
            "/api/credentials/list?canary-x=1",
            "",
            "has a parameter that is not known: known are provider, status, label, q, limit, offset",
        ),
        ("/api/services?all=yes", "all", "has to be true or false"),
        ("/api/activity?by=me", "by", "has to be one of cli, window, program"),
        ("/api/settings?x=1", "", "has a parameter that is not known: there are none"),
    ] {
        let answer = client.get(path);
        assert_eq!(wrong(&answer), (400, "bad_request", field, problem), "{path}");
    }
}

#[test]
fn a_missing_token_and_a_wrong_one_are_told_apart_in_words() {
    let place = Place::new();
    let client = place.grant("gone", GrantScope::Read, None);
    let missing = place.plain("GET", "/api/services", &[], b"");
    let other = place.plain("GET", "/api/services", &["Authorization: Basic eDp5"], b"");
    let unknown = format!("Authorization: Bearer kml_{}", "0".repeat(43));
    let unknown = place.plain("GET", "/api/services", &[&unknown], b"");
    place.vault().revoke_grant("gone").unwrap();
    let revoked = client.get("/api/services");
    for answer in [&missing, &other, &unknown, &revoked] {
        assert_eq!(answer.code(), (401, "unauthenticated"));
    }
    assert_eq!((&missing.json, &unknown.json), (&other.json, &revoked.json));
    let message = |answer: &Answer| answer.json["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(message(&missing), "No token was sent, or not as it should be.");
    assert_eq!(message(&unknown), "The token is wrong, or was revoked.");
}
