//! What happened on this device: by what it was about, by kind, by who had it done.

use keymoor_vault::{ActivityFilter, By};
use serde::Deserialize;
use tauri::{State, command};

use crate::answers::{ActivityDay, ActivityPage};
use crate::desk::{Answer, Desk};

/// Which entries; what is left out lets all through.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct ActivityRequest {
    /// At this moment or later, milliseconds since 1970.
    since: Option<u64>,
    /// Earlier than this.
    until: Option<u64>,
    /// Of one key, by its id.
    key: Option<String>,
    /// What a program had done, or was lent.
    program: Option<String>,
    /// `cli`, `window` or `program`.
    by: Option<String>,
    /// The code of what happened.
    #[cfg_attr(test, ts(optional, type = "EventCode"))]
    event: Option<String>,
    /// Only what went wrong.
    failed: bool,
    /// At most so many, the newest.
    limit: usize,
}

#[command]
pub(crate) async fn activity(desk: State<'_, Desk>, request: ActivityRequest) -> Answer<ActivityPage> {
    let limit = request.limit;
    let filter = ActivityFilter::from(request);
    desk.look(move |vault| Ok(ActivityPage::of(vault.activity_of(&filter)?, limit))).await
}

/// The programs that there are entries of.
#[command]
pub(crate) async fn activity_programs(desk: State<'_, Desk>) -> Answer<Vec<String>> {
    desk.look(|vault| Ok(vault.programs_seen()?.into_iter().collect())).await
}

/// How often keys were verified, by day, the newest first; days without any are left out.
#[command]
pub(crate) async fn verifications(desk: State<'_, Desk>, since: u64) -> Answer<Vec<ActivityDay>> {
    let event = Some("verified".to_owned());
    let filter = ActivityFilter { since: Some(since), event, ..ActivityFilter::default() };
    desk.look(move |vault| {
        let days = vault.activity_summary(&filter)?;
        Ok(days.into_iter().map(ActivityDay::from).collect())
    })
    .await
}

impl From<ActivityRequest> for ActivityFilter {
    fn from(request: ActivityRequest) -> Self {
        let by = |code: String| By::ALL.iter().find(|(known, _)| *known == code).map(|(_, by)| *by);
        Self {
            since: request.since,
            until: request.until,
            credential: request.key,
            program: request.program,
            by: request.by.and_then(by),
            event: request.event,
            failed: request.failed,
            limit: Some(request.limit.saturating_add(1)), // to see whether there is more
        }
    }
}
