//! `keymoor show`: everything about a credential but its secrets.

use std::fmt::Write as _;

use keymoor_providers::Verdict;
use keymoor_vault::{Care, Conflict, Detail, Listing, Place, ShownField, Used, Verification};
use serde::Serialize;

use super::list::word;
use crate::{
    output::{self, expiry, lines, minute, now, plain, quoted, rfc3339},
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// Show a credential: its fields, labels and note. Of a secret only the last four characters and a fingerprint.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor show work
  keymoor show openai/work --json")]
pub(crate) struct Args {
    /// Name, or provider/name.
    name: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    let id = session.find(&args.name, Place::Active)?;
    let detail = session.vault.show(id)?;
    let asked = session.vault.key_asked_at(id)?;
    match args.json {
        true => output::json(&Shown::new(&detail, asked)),
        false => output::data(&page(&detail, asked)),
    }
}

fn page(detail: &Detail, asked: Option<u64>) -> String {
    let listing = &detail.listing;
    let mut facts = vec![
        ("id", listing.id.to_string()),
        ("version", format!("{} ({})", listing.version, listing.version_id)),
        ("status", word(listing.status).to_owned()),
        ("checked", verified(listing)),
    ];
    if listing.fallback {
        facts.push(("fallback", words::service::FALLBACK.to_owned()));
    }
    facts.extend(words::care::sentences(listing, now()).into_iter().map(|care| ("care", care)));
    if let Some(at) = asked {
        let text =
            format!("asked for on {}; there may be one that nobody has: keymoor rotate NAME", minute(at));
        facts.push(("new key", text));
    }
    if let Some(at) = listing.expires.filter(|_| !listing.care.iter().any(|care| is_expiry(*care))) {
        facts.push(("expires", expiry(at)));
    }
    let (added, since) = (minute(listing.created_at), minute(listing.since));
    let replaced = since != added;
    facts.extend([("added", added), ("changed", minute(listing.updated_at))]);
    // A record and its first secret are written a moment apart.
    if replaced {
        facts.push(("key since", since));
    }
    if let Some(used) = detail.used.first() {
        let device = if used.here { "on this device" } else { "on another device" };
        facts.push(("last used", format!("{} {device}", minute(used.at))));
    }
    if !listing.labels.is_empty() {
        facts.push(("labels", plain(&listing.labels.join(", ")).into_owned()));
    }
    if listing.waiting {
        facts.push(("server", "has not seen the latest change yet".to_owned()));
    }
    if listing.read_only {
        facts.push((
            "read-only",
            "written by a newer version of Keymoor; update here to change it".to_owned(),
        ));
    }
    let fields: Vec<_> =
        detail.fields.iter().map(|field| (plain(&field.name).into_owned(), value(field))).collect();
    let facts: Vec<_> = facts.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    let mut text = format!("{}/{}\n", plain(&listing.provider), plain(&listing.display));
    pairs(&mut text, &facts);
    text.push_str("fields\n");
    pairs(&mut text, &fields);
    if let Some(note) = listing.note.as_deref().filter(|note| !note.is_empty()) {
        text.push_str("note\n");
        for line in lines(note) {
            let _ = writeln!(text, "  {line}");
        }
    }
    conflicts(&mut text, detail);
    text
}

fn is_expiry(care: Care) -> bool {
    matches!(care, Care::Expired { .. } | Care::ExpiresSoon { .. })
}

/// What the provider said, and when.
fn verified(listing: &Listing) -> String {
    match &listing.verification {
        Some(known) => words::verification::known(known, now()),
        None => "not yet: keymoor verify NAME".to_owned(),
    }
}

fn value(field: &ShownField) -> String {
    match (&field.value, field.secret) {
        (Some(value), false) => plain(value).into_owned(),
        (_, false) => String::new(),
        (_, true) => {
            let ending = field.last_four.as_deref().map(|four| format!(", ends in {}", plain(four)));
            let print = field.fingerprint.as_deref().map(|print| format!(", fingerprint {print}"));
            format!("secret{}{}", ending.unwrap_or_default(), print.unwrap_or_default())
        }
    }
}

fn pairs(text: &mut String, pairs: &[(String, String)]) {
    let width = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, value) in pairs {
        let _ = writeln!(text, "  {name:width$}  {value}");
    }
}

fn conflicts(text: &mut String, detail: &Detail) {
    if detail.conflicts.is_empty() {
        return;
    }
    text.push_str("changed on two devices; nothing is lost, choose what counts\n");
    for Conflict { field, choices } in &detail.conflicts {
        let _ = writeln!(text, "  {}", plain(field));
        for choice in choices {
            let shown = if choice.shown { "  (in use)" } else { "" };
            let _ = writeln!(text, "    {}  {}{shown}", choice.key, plain(&choice.summary));
        }
    }
    let listing = &detail.listing;
    let first = detail.conflicts.first().map(|conflict| conflict.field.as_str()).unwrap_or_default();
    // The id names it also where two credentials share provider and name.
    let _ = writeln!(text, "  keymoor settle {} {} CHOICE", listing.id, quoted(first));
}

#[derive(Serialize)]
struct Shown<'d> {
    id: String,
    name: &'d str,
    provider: &'d str,
    labels: &'d [String],
    note: Option<&'d str>,
    status: &'d str,
    enabled: bool,
    fallback: bool,
    verification: Option<Verified<'d>>,
    care: Vec<&'static str>,
    expires_at: Option<String>,
    secret_since: String,
    created_at: String,
    updated_at: String,
    version: u64,
    version_id: &'d str,
    read_only: bool,
    trashed: bool,
    waiting: bool,
    last_used: Option<String>,
    used: Vec<UsedEntry>,
    fields: Vec<FieldEntry<'d>>,
    conflicts: Vec<ConflictEntry<'d>>,
    /// When its provider was asked for a new key, if what came of it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_asked_at: Option<String>,
}

#[derive(Serialize)]
struct Verified<'d> {
    result: Option<Verdict>,
    message: String,
    checked_at: Option<String>,
    last_good_at: Option<String>,
    tried_at: Option<String>,
    identity: Option<&'d str>,
    expires_at: Option<String>,
    http_status: Option<u16>,
}

impl<'d> Verified<'d> {
    fn new(known: &'d Verification) -> Self {
        let answer = known.answer.as_ref();
        Self {
            result: answer.map(|answer| answer.verdict),
            message: words::verification::known(known, now()),
            checked_at: answer.map(|answer| rfc3339(answer.at)),
            last_good_at: known.good_at.map(rfc3339),
            tried_at: known.tried.as_ref().map(|tried| rfc3339(tried.at)),
            identity: answer.and_then(|answer| answer.identity.as_deref()),
            expires_at: answer.and_then(|answer| answer.expires).map(rfc3339),
            http_status: answer.and_then(|answer| answer.status),
        }
    }
}

#[derive(Serialize)]
struct UsedEntry {
    device: String,
    here: bool,
    at: String,
}

#[derive(Serialize)]
struct FieldEntry<'d> {
    name: &'d str,
    secret: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_four: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<&'d str>,
}

#[derive(Serialize)]
struct ConflictEntry<'d> {
    field: &'d str,
    choices: Vec<ChoiceEntry<'d>>,
}

#[derive(Serialize)]
struct ChoiceEntry<'d> {
    choice: &'d str,
    shown: bool,
    summary: &'d str,
}

impl<'d> Shown<'d> {
    fn new(detail: &'d Detail, asked: Option<u64>) -> Self {
        let listing = &detail.listing;
        let field = |field: &'d ShownField| FieldEntry {
            name: &field.name,
            secret: field.secret,
            value: field.value.as_deref(),
            last_four: field.last_four.as_deref(),
            fingerprint: field.fingerprint.as_deref(),
        };
        let conflict = |conflict: &'d Conflict| ConflictEntry {
            field: &conflict.field,
            choices: conflict
                .choices
                .iter()
                .map(|choice| ChoiceEntry {
                    choice: &choice.key,
                    shown: choice.shown,
                    summary: &choice.summary,
                })
                .collect(),
        };
        let used = |used: &Used| UsedEntry {
            device: used.device.to_string(),
            here: used.here,
            at: rfc3339(used.at),
        };
        Self {
            id: listing.id.to_string(),
            name: &listing.name,
            provider: &listing.provider,
            labels: &listing.labels,
            note: listing.note.as_deref(),
            status: word(listing.status),
            enabled: listing.on,
            fallback: listing.fallback,
            verification: listing.verification.as_ref().map(Verified::new),
            care: listing.care.iter().map(|care| care.word()).collect(),
            expires_at: listing.expires.map(rfc3339),
            secret_since: rfc3339(listing.since),
            created_at: rfc3339(listing.created_at),
            updated_at: rfc3339(listing.updated_at),
            version: listing.version,
            version_id: &listing.version_id,
            read_only: listing.read_only,
            trashed: listing.trashed,
            waiting: listing.waiting,
            last_used: listing.last_used.map(rfc3339),
            used: detail.used.iter().map(used).collect(),
            fields: detail.fields.iter().map(field).collect(),
            conflicts: detail.conflicts.iter().map(conflict).collect(),
            key_asked_at: asked.map(rfc3339),
        }
    }
}
