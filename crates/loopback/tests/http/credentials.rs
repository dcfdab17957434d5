//! Credentials: save, list, change, trash, and the same under the name of integrations.

use keymoor_vault::{GrantScope, Place as Where};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::place::{CANARY, Place};

fn secret_of(place: &Place, name: &str, field: &str) -> String {
    let mut vault = place.vault();
    let id = vault.find(name, Where::Active).unwrap();
    vault.reveal(id, Some(field)).unwrap().expose_secret().to_owned()
}

#[test]
fn saving_is_an_upsert_and_the_history_keeps_what_was_there() {
    let place = Place::new();
    let client = place.client();
    for (path, again) in
        [("/api/credentials/save", "/api/integrations"), ("/api/integrations", "/api/credentials/save")]
    {
        let name = path.replace('/', "-");
        let body = |secret: &str| json!({ "provider": "OpenAI", "name": name, "secret": format!("{CANARY}{secret}") });
        let made = client.call("POST", path, Some(body("first-value-1111")));
        assert_eq!((made.status, &made.json["changed"]), (201, &json!(true)), "{made:?}");
        assert_eq!(made.json["provider"], "openai");
        assert_eq!(made.json["secrets"], json!({ "secret": "••••1111" }));
        let replaced = client.call("POST", again, Some(body("second-value-2222")));
        assert_eq!((replaced.status, &replaced.json["id"]), (200, &made.json["id"]), "{replaced:?}");
        assert_eq!((&replaced.json["version"], &replaced.json["changed"]), (&json!(2), &json!(true)));
        let same = client.call("POST", path, Some(body("second-value-2222")));
        assert_eq!(
            (same.status, &same.json["version"], &same.json["changed"]),
            (200, &json!(2), &json!(false))
        );
        let mut vault = place.vault();
        let id = vault.find(&name, Where::Active).unwrap();
        let endings: Vec<_> =
            vault.history(id).unwrap().into_iter().filter_map(|past| past.last_four).collect();
        assert_eq!(endings, ["2222", "1111"]);
    }
}

#[test]
fn what_is_left_out_or_masked_stays_and_null_removes() {
    let place = Place::new();
    let client = place.client();
    let secrets = json!({ "access_key_id": format!("{CANARY}id-aaaa"), "secret_access_key": format!("{CANARY}key-bbbb") });
    let body = json!({
        "provider": "acme", "name": "prod", "secrets": secrets, "fields": { "region": "eu", "zone": "a" },
        "labels": ["team"], "note": "first",
    });
    let made = client.call("POST", "/api/credentials/save", Some(body));
    assert_eq!(made.status, 201, "{made:?}");
    let at = format!("/api/credentials/{}", made.json["id"].as_str().unwrap());

    // What an answer had goes back as it came, with one value changed.
    let mut round = made.json["secrets"].clone();
    assert_eq!(round["access_key_id"], "••••aaaa");
    round["secret_access_key"] = json!(format!("{CANARY}other-cccc"));
    let changed = client.call("PUT", &at, Some(json!({ "secrets": round, "fields": { "zone": null } })));
    assert_eq!(changed.json["secrets"]["secret_access_key"], "••••cccc", "{changed:?}");
    assert_eq!(changed.json["fields"], json!({ "region": "eu" }));
    assert_eq!((&changed.json["note"], &changed.json["labels"]), (&json!("first"), &json!(["team"])));
    assert_eq!(changed.json["fingerprints"]["access_key_id"], made.json["fingerprints"]["access_key_id"]);
    assert_ne!(
        changed.json["fingerprints"]["secret_access_key"],
        made.json["fingerprints"]["secret_access_key"]
    );
    assert_eq!(secret_of(&place, "prod", "access_key_id"), format!("{CANARY}id-aaaa"));
    assert_eq!(secret_of(&place, "prod", "secret_access_key"), format!("{CANARY}other-cccc"));

    for nothing in [json!({}), json!({ "secrets": changed.json["secrets"] })] {
        let same = client.call("PUT", &at, Some(nothing));
        assert_eq!(
            (same.status, &same.json["changed"], &same.json["version"]),
            (200, &json!(false), &json!(2))
        );
    }
    let fewer =
        client.call("PUT", &at, Some(json!({ "secrets": { "access_key_id": null }, "enabled": false })));
    assert_eq!(
        (fewer.status, &fewer.json["enabled"], &fewer.json["status"]),
        (200, &json!(false), &json!("disabled"))
    );
    assert!(fewer.json["secrets"].get("access_key_id").is_none());
    let last = client.call("PUT", &at, Some(json!({ "secrets": { "secret_access_key": null } })));
    assert_eq!(last.code(), (409, "last_secret"));
}

#[test]
fn a_list_is_filtered_and_paged_and_has_no_secret() {
    let place = Place::new();
    let client = place.client();
    for n in 0..5 {
        client.save("openai", &format!("n{n}"), &format!("value-number-{n}"));
    }
    client.save("stripe", "shop", "value-of-the-shop");
    let names = |query: &str| -> Vec<String> {
        let answer = client.get(&format!("/api/credentials/list{query}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        let all = answer.json["credentials"].as_array().unwrap().clone();
        all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(""), ["n0", "n1", "n2", "n3", "n4", "shop"]);
    assert_eq!(names("?provider=Stripe"), ["shop"]);
    assert_eq!(names("?q=openai%20n3"), ["n3"]);
    assert_eq!(names("?limit=2&offset=4"), ["n4", "shop"]);
    assert_eq!(names("?status=connected"), Vec::<String>::new());
    assert_eq!(names("?status=unchecked&provider=openai&limit=1"), ["n0"]);
    assert_eq!(client.get("/api/credentials/list?limit=2&offset=4").json["total"], 6);
    assert_eq!(client.get("/api/integrations?provider=stripe").json["integrations"], Value::Null);
    for wrong in
        ["?limit=0", "?limit=501", "?limit=x", "?offset=-1", "?status=good", "?nothing=1", "?limit=1&limit=2"]
    {
        let answer = client.get(&format!("/api/credentials/list{wrong}"));
        assert_eq!(answer.code(), (400, "bad_request"), "{wrong}");
    }
}

#[test]
fn delete_moves_to_the_trash_and_erases_nothing() {
    let place = Place::new();
    let client = place.client();
    for base in ["/api/credentials", "/api/integrations"] {
        let id = client.save("openai", "work", "a-value-to-trash");
        let at = format!("{base}/{id}");
        assert_eq!(client.call("DELETE", &at, None).json["trashed"], true);
        for method in ["GET", "PUT", "DELETE"] {
            let answer = client.call(method, &at, (method == "PUT").then(|| json!({})));
            assert_eq!(answer.code(), (404, "not_found"), "{method}");
        }
        assert_eq!(client.call("POST", &format!("/api/credentials/{id}/verify"), None).status, 404);
        let mut vault = place.vault();
        let there = vault.find("work", Where::Trash).unwrap();
        vault.restore(there).unwrap();
        assert_eq!(secret_of(&place, "work", "secret"), format!("{CANARY}a-value-to-trash"));
        assert_eq!(client.get(&at).status, 200);
        let mut vault = place.vault();
        vault.erase(there).unwrap();
    }
}

#[test]
fn what_cannot_be_saved_is_refused_with_a_code_and_nothing_is_stored() {
    let place = Place::new();
    let client = place.client();
    let secret = format!("{CANARY}something");
    let good = json!({ "provider": "openai", "name": "work", "secret": secret });
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    for (body, code) in [
        (with("provider", json!("a/b")), "bad_request"),
        (with("name", json!("a\nb")), "bad_request"),
        (with("name", json!("n".repeat(201))), "bad_request"),
        (with("secret", json!("")), "no_secret"),
        (with("secret", Value::Null), "no_secret"),
        (json!({ "provider": "openai", "name": "work" }), "no_secret"),
        (with("secret", json!(7)), "bad_request"),
        (with("secret", json!("a\u{0}b")), "invalid_value"),
        (with("secret", json!("••••abcd")), "masked_secret"),
        (with("secret", json!("********")), "masked_secret"),
        (with("fields", json!({ "a": null })), "bad_request"),
        (with("nothing", json!(1)), "bad_request"),
        (json!([good]), "bad_request"),
        (json!(["openai", "work", secret]), "bad_request"),
        (json!("text"), "bad_request"),
        (Value::Null, "bad_request"),
    ] {
        let answer = client.call("POST", "/api/credentials/save", Some(body.clone()));
        assert_eq!(answer.code(), (400, code), "{body}");
    }
    let large =
        client.call("POST", "/api/credentials/save", Some(with("secret", json!("s".repeat(65 * 1024)))));
    assert_eq!(large.code(), (413, "too_large"));
    assert_eq!(client.get("/api/credentials/list").json["total"], 0);

    let example = keymoor_providers::provider("github").unwrap().recognise[0].samples[0].clone();
    let answer = client.call("POST", "/api/credentials/save", Some(with("secret", json!(example))));
    assert_eq!(answer.code(), (400, "example_secret"));

    let (first, second) =
        (client.save("openai", "one", "value-one"), client.save("openai", "two", "value-two"));
    let taken = client.call("PUT", &format!("/api/credentials/{second}"), Some(json!({ "name": "one" })));
    assert_eq!(taken.code(), (409, "name_taken"));
    let open = json!({ "fields": { "secret": "open" } });
    let slip = client.call("PUT", &format!("/api/credentials/{first}"), Some(open));
    assert_eq!(slip.code(), (409, "secret_field"));
    let none = json!({ "fields": { "nothing": null }, "secrets": { "neither": null } });
    let none = client.call("PUT", &format!("/api/credentials/{first}"), Some(none));
    assert_eq!((none.status, &none.json["changed"]), (200, &json!(false)));
    for twice in [
        json!({ "secrets": { "a": secret }, "fields": { "a": "open" } }),
        json!({ "secrets": { "secret": secret }, "secret": secret }),
        json!({ "fields": { "secret": null }, "secret": secret }),
    ] {
        let answer = client.call("PUT", &format!("/api/credentials/{first}"), Some(twice.clone()));
        assert_eq!(answer.code(), (409, "field_twice"), "{twice}");
    }
    let two = json!({ "secrets": { "a": secret, "b": secret } });
    client.call("PUT", &format!("/api/credentials/{first}"), Some(two));
    let removed = json!({ "secrets": { "secret": null } });
    client.call("PUT", &format!("/api/credentials/{first}"), Some(removed));
    let which = client.call("PUT", &format!("/api/credentials/{first}"), Some(json!({ "secret": secret })));
    assert_eq!(which.code(), (409, "which_field"));
}

#[test]
fn the_record_of_services_is_no_credential() {
    let place = Place::new();
    let client = place.client();
    client.call("POST", "/api/settings/google_sheets", Some(json!({ "sheet_name": "June" })));
    // No answer names it: it is read from the file.
    let file = rusqlite::Connection::open(place.home().join("keymoor.db")).unwrap();
    let id: [u8; 16] = file.query_row("SELECT id FROM draft", (), |row| row.get(0)).unwrap();
    let id = keymoor_vault::RecordId(id);
    for (method, path) in [("GET", ""), ("DELETE", ""), ("POST", "/verify"), ("GET", "/verify-status")] {
        let answer = client.call(method, &format!("/api/credentials/{id}{path}"), None);
        assert_eq!(answer.code(), (404, "not_found"), "{method} {path}");
    }
    let answer = client.call("PUT", &format!("/api/credentials/{id}"), Some(json!({ "note": "x" })));
    assert_eq!(answer.code(), (404, "not_found"));
}

#[test]
fn a_key_of_nobody_we_know_is_not_asked_about() {
    let place = Place::new();
    let client = place.client();
    let id = client.save("nobody", "x", "value-of-nobody");
    let verified = client.call("POST", &format!("/api/integrations/{id}/test"), None);
    assert_eq!((verified.status, &verified.json["status"]), (200, &json!("unchecked")), "{verified:?}");
    assert_eq!(verified.json["verification"]["reason"], "there is no check");
    let status = client.get(&format!("/api/credentials/{id}/verify-status"));
    assert_eq!(status.json, verified.json);
    let reader = place.grant("reader", GrantScope::Read, None);
    let again = reader.call("POST", &format!("/api/credentials/{id}/verify"), None);
    assert_eq!(again.code(), (403, "out_of_scope"));
}

#[test]
fn saving_what_is_there_needs_no_secret() {
    let place = Place::new();
    let client = place.client();
    let id = client.save("openai", "work", "a-value-that-stays");
    let save = |body: Value| client.call("POST", "/api/credentials/save", Some(body));
    let noted = save(json!({ "provider": "openai", "name": "work", "note": "n", "labels": ["a"] }));
    assert_eq!(
        (noted.status, &noted.json["id"], &noted.json["note"]),
        (200, &json!(id), &json!("n")),
        "{noted:?}"
    );
    let same = save(json!({ "provider": "openai", "name": "work" }));
    assert_eq!((same.status, &same.json["changed"], &same.json["note"]), (200, &json!(false), &json!("n")));
    let masked =
        save(json!({ "provider": "openai", "name": "work", "secret": noted.json["secrets"]["secret"] }));
    assert_eq!((masked.status, &masked.json["changed"]), (200, &json!(false)));
    assert_eq!(secret_of(&place, "work", "secret"), format!("{CANARY}a-value-that-stays"));
}

#[test]
fn what_the_catalogue_calls_open_is_open_however_it_is_sent() {
    let place = Place::new();
    let client = place.client();
    let (key, secret) = ("AKIAQ3EGT7WXN2VB5ZLM", format!("{CANARY}secret-of-aws"));
    let secrets = json!({ "access_key_id": key, "secret_access_key": secret });
    let body = json!({ "provider": "aws", "name": "prod", "secrets": secrets });
    let made = client.call("POST", "/api/credentials/save", Some(body));
    assert_eq!((made.status, &made.json["fields"]), (201, &json!({ "access_key_id": key })), "{made:?}");
    assert_eq!(made.json["secrets"], json!({ "secret_access_key": "••••-aws" }));
    let at = format!("/api/credentials/{}", made.json["id"].as_str().unwrap());
    let again =
        client.call("PUT", &at, Some(json!({ "fields": { "access_key_id": "AKIAQ3EGT7WXN2VB5ZLN" } })));
    assert_eq!(again.json["fields"]["access_key_id"], "AKIAQ3EGT7WXN2VB5ZLN");
}

#[test]
fn an_expiry_is_set_read_and_taken_away_and_what_needs_care_is_listed() {
    let place = Place::new();
    let client = place.client();
    let secret = format!("{CANARY}a-value-that-ends");
    let body = json!({ "provider": "openai", "name": "old", "secret": secret, "expires_at": "2020-01-01T12:00:00Z" });
    let made = client.call("POST", "/api/credentials/save", Some(body));
    assert_eq!((made.status, &made.json["expires_at"]), (201, &json!("2020-01-01T12:00:00Z")), "{made:?}");
    assert_eq!(made.json["care"], json!(["expired"]));
    client.save("openai", "fresh", "a-value-that-stays");
    let names = |status: &str| -> Vec<String> {
        let all = client.get(&format!("/api/credentials/list?status={status}")).json["credentials"].clone();
        all.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((names("care"), names("expired")), (vec!["old".to_owned()], vec!["old".to_owned()]));
    assert_eq!((names("expiring"), names("old")), (vec![], vec![]));
    assert_eq!(names("unchecked"), ["fresh", "old"]);
    let at = format!("/api/credentials/{}", made.json["id"].as_str().unwrap());
    let day = client.call("PUT", &at, Some(json!({ "expires_at": "2999-01-01" })));
    assert_eq!(
        (&day.json["expires_at"], &day.json["expires_as_set"]),
        (&json!("2999-01-01T23:59:59Z"), &json!("2999-01-01T23:59:59Z"))
    );
    assert_eq!(
        client.call("PUT", &at, Some(json!({ "note": "x" }))).json["expires_at"],
        "2999-01-01T23:59:59Z"
    );
    let body = json!({ "provider": "openai", "name": "old", "expires_at": "2998-01-01" });
    let saved = client.call("POST", "/api/credentials/save", Some(body));
    assert_eq!((saved.status, &saved.json["expires_at"]), (200, &json!("2998-01-01T23:59:59Z")));
    assert_eq!(client.call("PUT", &at, Some(json!({ "expires_at": null }))).json["expires_at"], Value::Null);
    assert_eq!(names("care"), Vec::<String>::new());
    let wrong = client.call("PUT", &at, Some(json!({ "expires_at": "soon" })));
    assert_eq!((wrong.code(), &wrong.json["error"]["field"]), ((400, "bad_request"), &json!("/expires_at")));
}
