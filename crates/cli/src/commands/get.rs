//! `keymoor get`: one field and nothing else.

use keymoor_vault::Place;
use secrecy::ExposeSecret as _;

use crate::{
    output,
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// Print one field and a newline, nothing else. Without FIELD it is the secret.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor get work                      the only secret field of the credential \"work\"
  keymoor get aws/prod access_key_id    one of several
  keymoor get aws/prod region           also one that is not secret
  curl -H \"Authorization: Bearer $(keymoor get openai/work)\" …")]
pub(crate) struct Args {
    /// Name, or provider/name.
    name: String,
    /// Which field, secret or not; needed where there are several secret ones.
    field: Option<String>,
    /// Without the newline at the end.
    #[arg(long)]
    raw: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    let id = session.find(&args.name, Place::Active)?;
    let secret = session.vault.reveal(id, args.field.as_deref())?;
    if let Some(field) = &secret.conflict {
        output::say(words::in_conflict(id, field));
    }
    session.tell_notices();
    // Exposed because that is what was asked for.
    output::secret(secret.expose_secret(), args.raw)
}
