//! `keymoor revert`: an earlier value again.

use keymoor_vault::{Error, Place};

use crate::{
    output,
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// Give a credential the values of an earlier version. This is a new version; nothing is lost.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor history work
  keymoor revert work --to 3
  keymoor revert work --to 3-1f0c22ab     where two versions have that number")]
pub(crate) struct Args {
    /// Name, or provider/name.
    name: String,
    /// Which version: its id, or its number where only one has it; keymoor history lists them.
    #[arg(long, value_name = "VERSION", value_parser = version)]
    to: String,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    let id = session.find(&args.name, Place::Active)?;
    match session.vault.revert(id, &args.to) {
        Ok(saved) => output::say(words::saved(&saved)),
        Err(Error::NameTaken) => return Err(Failure::RevertedNameTaken),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// A number, or a number and a hash.
fn version(text: &str) -> Result<String, &'static str> {
    let (number, hash) = text.split_once('-').unwrap_or((text, "00000000"));
    let is_version =
        number.parse::<u64>().is_ok() && hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_version {
        Ok(text.to_owned())
    } else {
        Err("a version is a number such as 3, or an ID such as 3-1f0c22ab")
    }
}
