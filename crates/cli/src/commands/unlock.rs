//! `keymoor unlock`: the root key again, after the keychain lost it.

use std::path::PathBuf;

use keymoor_vault::{JoinKit, RecoveryKit, unlock_with_kit, unlock_with_recovery};

use crate::{
    input, output,
    passwords::Passwords,
    session::{self, Session},
    words::{self, Failure},
};

/// Bring the key of this vault back, when the keychain has lost it or this device starts anew.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor unlock --kit keymoor-join-kit.txt               asks for the password
  keymoor unlock --recovery keymoor-recovery-kit.txt      is enough alone")]
pub(crate) struct Args {
    /// The join kit; the password is needed, too.
    #[arg(long, value_name = "FILE", conflicts_with = "recovery")]
    kit: Option<PathBuf>,
    /// The recovery kit.
    #[arg(long, value_name = "FILE")]
    recovery: Option<PathBuf>,
    /// A file whose first line is the password (with --recovery: the new password); otherwise it is asked for.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let passwords = Passwords::new(args.password_file);
    let configuration = session::configuration()?;
    let vault = match (args.kit, args.recovery) {
        (Some(path), _) => {
            let text = input::text(&path)?;
            let kit = JoinKit::from_text(&text).map_err(|error| Failure::Kit { path, error })?;
            unlock_with_kit(configuration, &kit, &passwords.existing("Password of the account")?)?
        }
        (None, Some(path)) => {
            let text = input::text(&path)?;
            let kit = RecoveryKit::from_text(&text).map_err(|error| Failure::Kit { path, error })?;
            unlock_with_recovery(configuration, &kit, passwords.after_recovery()?.as_ref())?
        }
        (None, None) => return Err(Failure::NoKit),
    };
    let mut session = Session::with(vault, passwords);
    let mut status = session.vault.status()?;
    if status.records + status.trashed == 0 && status.server.is_some() {
        // The cache was gone, too: what there is comes from the server.
        session.sync()?;
        session.tell_notices();
        status = session.vault.status()?;
    }
    output::say(words::unlocked(status.records));
    session.mirror()
}
