//! `keymoor copy`: a secret on the clipboard for half a minute.

use keymoor_vault::Place;

use crate::{clipboard, output, passwords::Passwords, session::Session, words::Failure};

/// Put one secret field on the clipboard. After 30 seconds it is cleared, if it still holds that secret.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor copy work
  keymoor copy aws/prod secret_access_key")]
pub(crate) struct Args {
    /// Name, or provider/name.
    name: String,
    /// Which secret field, where there are several.
    field: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    let id = session.find(&args.name, Place::Active)?;
    let secret = session.vault.reveal(id, args.field.as_deref())?;
    clipboard::lend(&secret)?;
    output::say(format!("Copied. The clipboard is cleared in {} seconds.", clipboard::HELD_FOR.as_secs()));
    Ok(())
}
