//! Services and settings.

use serde_json::json;

use crate::place::{CANARY, Place};

const SHEET: &str = "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms";

#[test]
fn a_service_is_taken_into_use_and_out_of_it() {
    let place = Place::new();
    let client = place.client();
    let nothing = client.call("POST", "/api/services/openai/enable", None);
    assert_eq!(nothing.code(), (409, "nothing_to_use"));
    let (work, home) =
        (client.save("openai", "work", "value-work"), client.save("openai", "home", "value-home"));
    let which = client.call("POST", "/api/services/openai/enable", None);
    assert_eq!(which.code(), (409, "which_credential"));
    let hint = which.json["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("openai/home, openai/work"), "{hint}");
    for (said, meant) in [("openai/work", &work), (home.as_str(), &home)] {
        let on = client.call("POST", "/api/services/openai/enable", Some(json!({ "credential": said })));
        assert_eq!(
            (on.status, &on.json["enabled"], &on.json["credential"]["id"]),
            (200, &json!(true), &json!(meant))
        );
    }
    let listed = client.get("/api/services").json;
    assert_eq!(listed["services"].as_array().unwrap().len(), 1);
    let all = client.get("/api/services?all=true").json;
    assert!(all["services"].as_array().unwrap().len() > 70);
    let off = client.call("POST", "/api/services/openai/disable", None);
    assert_eq!(
        (off.status, &off.json["enabled"], &off.json["credential"]),
        (200, &json!(false), &json!(null))
    );
    let sheets =
        client.call("POST", "/api/services/google_sheets/enable", Some(json!({ "credential": "work" })));
    assert_eq!(sheets.code(), (409, "not_accepted"));
    // Why one uses none is said, too.
    client.call("POST", "/api/services/openai/enable", Some(json!({ "credential": home })));
    assert_eq!(client.get("/api/services").json["services"][0]["why_none"], json!(null));
    client.call("PUT", &format!("/api/credentials/{home}"), Some(json!({ "enabled": false })));
    let which = json!({ "reason": "which", "choices": ["openai/work"] });
    assert_eq!(client.get("/api/services").json["services"][0]["why_none"], which);
    client.call("PUT", &format!("/api/credentials/{work}"), Some(json!({ "fallback": true })));
    let uses = client.get("/api/services").json["services"][0]["credential"].clone();
    assert_eq!((&uses["name"], &uses["fallback"]), (&json!("work"), &json!(true)));
    client.call("PUT", &format!("/api/credentials/{work}"), Some(json!({ "enabled": false })));
    let nothing = json!({ "reason": "nothing" });
    assert_eq!(client.get("/api/services").json["services"][0]["why_none"], nothing);
    client.call("PUT", &format!("/api/credentials/{work}"), Some(json!({ "enabled": true })));
    for action in ["enable", "disable"] {
        let unknown = client.call("POST", &format!("/api/services/nothing/{action}"), None);
        assert_eq!(unknown.code(), (404, "no_such_service"));
    }
    let gone = client.call("POST", "/api/services/openai/enable", Some(json!({ "credential": "gone" })));
    assert_eq!(gone.code(), (404, "not_found"));
}

#[test]
fn sheet_mappings_are_the_settings_of_google_sheets() {
    let place = Place::new();
    let client = place.client();
    let before = client.get("/api/sheet-mappings");
    assert_eq!(before.json["settings"], json!({ "spreadsheet_id": null, "sheet_name": null }));
    assert_eq!(before.json["missing"], json!(["spreadsheet_id"]));
    let nothing = client.call("POST", "/api/sheet-mappings/set", Some(json!({ "sheet_name": "" })));
    assert_eq!((nothing.status, &nothing.json), (200, &before.json));
    let address = format!("https://docs.google.com/spreadsheets/d/{SHEET}/edit#gid=0");
    let set = json!({ "spreadsheet_id": address, "sheet_name": "June" });
    let set = client.call("POST", "/api/sheet-mappings/set", Some(set));
    assert_eq!(set.json["settings"], json!({ "spreadsheet_id": SHEET, "sheet_name": "June" }), "{set:?}");
    assert_eq!(client.get("/api/settings/google_sheets").json, client.get("/api/sheet-mappings").json);
    for (path, null) in
        [("/api/settings/google_sheets", "sheet_name"), ("/api/sheet-mappings/set", "spreadsheet_id")]
    {
        let gone = client.call("POST", path, Some(json!({ null: null })));
        assert_eq!((gone.status, &gone.json["settings"][null]), (200, &json!(null)), "{path}");
    }
    assert_eq!(client.get("/api/sheet-mappings").json, before.json);
    client.call(
        "POST",
        "/api/sheet-mappings/set",
        Some(json!({ "spreadsheet_id": SHEET, "sheet_name": "June" })),
    );
    let one = client.call("POST", "/api/settings/google_sheets", Some(json!({ "sheet_name": null })));
    assert_eq!(one.json["settings"], json!({ "spreadsheet_id": SHEET, "sheet_name": null }));
    let same = client.call("POST", "/api/settings/google_sheets", Some(json!({})));
    assert_eq!(same.json, one.json);
    let wrong = client.call("POST", "/api/sheet-mappings/set", Some(json!({ "spreadsheet_id": "short" })));
    assert_eq!(wrong.code(), (400, "invalid_value"));
    assert_eq!(wrong.json["error"]["field"], "/spreadsheet_id");
    assert!(
        wrong.json["error"]["hint"].as_str().unwrap().contains("spreadsheet_id, sheet_name"),
        "{wrong:?}"
    );
    let none = client.call("POST", "/api/settings/openai", Some(json!({ "tab": "x" })));
    assert_eq!(none.json["error"]["message"], "The service has no settings.");
    let unknown = client.call("POST", "/api/settings/google_sheets", Some(json!({ "tab": "x" })));
    assert_eq!(unknown.code(), (404, "no_such_setting"));
    assert!(unknown.json["error"]["hint"].as_str().unwrap().contains("spreadsheet_id"));
    assert_eq!(client.get("/api/settings/nothing").code(), (404, "no_such_service"));
    assert_eq!(client.get("/api/settings").json["settings"][0]["service"], "google_sheets");
    assert!(!client.get("/api/settings").json.to_string().contains(CANARY));
}

#[test]
fn a_setting_that_says_where_a_key_goes_is_not_a_programs_to_set() {
    let place = Place::new();
    let client = place.client();
    let set = |value: &str| client.call("POST", "/api/settings/shopify", Some(json!({ "shop": value })));
    let refused = set("evil.myshopify.com");
    assert_eq!(refused.code(), (409, "address_alone"), "{refused:?}");
    assert!(refused.json["error"]["hint"].as_str().unwrap().contains("keymoor service set"));
    let own = [("shop".to_owned(), "own.myshopify.com".to_owned())];
    place.vault().set_service("shopify", &own).unwrap();
    assert_eq!(set("own.myshopify.com").status, 200, "no change");
    assert_eq!(
        (set("evil.myshopify.com").code(), set("").code()),
        ((409, "address_alone"), (409, "address_alone"))
    );
    let version = client.call("POST", "/api/settings/shopify", Some(json!({ "api_version": "2026-01" })));
    assert_eq!(
        version.json["settings"],
        json!({ "shop": "own.myshopify.com", "api_version": "2026-01" }),
        "{version:?}"
    );
}
