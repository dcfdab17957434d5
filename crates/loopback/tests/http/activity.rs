//! What happened, as programs are told.

use serde_json::json;

use crate::place::Place;

#[test]
fn the_activity_is_filtered_paged_and_counted_and_names_the_program() {
    let place = Place::new();
    let client = place.client();
    let id = client.save("openai", "work", "first-value");
    client.save("openai", "work", "second-value");
    client.save("stripe", "shop", "other-value");
    client.call("DELETE", &format!("/api/credentials/{id}"), None);
    let events = |query: &str| -> Vec<String> {
        let answer = client.get(&format!("/api/activity{query}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        let told = answer.json["activity"].as_array().unwrap().clone();
        told.iter().map(|entry| entry["event"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(events(""), ["deleted", "added", "edited", "added", "granted"]);
    assert_eq!(events(&format!("?credential={id}")), ["deleted", "edited", "added"]);
    assert_eq!(events("?event=added&limit=1"), ["added"]);
    assert_eq!(events("?offset=3"), ["added", "granted"]);
    assert_eq!(events("?credential=openai/work"), ["deleted", "edited", "added"]);
    assert_eq!(events("?credential=shop"), ["added"]);
    assert_eq!((events("?since=1d").len(), events("?since=2w&event=added").len()), (5, 2));
    assert_eq!(events("?since=2999-01-01"), Vec::<String>::new());
    assert_eq!(events("?since=2020-01-01T00:00:00Z&program=tester").len(), 4);
    assert_eq!(events("?program=other"), Vec::<String>::new());
    assert_eq!(
        (events("?by=program").len(), events("?by=cli").len(), events("?failed=true").len()),
        (4, 0, 0)
    );
    let first = client.get("/api/activity?limit=1").json["activity"][0].clone();
    assert_eq!((&first["by"], &first["program"]), (&json!("program"), &json!("tester")));
    assert_eq!(first["credential"], json!({ "id": id, "name": "openai/work" }));
    for wrong in
        ["?since=yesterday", "?since=", "?by=me", "?event=nothing", "?since=-", "?failed=x", "?limit=0"]
    {
        assert_eq!(client.get(&format!("/api/activity{wrong}")).code(), (400, "bad_request"), "{wrong}");
    }
    let summary = client.get("/api/activity/summary").json;
    assert_eq!((&summary["total"], &summary["days"][0]["count"]), (&json!(5), &json!(5)));
    assert_eq!(summary["days"][0]["events"], json!({ "added": 2, "deleted": 1, "edited": 1, "granted": 1 }));
    assert_eq!(client.get("/api/activity/summary?since=2999-01-01").json["days"], json!([]));
    assert_eq!(client.get("/api/activity/summary?since=1d&event=added").json["total"], 2);
}
