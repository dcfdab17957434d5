//! `keymoor settle`: one of several values that devices gave a field at the same time.

use keymoor_vault::Place;

use crate::{
    output,
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// Choose between the values that two devices gave a field without knowing of each other.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor show work                     lists the choices
  keymoor settle work secret CHOICE     one of them")]
pub(crate) struct Args {
    /// Name, or provider/name.
    name: String,
    /// Which field, as keymoor show names it; the secret fields together are "secret".
    field: String,
    /// Which value, as keymoor show names it.
    choice: String,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    let id = session.find(&args.name, Place::Active)?;
    let saved = session.vault.settle(id, &args.field, &args.choice)?;
    output::say(words::saved(&saved));
    Ok(())
}
