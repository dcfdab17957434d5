//! What happened on this device.

use std::collections::BTreeMap;

use keymoor_vault::{Activity, ActivityFilter, By, Event, rfc3339};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::json;

use crate::answers::activity::{Day, Doer, Entry, Happened, Summary};
use crate::parameters::{LIMIT, Nothing, page};
use crate::refusal::Refusal;
use crate::table::{About, Call, Done, Method, Route, ok};
use crate::wrong::{self, wrong};

pub(super) fn routes() -> Vec<Route> {
    vec![
        About::new(Method::Get, "/api/activity", "listActivity")
            .says("activity", "What happened on this device, newest first.")
            .route(list),
        About::new(Method::Get, "/api/activity/summary", "summariseActivity")
            .says("activity", "How much happened on this device, by day in UTC.")
            .route(summary),
    ]
}

/// Which entries.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActivityQuery {
    /// Only what happened since then: a time, a day, or how long ago (30m, 3h, 2d, 1w).
    #[schemars(schema_with = "moments")]
    since: Option<String>,
    /// Only what was done in this way.
    by: Option<Doer>,
    /// Only what this program had done, or was lent.
    program: Option<String>,
    /// Only this event.
    #[schemars(schema_with = "events")]
    event: Option<String>,
    /// Only about this credential: its id, provider/name or name, as it is now or was then.
    credential: Option<String>,
    /// Only what went wrong.
    failed: Option<bool>,
    /// How many at most.
    #[schemars(range(min = 1, max = 500), extend("default" = LIMIT))]
    limit: Option<usize>,
    /// How many to pass over.
    #[schemars(range(max = 1_000_000_000), extend("default" = 0))]
    offset: Option<usize>,
}

/// What is counted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SummaryQuery {
    /// Only what happened since then: a time, a day, or how long ago (30m, 3h, 2d, 1w).
    #[schemars(schema_with = "moments")]
    since: Option<String>,
    /// Only what was done in this way.
    by: Option<Doer>,
    /// Only what this program had done, or was lent.
    program: Option<String>,
    /// Only this event.
    #[schemars(schema_with = "events")]
    event: Option<String>,
    /// Only about this credential: its id, provider/name or name, as it is now or was then.
    credential: Option<String>,
    /// Only what went wrong.
    failed: Option<bool>,
}

fn moments(_: &mut SchemaGenerator) -> Schema {
    let ago = json!({ "pattern": "^[1-9][0-9]{0,2}[mhdw]$" });
    json_schema!({ "type": "string", "anyOf": [{ "format": "date-time" }, { "format": "date" }, ago] })
}

fn events(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": Event::CODES.as_slice() })
}

fn list(
    call: &mut Call<'_>,
    _: Nothing,
    query: ActivityQuery,
    _: Nothing,
) -> Result<Done<Happened>, Refusal> {
    let ActivityQuery { since, by, program, event, credential, failed, limit, offset } = query;
    let (limit, offset) = (limit.unwrap_or(LIMIT), offset.unwrap_or(0));
    let filter = filter(SummaryQuery { since, by, program, event, credential, failed })?;
    let all = happened(call, &filter)?;
    let total = all.len();
    let activity = page(all, limit, offset)?.iter().map(Entry::new).collect();
    Ok(ok(Happened { activity, total, limit, offset }))
}

fn summary(
    call: &mut Call<'_>,
    _: Nothing,
    query: SummaryQuery,
    _: Nothing,
) -> Result<Done<Summary>, Refusal> {
    let filter = filter(query)?;
    let all = happened(call, &filter)?;
    let mut days: BTreeMap<String, Day> = BTreeMap::new();
    for entry in &all {
        let day: String = rfc3339(entry.at).chars().take(10).collect();
        let counted = days.entry(day.clone()).or_insert_with(|| Day::new(day));
        counted.count += 1;
        counted.failed += usize::from(entry.event.is_failure());
        *counted.events.entry(entry.event.code().to_owned()).or_default() += 1;
    }
    Ok(ok(Summary { days: days.into_values().rev().collect(), total: all.len() }))
}

/// The same filters as those of the command line.
fn filter(query: SummaryQuery) -> Result<ActivityFilter, Refusal> {
    let since = match query.since.as_deref().map(keymoor_vault::since) {
        Some(None) => return Err(wrong("since", wrong::SINCE)),
        since => since.flatten(),
    };
    if query.event.as_deref().is_some_and(|event| !Event::CODES.contains(&event)) {
        return Err(wrong("event", &format!("has to be one of {}", Event::CODES.join(", "))));
    }
    Ok(ActivityFilter {
        since,
        by: query.by.map(By::from),
        program: query.program,
        event: query.event,
        credential: query.credential,
        failed: query.failed.unwrap_or(false),
        ..ActivityFilter::default()
    })
}

/// What the program may see of it: one that is limited to some credentials, what is about them.
fn happened(call: &mut Call<'_>, filter: &ActivityFilter) -> Result<Vec<Activity>, Refusal> {
    let mut all = call.vault.activity_of(filter)?;
    if call.is_limited() {
        all.retain(|entry| entry.event.id().is_some_and(|id| call.may_see(id)));
    }
    Ok(all)
}
