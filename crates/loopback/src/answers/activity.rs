//! What happened on this device.

use std::collections::BTreeMap;

use keymoor_vault::{Activity, By, Who, rfc3339};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A part of the activity, newest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Activity")]
pub(crate) struct Happened {
    pub(crate) activity: Vec<Entry>,
    /// How many entries fit in all.
    pub(crate) total: usize,
    pub(crate) limit: usize,
    pub(crate) offset: usize,
}

/// Something that happened.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ActivityEntry")]
pub(crate) struct Entry {
    #[schemars(extend("format" = "date-time"))]
    at: String,
    /// Who had it done: cli, window, program; nothing for what Keymoor did by itself.
    by: Option<Doer>,
    /// The program, where it was one.
    program: Option<String>,
    /// What: added, edited, deleted, verified …
    event: String,
    /// The credential that it is about.
    credential: Option<About>,
    /// What else the event tells.
    details: Map<String, Value>,
}

/// Who had something done.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Doer {
    Cli,
    Window,
    Program,
}

impl From<Doer> for By {
    fn from(doer: Doer) -> Self {
        match doer {
            Doer::Cli => Self::CommandLine,
            Doer::Window => Self::Window,
            Doer::Program => Self::Program,
        }
    }
}

/// The credential that something happened to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ActivityCredential")]
struct About {
    id: Option<String>,
    /// `provider/name`, as it was then.
    name: Option<String>,
}

impl Entry {
    pub(crate) fn new(activity: &Activity) -> Self {
        // The vault's own words for it: ids, names and words of ours.
        let mut details = match serde_json::to_value(&activity.event) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        let mut text = |name: &str| match details.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let (event, id, name) = (text("event"), text("id"), text("name"));
        let (by, program) = match &activity.by {
            None => (None, None),
            Some(Who::CommandLine) => (Some(Doer::Cli), None),
            Some(Who::Window) => (Some(Doer::Window), None),
            Some(Who::Program(name)) => (Some(Doer::Program), Some(name.clone())),
        };
        let about = id.is_some() || name.is_some();
        Self {
            at: rfc3339(activity.at),
            by,
            program,
            event: event.unwrap_or_else(|| "unknown".to_owned()),
            credential: about.then_some(About { id, name }),
            details,
        }
    }
}

/// Counts by day.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ActivitySummary")]
pub(crate) struct Summary {
    /// Days on which something happened, newest first.
    pub(crate) days: Vec<Day>,
    pub(crate) total: usize,
}

/// What happened on a day, in UTC.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ActivityDay")]
pub(crate) struct Day {
    #[schemars(extend("format" = "date"))]
    pub(crate) day: String,
    pub(crate) count: usize,
    /// How much of it went wrong.
    pub(crate) failed: usize,
    /// How often each event.
    pub(crate) events: BTreeMap<String, usize>,
}

impl Day {
    pub(crate) fn new(day: String) -> Self {
        Self { day, count: 0, failed: 0, events: BTreeMap::new() }
    }
}
