//! `keymoor trash`: what was removed and can come back.

use keymoor_vault::Filter;

use super::list;
use crate::{output, passwords::Passwords, session::Session, words::Failure};

/// List the trash. What lies there keeps its values until it is erased.
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
    output::data(&list::in_columns(&listings))
}
