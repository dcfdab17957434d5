//! `keymoor account kit`: a page that opens the vault when the keychain is lost.

use std::path::PathBuf;

use crate::{
    output,
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// Write a recovery kit for a vault that has no account yet.
///
/// It opens the cache on this disk when the system's keychain is lost, alone: keep it off this device. An account makes kits of
/// its own, which also open what the server has.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor account kit --recovery /media/usb/recovery.txt      then, if need be: keymoor unlock --recovery FILE")]
pub(crate) struct Args {
    /// Where to write it.
    #[arg(long, value_name = "FILE", default_value = "keymoor-recovery-kit.txt")]
    recovery: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    session.vault.make_recovery_kit(&args.recovery)?;
    output::say(words::recovery_kit(&args.recovery));
    session.tell_notices();
    Ok(())
}
