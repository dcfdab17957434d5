//! `keymoor account join`: one more device of an account.

use std::path::PathBuf;

use keymoor_vault::{Error, JoinKit, unlock_with_kit};
use secrecy::SecretString;

use crate::{
    input, output,
    passwords::Passwords,
    progress::ProgressLine,
    session::{self, Session},
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
    let mut session = match Session::open(passwords) {
        Err(Failure::Vault(Error::WrongPassword)) => return instead_of_empty(&kit, &password),
        opened => opened?,
    };
    let mut line = ProgressLine::new();
    let joined = session.vault.join(&kit, &password, &mut |progress| line.show(progress));
    drop(line);
    output::say(words::joined(&joined?));
    session.tell_notices();
    session.mirror()
}

/// Without a keychain, a first join with a mistyped password leaves an empty vault behind that only the mistyped one
/// opens. It gives way to the account; a vault with anything in it does not.
fn instead_of_empty(kit: &JoinKit, password: &SecretString) -> Result<(), Failure> {
    let vault = unlock_with_kit(session::configuration()?, kit, password).map_err(|error| match error {
        Error::KitOfAnotherAccount => Error::WrongPassword,
        other => other,
    })?;
    let mut session = Session::with(vault, Passwords::new(None));
    let report = session.sync()?;
    output::say(words::joined(&report));
    session.tell_notices();
    session.mirror()
}
