//! `keymoor grant`: which programs on this machine may ask `keymoor serve`.

use std::collections::BTreeMap;

use keymoor_protocol::RecordId;
use keymoor_vault::{Filter, Grant, GrantScope, Place};
use secrecy::ExposeSecret as _;
use serde::Serialize;

use crate::{
    output::{self, minute, plain, rfc3339, table},
    passwords::Passwords,
    session::Session,
    words::Failure,
};

/// Say which programs on this machine may ask `keymoor serve`, each with a token of its own. No program is ever given a
/// secret: one that needs it is started with keymoor run.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor grant add n8n
  keymoor grant list
  keymoor grant revoke n8n")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    Add(Add),
    List(List),
    Revoke(Revoke),
}

/// Let a program in. Its token is printed this once and kept nowhere.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor grant add n8n > n8n.token
  keymoor grant add dashboard --scope read
  keymoor grant add reports --only google_service_account/work")]
struct Add {
    /// The program, as the activity is to name it: a-z, 0-9, - _ and dots.
    program: String,
    /// read: lists, states, settings, activity. write: also save, change, move to the trash, verify, set up services.
    #[arg(long, default_value = "write")]
    scope: ScopeName,
    /// Only this credential, and no services; can be given several times. Name, or provider/name.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
}

/// The programs that were let in, and when each was here last. Never a token.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor grant list")]
struct List {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Shut a program out, from its next call on.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor grant revoke n8n")]
struct Revoke {
    /// The program.
    program: String,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum ScopeName {
    Read,
    Write,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    match args.what {
        What::Add(args) => add(&args),
        What::List(args) => list(&args),
        What::Revoke(Revoke { program }) => {
            Session::open(Passwords::new(None))?.vault.revoke_grant(&program)?;
            output::say(format!("{} is shut out.", plain(&program)));
            Ok(())
        }
    }
}

fn add(args: &Add) -> Result<(), Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    let only: Vec<RecordId> =
        args.only.iter().map(|name| session.find(name, Place::Active)).collect::<Result<_, _>>()?;
    let scope = match args.scope {
        ScopeName::Read => GrantScope::Read,
        ScopeName::Write => GrantScope::Write,
    };
    let token = session.vault.add_grant(&args.program, scope, (!only.is_empty()).then_some(only))?;
    // Exposed to be given to whoever asked for it, on standard output alone.
    if let Err(failure) = output::secret(token.expose_secret(), false) {
        // Nobody has it: it must not stay.
        session.vault.revoke_grant(&args.program)?;
        return Err(failure);
    }
    output::say(format!(
        "{} may ask keymoor serve. This is its token, which cannot be shown again.",
        plain(&args.program)
    ));
    Ok(())
}

fn list(args: &List) -> Result<(), Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    let grants = session.vault.grants()?;
    let listings = match grants.iter().any(|grant| grant.only.is_some()) {
        true => session.vault.list(&Filter::default())?,
        false => Vec::new(),
    };
    let titles: BTreeMap<RecordId, String> =
        listings.iter().map(|listing| (listing.id, listing.title())).collect();
    if args.json {
        return output::json(&grants.iter().map(|grant| Entry::new(grant, &titles)).collect::<Vec<_>>());
    }
    if grants.is_empty() {
        output::say("No program may ask. To let one in: keymoor grant add PROGRAM");
        return Ok(());
    }
    let rows: Vec<_> = grants.iter().map(|grant| row(grant, &titles)).collect();
    output::data(&table(["PROGRAM", "SCOPE", "MADE", "LAST USED", "ONLY"], &rows))
}

fn row(grant: &Grant, titles: &BTreeMap<RecordId, String>) -> [String; 5] {
    let only = names(grant, titles).unwrap_or_default();
    [
        plain(&grant.program).into_owned(),
        word(grant.scope).to_owned(),
        minute(grant.made_at),
        grant.used_at.map_or_else(|| "never".to_owned(), minute),
        only.iter().map(|name| plain(name).into_owned()).collect::<Vec<_>>().join(", "),
    ]
}

/// The credentials that it is limited to; one that is gone, or in the trash, by its id.
fn names(grant: &Grant, titles: &BTreeMap<RecordId, String>) -> Option<Vec<String>> {
    let name = |id: &RecordId| titles.get(id).cloned().unwrap_or_else(|| id.to_string());
    Some(grant.only.as_ref()?.iter().map(name).collect())
}

fn word(scope: GrantScope) -> &'static str {
    match scope {
        GrantScope::Read => "read",
        GrantScope::Write => "write",
    }
}

#[derive(Serialize)]
struct Entry<'g> {
    program: &'g str,
    scope: &'static str,
    only: Option<Vec<String>>,
    made_at: String,
    last_used: Option<String>,
}

impl<'g> Entry<'g> {
    fn new(grant: &'g Grant, titles: &BTreeMap<RecordId, String>) -> Self {
        Self {
            program: &grant.program,
            scope: word(grant.scope),
            only: names(grant, titles),
            made_at: rfc3339(grant.made_at),
            last_used: grant.used_at.map(rfc3339),
        }
    }
}
