//! `keymoor rm`: into the trash.

use keymoor_vault::Place;

use crate::{
    output,
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// Put a credential in the trash. It can come back until it is erased.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor rm work            then, to have it back: keymoor restore work")]
pub(crate) struct Args {
    /// Name, or provider/name.
    name: String,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    let id = session.find(&args.name, Place::Active)?;
    let services = session.services_on();
    let saved = session.vault.trash(id)?;
    output::say(words::trashed(&saved));
    session.tell_services(&services);
    Ok(())
}
