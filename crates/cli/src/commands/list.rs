//! `keymoor list`: what there is, never a secret.

use keymoor_vault::{Care, CheckStatus, Differences, Filter, Listing, ServiceState};
use serde::Serialize;

use crate::{
    output::{self, minute, now, plain, rfc3339, table},
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// List credentials. No secret is ever part of it.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor list                          everything
  keymoor list work --provider openai   what has \"work\" in it, of one provider
  keymoor list --status care            what needs care
  keymoor list --json                   for programs")]
pub(crate) struct Args {
    /// Only what has this in its name, provider, labels or note.
    query: Option<String>,
    /// Only this provider.
    #[arg(long, value_name = "PROVIDER")]
    provider: Option<String>,
    /// Only this label.
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// Only with this status; care is whatever needs care, and expiring, expired and old are some of that.
    #[arg(long, value_name = "STATUS", value_parser = wanted())]
    status: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

const STATUSES: [CheckStatus; 5] = [
    CheckStatus::Connected,
    CheckStatus::Error,
    CheckStatus::Disabled,
    CheckStatus::Unchecked,
    CheckStatus::Unreadable,
];

/// What needs care, whatever it is.
const CARE: &str = "care";
/// What needs care can be asked for by these, beside the statuses.
const REMINDERS: [&str; 4] = [CARE, "expiring", "expired", "old"];

fn wanted() -> Vec<&'static str> {
    STATUSES.map(word).into_iter().chain(REMINDERS).collect()
}

fn fits(listing: &Listing, status: &str) -> bool {
    match status {
        CARE => !listing.care.is_empty(),
        status if REMINDERS.contains(&status) => listing.care.iter().any(|care| care.word() == status),
        status => word(listing.status) == status,
    }
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let filtered =
        [&args.query, &args.provider, &args.label, &args.status].iter().any(|given| given.is_some());
    let filter = Filter { query: args.query, provider: args.provider, label: args.label, trashed: false };
    let status = args.status;
    let vault = &mut Session::open(Passwords::new(None))?.vault;
    let mut listings = vault.list(&filter)?;
    let wants_care = status.as_deref() == Some(CARE);
    // What no row of the list says.
    let told = if filtered && !wants_care { Differences::default() } else { vault.differences()? };
    let mut unsettled = if told.services.is_empty() { Vec::new() } else { vault.services()? };
    unsettled.retain(|state| !state.conflicts.is_empty());
    let fits = |listing: &Listing, wanted: &String| {
        fits(listing, wanted) || (wants_care && services_of(&unsettled, listing).next().is_some())
    };
    listings.retain(|listing| status.as_ref().is_none_or(|wanted| fits(listing, wanted)));
    if args.json {
        let entry = |listing| Entry {
            service_conflicts: services_of(&unsettled, listing).map(|state| state.id.as_str()).collect(),
            ..Entry::new(listing)
        };
        return output::json(&listings.iter().map(entry).collect::<Vec<_>>());
    }
    if !listings.is_empty() {
        output::data(&in_columns(&listings))?;
    } else if told.is_empty() {
        output::say(match filtered {
            true if wants_care => "Nothing needs care.",
            true => "Nothing fits. keymoor list shows everything.",
            false => "No credentials yet. The first one: keymoor add openai --name work",
        });
    }
    words::differences(&told).iter().for_each(output::say);
    Ok(())
}

/// The services of these that use a credential.
fn services_of<'s>(
    states: &'s [ServiceState],
    listing: &Listing,
) -> impl Iterator<Item = &'s ServiceState> + use<'s> {
    let id = listing.id;
    states.iter().filter(move |state| state.uses.as_ref().is_some_and(|uses| uses.id == id))
}

/// The listings as `list --json` prints them.
pub(super) fn json(listings: &[Listing]) -> Result<(), Failure> {
    output::json(&listings.iter().map(Entry::new).collect::<Vec<_>>())
}

/// The listings as a table.
pub(super) fn in_columns(listings: &[Listing]) -> String {
    let now = now();
    let rows: Vec<_> = listings.iter().map(|listing| row(listing, now)).collect();
    table(["NAME", "PROVIDER", "ENDS IN", "STATUS", "CHANGED", "LABELS", ""], &rows)
}

fn row(listing: &Listing, now: u64) -> [String; 7] {
    [
        plain(&listing.display).into_owned(),
        plain(&listing.provider).into_owned(),
        listing.last_four.as_deref().map(plain).unwrap_or_default().into_owned(),
        words::care::status(word(listing.status), listing, now),
        minute(listing.updated_at),
        plain(&listing.labels.join(", ")).into_owned(),
        match (listing.read_only, listing.alternates) {
            (true, _) => "read-only: a newer version wrote it",
            (false, 0) if listing.fallback => "fallback",
            (false, 0) => "",
            (false, _) => "changed on two devices: keymoor show",
        }
        .to_owned(),
    ]
}

/// A status as programs read it.
pub(super) fn word(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Connected => "connected",
        CheckStatus::Error => "error",
        CheckStatus::Disabled => "disabled",
        CheckStatus::Unchecked => "unchecked",
        CheckStatus::Unreadable => "unreadable",
    }
}

#[derive(Serialize)]
struct Entry<'l> {
    id: String,
    name: &'l str,
    provider: &'l str,
    labels: &'l [String],
    status: &'l str,
    updated_at: String,
    version: u64,
    last_four: Option<&'l str>,
    last_used: Option<String>,
    fallback: bool,
    enabled: bool,
    checked_at: Option<String>,
    expires_at: Option<String>,
    care: Vec<&'static str>,
    /// The services that use it and of which two devices set something unseen of each other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    service_conflicts: Vec<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_until: Option<String>,
}

impl<'l> Entry<'l> {
    fn new(listing: &'l Listing) -> Self {
        let answer = listing.verification.as_ref().and_then(|known| known.answer.as_ref());
        Self {
            id: listing.id.to_string(),
            name: &listing.name,
            provider: &listing.provider,
            labels: &listing.labels,
            status: word(listing.status),
            updated_at: rfc3339(listing.updated_at),
            version: listing.version,
            last_four: listing.last_four.as_deref(),
            last_used: listing.last_used.map(rfc3339),
            fallback: listing.fallback,
            enabled: listing.on,
            checked_at: answer.map(|answer| rfc3339(answer.at)),
            expires_at: listing.expires.map(rfc3339),
            care: listing.care.iter().map(|care| Care::word(*care)).collect(),
            service_conflicts: Vec::new(),
            kept_until: listing.kept_until.map(rfc3339),
        }
    }
}
