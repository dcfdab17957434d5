//! Passwords: where they come from and what is asked of a new one.

use secrecy::{ExposeSecret as _, SecretString};

use crate::error::Error;

/// What a password is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordFor {
    /// Without a keychain: opening the vault.
    Unlock,
    /// Without a keychain, at the first start: a new one.
    NewVault,
    /// The session at the server has ended.
    SignIn,
    /// A new one after recovery.
    NewPassword,
}

/// Where a password comes from when one is needed; `None` when the user gave up.
pub type AskPassword<'a> = &'a mut dyn FnMut(PasswordFor) -> Option<SecretString>;

/// The fewest characters of a new password. The Secret Key does the heavy lifting; this stops accidents.
const SHORTEST: usize = 8;

/// Asks, or fails with [`Error::PasswordNeeded`].
pub(crate) fn ask(ask: AskPassword<'_>, what: PasswordFor) -> Result<SecretString, Error> {
    let password = ask(what).ok_or(Error::PasswordNeeded)?;
    if matches!(what, PasswordFor::NewVault | PasswordFor::NewPassword) {
        check_new(&password)?;
    }
    Ok(password)
}

/// Refuses a new password that is too short.
pub(crate) fn check_new(password: &SecretString) -> Result<(), Error> {
    // Exposed to be counted.
    let enough = password.expose_secret().chars().count() >= SHORTEST;
    if enough { Ok(()) } else { Err(Error::WeakPassword) }
}
