//! `keymoor account create`: this vault at a server, and the two pages that bring it back.

use std::path::PathBuf;

use keymoor_vault::CreateAccount;

use crate::{
    output,
    passwords::Passwords,
    progress::ProgressLine,
    session::Session,
    words::{self, Failure},
};

/// Register this vault at a sync server, and write the join kit and the recovery kit.
///
/// On a device that already has an account, the same account is registered at a server that does not know it. Two files
/// are written and never over another: the join kit adds a device, together with the password; the recovery kit opens
/// everything alone. Keep them apart, and not on this device.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor account create --server https://keys.example.org
  keymoor account create --server http://127.0.0.1:8787 --kit /media/usb/join.txt --recovery /media/other/recovery.txt")]
pub(crate) struct Args {
    /// The server's address. Plain http is for this machine only.
    #[arg(long, value_name = "URL")]
    server: String,
    /// A file whose first line is the password; otherwise it is asked for.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Where to write the join kit.
    #[arg(long, value_name = "FILE", default_value = "keymoor-join-kit.txt")]
    kit: PathBuf,
    /// Where to write the recovery kit.
    #[arg(long, value_name = "FILE", default_value = "keymoor-recovery-kit.txt")]
    recovery: PathBuf,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let mut session = Session::open(Passwords::new(args.password_file))?;
    let password = session.passwords.of_new_account()?;
    let places = [args.kit.clone(), args.recovery.clone()];
    let there = places.clone().map(|place| place.exists());
    let request =
        CreateAccount { server: args.server, password, join_kit: args.kit, recovery_kit: args.recovery };
    let mut line = ProgressLine::new();
    let created = session.vault.create_account(request, &mut |progress| line.show(progress));
    drop(line);
    if created.is_err() {
        let written = places.iter().zip(there).filter(|(place, before)| !before && place.exists());
        let written: Vec<_> = written.map(|(place, _)| place.as_path()).collect();
        if !written.is_empty() {
            output::say(words::kits_stay(&written));
        }
    }
    output::say(words::created(&created?));
    session.tell_notices();
    session.mirror()
}
