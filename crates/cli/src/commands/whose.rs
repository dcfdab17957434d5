//! `keymoor whose`: a key that was found somewhere, told to its credential.

use keymoor_providers::provider;
use keymoor_vault::{Care, Held, Owner};

use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::{
    input::{self, Entered, InputError, Source},
    output::{self, argument, grouped, plain},
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// Bytes of a text that is looked through.
const LARGEST: usize = 32 * 1024 * 1024;

/// Which of my credentials is this key? Prints provider/name, nothing else; exit code 3 if none is, and 7 if none is and
/// some could not be looked at. How to revoke it is said on standard error.
///
/// The key may stand in a line of an .env file, in JSON, anywhere in a log: each credential of which a key is in the text is
/// told, with the line. Nothing of the text is repeated or kept.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor whose --stdin < found.txt
  keymoor whose --stdin < server.log    every key of yours that is in it")]
pub(crate) struct Args {
    /// Read the key, or a text that has keys in it, from standard input; without it the key is asked for.
    #[arg(long)]
    stdin: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let found = if args.stdin && !input::stdin_is_terminal() { text()? } else { asked()? };
    // Exposed to be looked at for blanks and lines.
    let text = found.expose_secret();
    if text.trim().is_empty() {
        return Err(Failure::NothingToLookFor);
    }
    let is_long = text.trim().lines().nth(1).is_some();
    let mut session = Session::open(Passwords::new(None))?;
    let unread = session.vault.unread()?.len() as u64;
    let owners = session.vault.whose(&found)?;
    if owners.is_empty() {
        return Err(Failure::NobodysKey { unread });
    }
    let owners = titled(&mut session, owners);
    for Titled { title, .. } in &owners {
        output::data(&format!("{}\n", plain(title)))?;
    }
    owners.iter().for_each(|owner| advise(owner, is_long));
    if unread > 0 {
        output::say(format!("{} keymoor doctor says more.", words::not_looked_at(unread)));
    }
    Ok(())
}

fn asked() -> Result<SecretString, Failure> {
    match input::read(Source::Prompt, "The key that was found") {
        Ok(Entered::One(secret)) => Ok(secret),
        Ok(Entered::Fields(_)) | Err(Failure::Input(InputError::Empty)) => Err(Failure::NothingToLookFor),
        Err(error) => Err(error),
    }
}

/// What is no text in it is left out.
fn text() -> Result<SecretString, Failure> {
    let bytes = input::from_standard_input(LARGEST).map_err(|error| match error {
        InputError::TooLarge => Failure::TooMuchToLookThrough(LARGEST),
        error => error.into(),
    })?;
    let mut text = Zeroizing::new(String::with_capacity(bytes.len()));
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend((!chunk.invalid().is_empty()).then_some(' '));
    }
    Ok(SecretString::from(text.as_str()))
}

/// A credential under the name that lists show for it.
struct Titled {
    owner: Owner,
    title: String,
    /// Whether a command that is given the title cannot tell which is meant: then its id goes with it.
    is_shared: bool,
}

fn titled(session: &mut Session, owners: Vec<Owner>) -> Vec<Titled> {
    let titled = |owner: Owner| {
        let listing = session.vault.glance(owner.id).ok().map(|detail| detail.listing);
        let is_shared = listing.as_ref().is_some_and(|listing| listing.care.contains(&Care::SharedName));
        let title =
            listing.map_or_else(|| format!("{}/{}", owner.provider, owner.name), |listing| listing.title());
        Titled { owner, title, is_shared }
    };
    let mut all: Vec<Titled> = owners.into_iter().map(titled).collect();
    // In the trash nothing tells two of one name apart.
    let same =
        |one: &Titled| all.iter().any(|other| other.owner.id != one.owner.id && other.title == one.title);
    let shared: Vec<bool> = all.iter().map(|one| one.is_shared || same(one)).collect();
    for (one, is_shared) in all.iter_mut().zip(shared) {
        one.is_shared = is_shared;
    }
    all
}

/// Where the key is in it, and how it is revoked.
fn advise(Titled { owner, title, is_shared }: &Titled, is_long: bool) {
    let held = match owner.held {
        Held::Now => "is this key",
        Held::InConflict => "has this key as the other value of a conflict",
        Held::InTrash => "in the trash is this key",
        Held::Before => "had this key before; it may still be good at the provider",
    };
    let line = if is_long { format!("line {}: ", grouped(owner.line as u64)) } else { String::new() };
    let id = if *is_shared { format!(" ({})", owner.id) } else { String::new() };
    output::say(format!("{line}{}{id} {held}.", plain(title)));
    if let Some(console) = provider(&owner.provider).and_then(|provider| provider.console.as_deref()) {
        output::say(format!("To revoke it: {console}"));
    }
    if owner.held == Held::Now {
        let name = if *is_shared { owner.id.to_string() } else { argument(title) };
        output::say(format!("Then save the new one: keymoor edit {name}"));
    }
}
