//! What a new credential is called, asked for at the terminal where it was not said.

use keymoor_vault::Error;

use crate::{
    input, output, prompt,
    session::Session,
    words::{self, Failure},
};

/// What a credential is called that its user gives no name of its own.
const OFFERED: &str = "default";

/// Refuses before anything is read if there is no name, and nobody to be asked for one.
///
/// # Errors
/// [`Failure::NoName`].
pub(super) fn must_be_said(provider: Option<&str>, name: Option<&str>) -> Result<(), Failure> {
    match name.is_some() || input::stdin_is_terminal() {
        true => Ok(()),
        false => Err(Failure::NoName { provider: provider.map(str::to_owned) }),
    }
}

/// Asks until there is a name that is none yet with this provider: the secret is entered already, and is not to be lost by a
/// slip. Enter takes the one that is offered.
///
/// # Errors
/// [`Failure::Cancelled`], and whatever a provider cannot be.
pub(super) fn asked(session: &mut Session, provider: &str) -> Result<String, Failure> {
    let offered = free(session, provider)?;
    loop {
        let name = prompt::line(&words::recognised::name_of_new(provider, &offered));
        let name = name.ok_or(Failure::Cancelled)?;
        if name.is_empty() {
            return Ok(offered);
        }
        match session.vault.holders(provider, &name) {
            Ok(holders) if holders.is_empty() => return Ok(name),
            Ok(_) => output::say(words::recognised::name_is_taken(provider, &name)),
            Err(error @ Error::Invalid(_)) => words::say(&error.into()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// The first of `default`, `default-2`, `default-3` … that the provider has not.
fn free(session: &mut Session, provider: &str) -> Result<String, Failure> {
    let mut name = OFFERED.to_owned();
    for next in 2_u32.. {
        if session.vault.holders(provider, &name)?.is_empty() {
            break;
        }
        name = format!("{OFFERED}-{next}");
    }
    Ok(name)
}
