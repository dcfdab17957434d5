//! Where the password comes from: `--password-file`, `KEYMOOR_PASSWORD_FILE`, or a hidden prompt.

use std::path::PathBuf;

use keymoor_vault::PasswordFor;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    input,
    prompt::{self, Entry, PromptError},
    words::Failure,
};

/// More than anybody types; a passphrase of a whole page fits.
const LONGEST: usize = 4096;

/// Answers when the vault asks for a password.
pub(crate) struct Passwords {
    file: Option<PathBuf>,
    /// Why the vault got no answer: it only knows that there was none.
    refused: Option<Failure>,
    /// What was given already and is not asked for twice: the password of the account is that of the vault.
    given: Option<SecretString>,
}

impl Passwords {
    /// `file` is what `--password-file` gave; the environment is asked after it.
    pub(crate) fn new(file: Option<PathBuf>) -> Self {
        let named = || std::env::var_os("KEYMOOR_PASSWORD_FILE").filter(|name| !name.is_empty());
        Self { file: file.or_else(|| named().map(PathBuf::from)), refused: None, given: None }
    }

    /// The password that exists.
    pub(crate) fn existing(&self, question: &str) -> Result<SecretString, Failure> {
        match &self.file {
            Some(file) => input::first_line(file),
            None => ask(question),
        }
    }

    /// A new password, typed twice where it is typed.
    pub(crate) fn new_one(&self, question: &str) -> Result<SecretString, Failure> {
        let first = self.existing(question)?;
        if self.file.is_some() { Ok(first) } else { again(first) }
    }

    /// The password of an account that is made now. Without a keychain, the vault has one already and keeps it.
    pub(crate) fn of_new_account(&mut self) -> Result<SecretString, Failure> {
        match self.given.take() {
            Some(password) => Ok(password),
            None => self.new_one("Choose a password for the account"),
        }
    }

    /// The password of an account that this device joins. Without a keychain it becomes that of a new vault, too.
    pub(crate) fn of_joined_account(&mut self) -> Result<SecretString, Failure> {
        let password = self.existing("Password of the account")?;
        self.given = Some(password.clone());
        Ok(password)
    }

    /// The new password after a recovery, if there is to be one: it may stay as it was.
    pub(crate) fn after_recovery(&self) -> Result<Option<SecretString>, Failure> {
        if self.file.is_some() {
            return self.existing("").map(Some);
        }
        match ask("New password (Enter keeps the old one)") {
            Err(Failure::NoPassword) => Ok(None),
            Ok(password) if password.expose_secret().is_empty() => Ok(None),
            Ok(password) => again(password).map(Some),
            Err(failure) => Err(failure),
        }
    }

    /// The vault's question. Without an answer, [`Passwords::refusal`] knows why.
    pub(crate) fn answer(&mut self, purpose: PasswordFor) -> Option<SecretString> {
        let answer = match (purpose, &self.given) {
            (PasswordFor::NewVault, Some(password)) => Ok(password.clone()),
            (PasswordFor::NewVault, None) => self.new_one("Choose a password for this vault"),
            (PasswordFor::Unlock, _) => self.existing("Password of this vault"),
            (PasswordFor::SignIn, _) => self.existing("Password, to sign in again"),
            (PasswordFor::NewPassword, _) => self.new_one("Choose a new password"),
        };
        match answer {
            Ok(password) => {
                self.given = Some(password.clone());
                Some(password)
            }
            Err(failure) => {
                self.refused = Some(failure);
                None
            }
        }
    }

    /// The password that was given, for a vault that has to be opened again while nobody can be asked.
    pub(crate) fn given(&self) -> Option<SecretString> {
        self.given.clone()
    }

    /// What stands behind the vault's error: why it got no password, if it got none.
    pub(crate) fn refusal(&mut self, error: keymoor_vault::Error) -> Failure {
        self.refused.take().unwrap_or(Failure::Vault(error))
    }
}

fn ask(question: &str) -> Result<SecretString, Failure> {
    let bytes = match prompt::hidden(&format!("{question}: "), Entry::Line, LONGEST) {
        Ok(bytes) => bytes,
        Err(PromptError::NoTerminal) => return Err(Failure::NoPassword),
        Err(PromptError::Cancelled) => return Err(Failure::Cancelled),
        Err(PromptError::TooLong | PromptError::SeveralLines | PromptError::Io) => {
            return Err(Failure::PasswordUnreadable);
        }
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| Failure::PasswordUnreadable)?;
    Ok(SecretString::from(text))
}

fn again(first: SecretString) -> Result<SecretString, Failure> {
    let second = ask("Once more")?;
    // Both were typed by the same person a moment ago: nothing is learnt from how long comparing takes.
    if first.expose_secret() == second.expose_secret() { Ok(first) } else { Err(Failure::PasswordsDiffer) }
}
