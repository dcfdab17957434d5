//! `keymoor history`: earlier values, never a secret.

use keymoor_vault::{Past, PastHome, Place};
use serde::Serialize;

use crate::{
    output::{self, minute, plain, rfc3339, table},
    passwords::Passwords,
    session::Session,
    words::Failure,
};

/// List the versions of a credential, newest first.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor history work       then: keymoor revert work --to VERSION, or its ID")]
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
    let past = session.vault.history(id)?;
    if args.json {
        return output::json(&past.iter().map(Entry::new).collect::<Vec<_>>());
    }
    let rows: Vec<_> = past.iter().map(row).collect();
    output::data(&table(["VERSION", "ID", "SAVED", "NAME", "ENDS IN", "KEPT", ""], &rows))
}

fn row(past: &Past) -> [String; 7] {
    [
        past.version.to_string(),
        past.id.clone(),
        minute(past.saved_at),
        plain(&past.name).into_owned(),
        past.last_four.as_deref().map(plain).unwrap_or_default().into_owned(),
        match past.home {
            PastHome::Here => "on this device",
        }
        .to_owned(),
        match (past.current, past.deleted, past.alternate) {
            (_, _, true) => "other value of the conflict",
            (true, false, _) => "in use",
            (_, true, _) => "in the trash",
            (false, false, _) => "",
        }
        .to_owned(),
    ]
}

#[derive(Serialize)]
struct Entry<'p> {
    id: &'p str,
    version: u64,
    alternate: bool,
    saved_at: String,
    name: &'p str,
    current: bool,
    deleted: bool,
    last_four: Option<&'p str>,
    home: PastHome,
}

impl<'p> Entry<'p> {
    fn new(past: &'p Past) -> Self {
        Self {
            id: &past.id,
            version: past.version,
            alternate: past.alternate,
            saved_at: rfc3339(past.saved_at),
            name: &past.name,
            current: past.current,
            deleted: past.deleted,
            last_four: past.last_four.as_deref(),
            home: past.home,
        }
    }
}
