//! `keymoor erase`: for good.

use keymoor_vault::Place;

use crate::{
    output::{self, plain},
    passwords::Passwords,
    prompt,
    session::Session,
    words::{self, Failure},
};

/// Erase a credential from the trash for good, with its history, on every device and the server.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor rm work
  keymoor erase work         only what lies in the trash can be erased")]
pub(crate) struct Args {
    /// Name, or provider/name; keymoor trash lists them.
    name: String,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    let id = session.find(&args.name, Place::Trash)?;
    let name = plain(&args.name);
    // A script has nobody to ask, and said what it wants.
    if !prompt::agreed(&format!("Erase {name} for good, with its history? Nothing brings it back.")) {
        return Err(Failure::Cancelled);
    }
    let erased = session.vault.erase(id)?;
    output::say(words::erased(&args.name, &erased));
    Ok(())
}
