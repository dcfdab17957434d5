//! `keymoor copy`: a secret on the clipboard for half a minute.

use keymoor_vault::Place;

use crate::{
    clipboard, output,
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// Put one field on the clipboard, the secret unless another is named. After 30 seconds it is cleared, if it still holds that value.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor copy work
  keymoor copy aws/prod secret_access_key")]
pub(crate) struct Args {
    /// Name, or provider/name.
    name: String,
    /// Which field, secret or not; needed where there are several secret ones.
    field: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    let id = session.find(&args.name, Place::Active)?;
    let secret = session.vault.reveal_to_copy(id, args.field.as_deref())?;
    if let Some(field) = &secret.conflict {
        output::say(words::in_conflict(id, field));
    }
    session.tell_notices();
    clipboard::lend(&secret.value)?;
    output::say(format!("Copied. The clipboard is cleared in {} seconds.", clipboard::HELD_FOR.as_secs()));
    Ok(())
}
