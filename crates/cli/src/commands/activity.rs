//! `keymoor activity`: what happened on this device.

mod since;

use std::{collections::BTreeMap, num::NonZeroUsize};

use clap::builder::PossibleValuesParser;
use keymoor_vault::{Activity, ActivityDay, ActivityFilter, By, Event, Place, Who};
use serde::Serialize;
use since::since;

use crate::{
    output::{self, date, grouped, minute, rfc3339, table},
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// List what happened on this device, newest first. It stays here, sealed: the newest 10,000 entries of 180 days.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor activity --since 2d
  keymoor activity --credential openai/work --event revealed
  keymoor activity --by program --failed --json
  keymoor activity --by-day --since 4w")]
pub(crate) struct Args {
    /// Only what happened since then: a time (2026-03-01, 2026-03-01T14:05:00Z) or how long ago (30m, 3h, 2d, 1w).
    #[arg(long, value_name = "T", value_parser = since)]
    since: Option<u64>,
    /// Only of this credential: a name, provider/name or an id, as it is now or was then.
    #[arg(long, value_name = "NAME")]
    credential: Option<String>,
    /// Only what this program had done, or was lent.
    #[arg(long, value_name = "P")]
    program: Option<String>,
    /// Only what was done in this way.
    #[arg(long, value_name = "WAY", value_parser = PossibleValuesParser::new(By::ALL.map(|(code, _)| code)))]
    by: Option<String>,
    /// Only this event, by its code in the JSON.
    #[arg(long, value_name = "E", value_parser = PossibleValuesParser::new(Event::CODES), hide_possible_values = true)]
    event: Option<String>,
    /// Only what went wrong: keys that their provider refused or could not be asked about, alarms, damage.
    #[arg(long)]
    failed: bool,
    /// At most N entries, the newest.
    #[arg(long, value_name = "N")]
    limit: Option<NonZeroUsize>,
    /// How many entries of each kind there are, by day.
    #[arg(long, conflicts_with = "limit")]
    by_day: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let filter = args.filter();
    let mut session = Session::open(Passwords::new(None))?;
    if let Some(name) = &args.credential
        && !session.vault.remembers(name)?
    {
        return Err(Failure::NoSuchName { name: name.clone(), place: Place::Active, elsewhere: false });
    }
    if args.by_day {
        let days = session.vault.activity_summary(&filter)?;
        session.tell_notices();
        return by_day(args, &days);
    }
    let happened = session.vault.activity_of(&filter)?;
    session.tell_notices();
    if args.json {
        return output::json(&happened.iter().map(Entry::new).collect::<Vec<_>>());
    }
    if happened.is_empty() {
        say_nothing(&filter);
        return Ok(());
    }
    let line = |entry: &Activity| format!("{}  {}\n", minute(entry.at), words::activity(entry));
    output::data(&happened.iter().map(line).collect::<String>())
}

impl Args {
    fn filter(&self) -> ActivityFilter {
        let by = |code: &String| By::ALL.iter().find(|(known, _)| known == code).map(|(_, by)| *by);
        ActivityFilter {
            since: self.since,
            until: None,
            credential: self.credential.clone(),
            program: self.program.clone(),
            by: self.by.as_ref().and_then(by),
            event: self.event.clone(),
            failed: self.failed,
            limit: self.limit.map(NonZeroUsize::get),
        }
    }
}

fn by_day(args: &Args, days: &[ActivityDay]) -> Result<(), Failure> {
    if args.json {
        return output::json(&days.iter().map(Day::new).collect::<Vec<_>>());
    }
    if days.is_empty() {
        say_nothing(&args.filter());
        return Ok(());
    }
    let rows = |day: &ActivityDay| {
        let day_of = date(day.at);
        let row = move |(event, count): (&&str, &u64)| [day_of.clone(), (*event).to_owned(), grouped(*count)];
        day.events.iter().map(row).collect::<Vec<_>>()
    };
    output::data(&table(["DAY", "EVENT", "COUNT"], &days.iter().flat_map(rows).collect::<Vec<_>>()))
}

fn say_nothing(filter: &ActivityFilter) {
    let all = ActivityFilter { since: filter.since, ..ActivityFilter::default() };
    let what = if *filter == all { "Nothing" } else { "Nothing of that kind" };
    let since = filter.since.map_or("yet", |_| "since then");
    output::say(format!("{what} has happened {since}, as far as this device remembers."));
}

#[derive(Serialize)]
struct Day<'a> {
    day: String,
    total: u64,
    failed: u64,
    events: &'a BTreeMap<&'static str, u64>,
}

impl<'a> Day<'a> {
    fn new(day: &'a ActivityDay) -> Self {
        Self { day: date(day.at), total: day.total, failed: day.failed, events: &day.events }
    }
}

#[derive(Serialize)]
struct Entry<'a> {
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a Who>,
    #[serde(flatten)]
    event: &'a Event,
}

impl<'a> Entry<'a> {
    fn new(entry: &'a Activity) -> Self {
        Self { at: rfc3339(entry.at), by: entry.by.as_ref(), event: &entry.event }
    }
}
