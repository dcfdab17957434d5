//! A key goes where its user said, whatever a program writes.

use keymoor_vault::{Field, GrantScope, NewCredential, Value as Of, Who};
use serde_json::json;

use crate::place::{CANARY, Place};

#[test]
fn no_program_sends_a_key_to_an_address_of_its_own() {
    let place = Place::new();
    let field = |name: &str, value| Field { name: name.to_owned(), value };
    let mut vault = place.vault();
    vault.act_for(Who::CommandLine);
    let fields = vec![
        field("token", Of::Secret(format!("{CANARY}to-be-kept").into())),
        field("host", Of::Open("git.example.com".to_owned())),
    ];
    let (provider, name) = ("gitlab".to_owned(), "work".to_owned());
    let id = vault.add(NewCredential { provider, name, fields, ..NewCredential::default() }).unwrap().id;
    let clients = [
        place.grant("writer", GrantScope::Write, None),
        place.grant("limited", GrantScope::Write, Some(vec![id])),
    ];
    for client in clients {
        let at = format!("/api/credentials/{id}");
        let before = client.get(&at).json;
        for change in [
            json!({ "fields": { "host": "evil.example" } }),
            json!({ "fields": { "host": null } }),
            json!({ "fields": { "host": "" } }),
            json!({ "fields": { "host": "evil.example" }, "secret": "••••kept" }),
            json!({ "fields": { "host": "evil.example" }, "secrets": { "other": format!("{CANARY}1") } }),
            json!({ "secrets": { "host": "evil.example" } }),
        ] {
            let mut save = json!({ "provider": "gitlab", "name": "work", "secret": "••••kept" });
            save.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let answer = client.call("PUT", &at, Some(change.clone()));
            assert_eq!(answer.code(), (409, "address_alone"), "{change}");
            assert!(answer.json["error"]["hint"].as_str().unwrap().ends_with(": token."), "{answer:?}");
            let answer = client.call("POST", "/api/credentials/save", Some(save.clone()));
            let removes = change["fields"]["host"].is_null() && change["fields"].is_object();
            let code = if removes { (400, "bad_request") } else { (409, "address_alone") };
            assert_eq!(answer.code(), code, "{save}");
        }
        assert_eq!(client.get(&at).json, before);
    }
    let client = place.grant("other", GrantScope::Write, None);
    let anew = json!({ "fields": { "host": "own.example" }, "secret": format!("{CANARY}of-the-program") });
    assert_eq!(client.call("PUT", &format!("/api/credentials/{id}"), Some(anew)).status, 200);
}
