//! What happened on this device.

use std::collections::BTreeMap;

use keymoor_protocol::RecordId;
use keymoor_vault::{Activity, ActivityFilter, By, rfc3339};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::answers::activity::{Day, Doer, Entry, Happened, Summary};
use crate::parameters::{LIMIT, Nothing, page};
use crate::refusal::Refusal;
use crate::table::{About, Call, Done, Method, Route, ok};
use crate::wrong;

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
    /// Only what happened since then: a time or a day.
    #[schemars(extend("format" = "date-time"))]
    since: Option<String>,
    /// Only what was done in this way.
    by: Option<Doer>,
    /// Only what this program had done, or was lent.
    program: Option<String>,
    /// Only this event.
    event: Option<String>,
    /// Only about the credential of this id.
    #[schemars(with = "Option<String>", extend("format" = "uuid"))]
    credential: Option<RecordId>,
    /// Only what went wrong.
    failed: Option<bool>,
    /// How many at most.
    #[schemars(range(min = 1, max = 500), extend("default" = LIMIT))]
    limit: Option<usize>,
    /// How many to pass over.
    #[schemars(range(max = 1_000_000_000), extend("default" = 0))]
    offset: Option<usize>,
}

/// Since when.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SummaryQuery {
    /// Only what happened since then: a time or a day.
    #[schemars(extend("format" = "date-time"))]
    since: Option<String>,
    /// Only what this program had done, or was lent.
    program: Option<String>,
}

fn list(
    call: &mut Call<'_>,
    _: Nothing,
    query: ActivityQuery,
    _: Nothing,
) -> Result<Done<Happened>, Refusal> {
    let (limit, offset) = (query.limit.unwrap_or(LIMIT), query.offset.unwrap_or(0));
    let filter = ActivityFilter {
        since: since(query.since.as_deref())?,
        by: query.by.map(By::from),
        program: query.program,
        event: query.event,
        credential: query.credential.map(|id| id.to_string()),
        failed: query.failed.unwrap_or(false),
        ..ActivityFilter::default()
    };
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
    let SummaryQuery { since: text, program } = query;
    let filter = ActivityFilter { since: since(text.as_deref())?, program, ..ActivityFilter::default() };
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

fn since(text: Option<&str>) -> Result<Option<u64>, Refusal> {
    text.map(|text| keymoor_vault::since(text).ok_or_else(|| wrong::wrong("since", wrong::SINCE))).transpose()
}

/// What the program may see of it: one that is limited to some credentials, what is about them.
fn happened(call: &mut Call<'_>, filter: &ActivityFilter) -> Result<Vec<Activity>, Refusal> {
    let mut all = call.vault.activity_of(filter)?;
    if call.is_limited() {
        all.retain(|entry| entry.event.id().is_some_and(|id| call.may_see(id)));
    }
    Ok(all)
}
