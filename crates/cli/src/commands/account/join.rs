//! `keymoor account join`: one more device of an account.

use std::path::PathBuf;

use keymoor_vault::JoinKit;

use crate::{
    input, output,
    passwords::Passwords,
    progress::ProgressLine,
    session::Session,
    words::{self, Failure},
};

/// Make this device one more of an account, with its join kit and password. Keys that are here already are taken along.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor account join --kit keymoor-join-kit.txt")]
pub(crate) struct Args {
    /// The join kit of the account.
    #[arg(long, value_name = "FILE")]
    kit: PathBuf,
    /// A file whose first line is the password; otherwise it is asked for.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let text = input::text(&args.kit)?;
    let kit = JoinKit::from_text(&text).map_err(|error| Failure::Kit { path: args.kit, error })?;
    let mut passwords = Passwords::new(args.password_file);
    let password = passwords.of_joined_account()?;
    let mut session = Session::open(passwords)?;
    let mut line = ProgressLine::new();
    let joined = session.vault.join(&kit, &password, &mut |progress| line.show(progress));
    drop(line);
    output::say(words::joined(&joined?));
    session.tell_notices();
    session.mirror()
}
