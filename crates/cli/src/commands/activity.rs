//! `keymoor activity`: what happened on this device.

mod since;

use keymoor_vault::{Activity, Event, Who};
use serde::Serialize;
use since::since;

use crate::{
    output::{self, minute, rfc3339},
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// List what happened on this device, newest first. It stays here, sealed: the newest 10,000 entries of 180 days.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor activity --since 2d
  keymoor activity --since 2026-03-01 --json")]
pub(crate) struct Args {
    /// Only what happened since then: a time (2026-03-01, 2026-03-01T14:05:00Z) or how long ago (30m, 3h, 2d, 1w).
    #[arg(long, value_name = "T", value_parser = since)]
    since: Option<u64>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let since = args.since.unwrap_or_default();
    let happened = Session::open(Passwords::new(None))?.vault.activity(since)?;
    if args.json {
        return output::json(&happened.iter().map(Entry::new).collect::<Vec<_>>());
    }
    if happened.is_empty() {
        let since = args.since.map_or("yet", |_| "since then");
        output::say(format!("Nothing has happened {since}, as far as this device remembers."));
        return Ok(());
    }
    let line = |entry: &Activity| format!("{}  {}\n", minute(entry.at), words::activity(entry));
    output::data(&happened.iter().map(line).collect::<String>())
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
