//! The document, and that it is the router's own.

use keymoor_vault::GrantScope;
use serde_json::Value;

use crate::place::Place;

const METHODS: [&str; 5] = ["get", "post", "put", "delete", "patch"];

/// Each documented operation with its path, braces filled in.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    operations_at(document, "01890a5d-ac96-774b-bcce-b302099a8057")
}

fn operations_at<'d>(document: &'d Value, id: &str) -> Vec<(String, String, &'d Value)> {
    let paths = document["paths"].as_object().unwrap();
    let mut all = Vec::new();
    for (path, methods) in paths {
        let filled = path.replace("{id}", id).replace("{name}", "google_sheets");
        for (method, operation) in methods.as_object().unwrap() {
            all.push((method.to_uppercase(), filled.clone(), operation));
        }
    }
    all
}

#[test]
fn the_issues_routes_are_there_and_everything_that_is_documented_is_answered() {
    let place = Place::new();
    let client = place.client();
    let operations = operations(place.document());
    for (method, path) in [
        ("POST", "/api/credentials/save"),
        ("GET", "/api/credentials/list"),
        ("GET", "/api/credentials/{id}"),
        ("PUT", "/api/credentials/{id}"),
        ("DELETE", "/api/credentials/{id}"),
        ("POST", "/api/credentials/{id}/verify"),
        ("GET", "/api/credentials/{id}/verify-status"),
        ("POST", "/api/services/{name}/enable"),
        ("POST", "/api/services/{name}/disable"),
        ("POST", "/api/services/{name}/test"),
        ("GET", "/api/services"),
        ("POST", "/api/sheet-mappings/set"),
        ("GET", "/api/sheet-mappings"),
        ("GET", "/api/settings/{name}"),
        ("POST", "/api/settings/{name}"),
        ("GET", "/api/integrations"),
        ("POST", "/api/integrations"),
        ("GET", "/api/integrations/{id}"),
        ("PUT", "/api/integrations/{id}"),
        ("DELETE", "/api/integrations/{id}"),
        ("POST", "/api/integrations/{id}/test"),
        ("GET", "/api/activity"),
        ("GET", "/api/activity/summary"),
    ] {
        let documented = &place.document()["paths"][path][method.to_lowercase()];
        assert!(documented.is_object(), "{method} {path}");
    }
    for (method, path, operation) in &operations {
        let answer = client.call(method, path, (method != "GET").then(|| serde_json::json!({})));
        assert_ne!(answer.status, 405, "{method} {path}");
        assert!(answer.status < 500, "{method} {path}: {answer:?}");
        let names_a_thing = operation["parameters"].as_array().unwrap().iter().any(|one| one["in"] == "path");
        assert!(answer.status != 404 || names_a_thing, "{method} {path}: {answer:?}");
    }
    let ids: std::collections::BTreeSet<_> =
        operations.iter().map(|(.., operation)| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), operations.len(), "each has a name of its own");
}

#[test]
fn no_method_is_answered_that_is_not_documented() {
    let place = Place::new();
    let client = place.client();
    let paths: std::collections::BTreeSet<_> =
        operations(place.document()).into_iter().map(|(_, path, _)| path).collect();
    for path in paths {
        for method in METHODS {
            let documented = operations(place.document())
                .iter()
                .any(|(known, at, _)| *at == path && known == &method.to_uppercase());
            if !documented {
                let answer = client.call(&method.to_uppercase(), &path, None);
                assert_eq!(answer.code(), (405, "method_not_allowed"), "{method} {path}");
                assert!(answer.head.contains("\nallow: "), "{answer:?}");
            }
        }
    }
}

#[test]
fn every_route_wants_a_token_and_says_which_scope() {
    let place = Place::new();
    let reader = place.grant("reader", GrantScope::Read, None);
    for (at, (method, path, operation)) in operations(place.document()).into_iter().enumerate() {
        // As many as may be wrong at once.
        if at < 40 {
            assert_eq!(place.plain(&method, &path, &[], b"").code(), (401, "unauthenticated"), "{path}");
        }
        let answer = reader.call(&method, &path, (method != "GET").then(|| serde_json::json!({})));
        let writes = operation["description"].as_str().unwrap().contains("scope write");
        assert_eq!(writes, answer.code() == (403, "out_of_scope"), "{method} {path}: {answer:?}");
        assert_eq!(writes, method != "GET", "{method} {path}");
    }
}

#[test]
fn no_route_answers_a_limited_grant_with_anything_of_another_credential() {
    let place = Place::new();
    let client = place.client();
    let (mine, other) = (client.save("openai", "mine", "1"), client.save("openai", "hidden-one", "2"));
    let limited = place.grant("limited", GrantScope::Write, Some(vec![mine.parse().unwrap()]));
    let before = client.get(&format!("/api/credentials/{other}")).json;
    let mut lists = 0;
    for (method, path, _) in operations_at(place.document(), &other) {
        let body = match (method.as_str(), path.as_str()) {
            ("GET", _) => None,
            (_, "/api/credentials/save" | "/api/integrations") => {
                Some(serde_json::json!({ "provider": "openai", "name": "hidden-one", "secret": "canary-3" }))
            }
            _ => Some(serde_json::json!({})),
        };
        let answer = limited.call(&method, &path, body);
        let told = answer.json.to_string();
        assert!(!told.contains("hidden-one") && !told.contains(&other), "{method} {path}: {told}");
        if answer.status == 200 {
            // Lists, of what is its own.
            assert!(method == "GET" && !path.contains(&other), "{method} {path}: {told}");
            lists += 1;
        } else {
            let expected = if path.contains(&other) { (404, "not_found") } else { (403, "out_of_scope") };
            assert_eq!(answer.code(), expected, "{method} {path}");
        }
    }
    assert_eq!(lists, 4, "two names of the list, the activity and its summary");
    assert_eq!(client.get(&format!("/api/credentials/{other}")).json, before);
}

#[test]
fn schemas_are_all_there_and_the_document_needs_no_token() {
    let place = Place::new();
    let document = place.document();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], format!("http://{}", place.address()));
    let text = document.to_string();
    let mut found = 0;
    for part in text.split("\"$ref\":\"").skip(1) {
        let name = part.split('"').next().unwrap().strip_prefix("#/components/schemas/").unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
        found += 1;
    }
    assert!(found > 20, "{found}");
    let refused = place.bare("GET", "/openapi.json", &["Host: evil.example"], b"");
    assert_eq!(refused.code(), (403, "host_refused"));
}
