//! Calls that may need a password, for a window that is asked for it by a failure and calls again with it.

use keymoor_vault::{Error, PasswordFor};
use secrecy::SecretString;

use super::Answer;
use crate::failure::Failure;

/// Runs something that may ask for a password; gives `password` once, and says in the failure what was asked for.
pub(crate) fn asking<T>(
    password: Option<SecretString>,
    act: impl FnOnce(&mut dyn FnMut(PasswordFor) -> Option<SecretString>) -> Result<T, Trouble>,
) -> Answer<T> {
    let mut password = password;
    let mut wanted = None;
    let answer = act(&mut |what| {
        wanted = Some(what);
        password.take()
    });
    answer.map_err(|trouble| match trouble {
        Trouble::Vault(error) => Failure::after_asking(error, wanted),
        Trouble::Before(failure) => failure,
    })
}

/// What went wrong while a password could be asked for.
pub(crate) enum Trouble {
    Vault(Error),
    Before(Failure),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Vault(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Before(failure)
    }
}
