//! What happened on this device, as the window lists it.

use keymoor_vault as vault;
use serde::Serialize;

/// Something that happened.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct Happened {
    /// Milliseconds since 1970.
    at: u64,
    /// Who had it done: `cli`, `window` or `program`; left out for what the vault does by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    /// Which program.
    #[serde(skip_serializing_if = "Option::is_none")]
    asker: Option<String>,
    /// The key that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Whether it says that something went wrong.
    failed: bool,
    #[cfg_attr(test, ts(type = "ActivityEvent"))]
    event: vault::Event,
}

/// The newest entries that were asked for.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ActivityPage {
    entries: Vec<Happened>,
    /// Whether there are older ones.
    more: bool,
}

/// What happened on one day.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ActivityDay {
    /// When it begins, in UTC, milliseconds since 1970.
    at: u64,
    total: u64,
    failed: u64,
}

impl ActivityPage {
    /// Of entries of which one more was read than is shown.
    pub(crate) fn of(mut entries: Vec<vault::Activity>, limit: usize) -> Self {
        let more = entries.len() > limit;
        entries.truncate(limit);
        Self { entries: entries.into_iter().map(Happened::from).collect(), more }
    }
}

impl From<vault::Activity> for Happened {
    fn from(entry: vault::Activity) -> Self {
        let (by, asker) = match entry.by {
            None => (None, None),
            Some(vault::Who::CommandLine) => (Some("cli"), None),
            Some(vault::Who::Window) => (Some("window"), None),
            Some(vault::Who::Program(name)) => (Some("program"), Some(name)),
        };
        let key = entry.event.id().map(|id| id.to_string());
        Self { at: entry.at, by, asker, key, failed: entry.event.is_failure(), event: entry.event }
    }
}

impl From<vault::ActivityDay> for ActivityDay {
    fn from(day: vault::ActivityDay) -> Self {
        Self { at: day.at, total: day.total, failed: day.failed }
    }
}

/// What the entries of all events may say beside their code, for the web view: `ActivityEvent` in its types.
#[cfg(test)]
pub(crate) const EVENT_MEMBERS: [(&str, &str); 28] = [
    ("id", "string"),
    ("name", "string"),
    ("field", "string"),
    ("copied", "boolean"),
    ("program", "string"),
    ("verdict", "string"),
    ("why", "string"),
    ("done", "boolean"),
    ("service", "string"),
    ("credential", "string"),
    ("settings", "Array<string>"),
    ("policy", "string"),
    ("days", "number"),
    ("pulled", "number"),
    ("pushed", "number"),
    ("deleted", "number"),
    ("count", "number"),
    ("alarm", "string"),
    ("from", "string"),
    ("erased", "boolean"),
    ("here", "boolean"),
    ("records", "number"),
    ("path", "string"),
    ("taken", "number"),
    ("whole", "boolean"),
    ("scope", "string"),
    ("limited", "boolean"),
    ("server", "string"),
];

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    /// An entry of that code, with whatever the one or the other event has to say.
    fn entry(code: &str) -> vault::Event {
        let entry = json!({
            "event": code, "id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "openai/work", "done": true,
            "field": "secret", "copied": true, "program": "curl", "verdict": "invalid", "why": "tls",
            "pulled": 1, "pushed": 2, "deleted": 3, "count": 4, "alarm": "put_back", "from": "keychain",
            "erased": true, "here": false, "records": 5, "path": "keymoor.db.damaged-1", "taken": 6,
            "whole": true, "scope": "read", "limited": true, "service": "openai",
            "credential": "openai/work", "settings": ["sheet_name"], "policy": "all", "days": 7,
            "server": "https://localhost:8790",
        });
        serde_json::from_value(entry).unwrap()
    }

    #[test]
    fn the_web_view_knows_all_that_an_event_can_say() {
        let mut seen = Map::new();
        for code in vault::Event::CODES {
            let told = Happened::from(vault::Activity { at: 1, by: None, event: entry(code) });
            let Value::Object(told) = serde_json::to_value(told).unwrap()["event"].take() else { panic!() };
            assert_eq!(told["event"], code);
            seen.extend(told);
        }
        seen.remove("event");
        let known: Vec<_> = EVENT_MEMBERS.iter().map(|(name, _)| *name).collect();
        for (name, value) in &seen {
            let kind = EVENT_MEMBERS.iter().find(|(known, _)| known == name).map(|(_, kind)| *kind);
            let right = match value {
                Value::String(_) => "string",
                Value::Bool(_) => "boolean",
                Value::Array(_) => "Array<string>",
                _ => "number",
            };
            assert_eq!(kind, Some(right), "{name}");
        }
        assert_eq!(known.len(), seen.len(), "nothing is known that no event says: {seen:?}");
    }

    #[test]
    fn who_had_it_done_is_told_and_whether_there_is_more() {
        let entry = |by| vault::Activity { at: 1, by, event: entry("verified") };
        let program = Some(vault::Who::Program("n8n".to_owned()));
        let page = ActivityPage::of(vec![entry(program), entry(None), entry(None)], 2);
        let page = serde_json::to_value(page).unwrap();
        assert_eq!((&page["more"], page["entries"].as_array().unwrap().len()), (&true.into(), 2));
        let first = &page["entries"][0];
        assert_eq!((&first["by"], &first["asker"]), (&"program".into(), &"n8n".into()));
        assert_eq!((&first["failed"], &first["key"]), (&true.into(), &first["event"]["id"]));
        assert!(page["entries"][1]["by"].is_null());
    }
}
