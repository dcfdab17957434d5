//! `keymoor whose`: a key that was found somewhere, told to its credential.

use keymoor_providers::provider;
use keymoor_vault::{Held, Owner};

use crate::{
    input::{self, Entered, Source},
    output::{self, argument, plain},
    passwords::Passwords,
    session::Session,
    words::Failure,
};

/// Which of my credentials is this key? Prints provider/name, nothing else; exit code 3 if none is. How to revoke it is said
/// on standard error.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor whose --stdin < found.txt")]
pub(crate) struct Args {
    /// Read the key from standard input; without it the key is asked for.
    #[arg(long)]
    stdin: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let source = if args.stdin { Source::Stdin } else { Source::Prompt };
    let Entered::One(secret) = input::read(source, "The key that was found")? else {
        return Err(Failure::NobodysKey);
    };
    let owners = Session::open(Passwords::new(None))?.vault.whose(&secret)?;
    if owners.is_empty() {
        return Err(Failure::NobodysKey);
    }
    for owner in &owners {
        output::data(&format!("{}/{}\n", plain(&owner.provider), plain(&owner.name)))?;
    }
    owners.iter().for_each(advise);
    Ok(())
}

/// Where the key is in it, and how it is revoked.
fn advise(owner: &Owner) {
    let name = format!("{}/{}", owner.provider, owner.name);
    let held = match owner.held {
        Held::Now => "is this key",
        Held::InConflict => "has this key as the other value of a conflict",
        Held::InTrash => "in the trash is this key",
        Held::Before => "had this key before; it may still be good at the provider",
    };
    output::say(format!("{} {held}.", plain(&name)));
    if let Some(console) = provider(&owner.provider).and_then(|provider| provider.console.as_deref()) {
        output::say(format!("To revoke it: {console}"));
    }
    if owner.held == Held::Now {
        output::say(format!("Then save the new one: keymoor edit {}", argument(&name)));
    }
}
