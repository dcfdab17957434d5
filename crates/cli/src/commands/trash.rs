//! `keymoor trash`: what was removed and can come back.

use keymoor_vault::{Filter, Listing};

use super::list;
use crate::{
    output::{self, minute, plain, table},
    passwords::Passwords,
    session::Session,
    words::Failure,
};

/// List the trash. What lies there keeps its values until it is erased; in an account, for 180 days at least.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor trash              then: keymoor restore NAME, or keymoor erase NAME")]
pub(crate) struct Args {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let filter = Filter { trashed: true, ..Filter::default() };
    let listings = Session::open(Passwords::new(None))?.vault.list(&filter)?;
    if args.json {
        return list::json(&listings);
    }
    if listings.is_empty() {
        output::say("The trash is empty.");
        return Ok(());
    }
    let rows: Vec<_> = listings.iter().map(row).collect();
    output::data(&table(["NAME", "PROVIDER", "ENDS IN", "DELETED", "KEPT UNTIL", "LABELS"], &rows))
}

fn row(listing: &Listing) -> [String; 6] {
    [
        plain(&listing.display).into_owned(),
        plain(&listing.provider).into_owned(),
        listing.last_four.as_deref().map(plain).unwrap_or_default().into_owned(),
        minute(listing.updated_at),
        listing.kept_until.map_or_else(|| "it is erased".to_owned(), minute),
        plain(&listing.labels.join(", ")).into_owned(),
    ]
}
