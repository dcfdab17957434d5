//! `keymoor restore`: out of the trash.

use keymoor_vault::{Error, Place};

use crate::{
    output,
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// Bring a credential back from the trash, with all its values.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor restore work")]
pub(crate) struct Args {
    /// Name, or provider/name; keymoor trash lists them.
    name: String,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    let id = session.find(&args.name, Place::Trash)?;
    match session.vault.restore(id) {
        Ok(saved) => output::say(words::saved(&saved)),
        Err(Error::NameTaken) => return Err(Failure::NameTaken { provider: None, name: args.name.clone() }),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
