//! Secrets on their way in: from standard input, a hidden prompt or the clipboard, never from the command line.

mod bytes;
mod expiry;
mod fields;
mod files;

use keymoor_protocol::limits::BYTES_A_CREDENTIAL;
use secrecy::SecretString;
use zeroize::Zeroizing;

pub(crate) use bytes::{from_standard_input, stdin_is_terminal};
pub(crate) use expiry::{Expiry, expiry};
pub(crate) use files::{FileError, first_line, text, text_of};

use crate::{
    clipboard,
    prompt::{self, Entry, PromptError},
    words::Failure,
};

/// Where the secret comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A hidden prompt on the terminal.
    Prompt,
    /// Standard input: one secret.
    Stdin,
    /// Standard input: a JSON object of secret fields.
    Fields,
    /// The clipboard.
    Clipboard,
}

/// What was entered.
pub(crate) enum Entered {
    /// One secret.
    One(SecretString),
    /// Secret fields by name, in the order given; nothing for one that is to be removed.
    Fields(Vec<(String, Option<SecretString>)>),
}

/// Why it cannot be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InputError {
    /// Nothing, or nothing but a newline.
    Empty,
    /// Nothing for this field.
    EmptyField(String),
    /// A NUL byte.
    Nul,
    /// Bytes that are no UTF-8.
    NotUtf8,
    /// More than a credential may hold.
    TooLarge,
    /// Standard input failed.
    Unreadable,
    /// No terminal, and no other source was named.
    NoTerminal,
    /// Several lines came at once at a prompt.
    SeveralLines,
    /// `--fields-stdin`: not a JSON object of strings. The line and column where it went wrong, from 1.
    NotFields {
        /// Line.
        line: usize,
        /// Column.
        column: usize,
    },
    /// `--fields-stdin`: one name twice.
    FieldTwice(String),
    /// `--fields-stdin`: an empty object.
    NoFields,
    /// `--fields-stdin`: null, where nothing is there to be removed.
    RemovesInAdd(String),
    /// `--set` without `=` or without a name.
    NotAssignment,
    /// `--set` on a secret field.
    SetSecret(String),
    /// One new secret for a credential that has several.
    SeveralSecrets {
        /// Their names.
        names: Vec<String>,
        /// What was run: `edit` or `rotate`.
        command: &'static str,
    },
}

/// Reads the secret from its source; `what` names it in the prompt.
pub(crate) fn read(source: Source, what: &str) -> Result<Entered, Failure> {
    match source {
        // A terminal would show what is typed.
        Source::Stdin if stdin_is_terminal() => Ok(Entered::One(one(&ask(what, BYTES_A_CREDENTIAL)?)?)),
        Source::Stdin => Ok(Entered::One(one(&from_standard_input(BYTES_A_CREDENTIAL)?)?)),
        Source::Fields => {
            // Room for names, quotes and escapes around the values; the vault limits what they add up to.
            let limit = BYTES_A_CREDENTIAL * 2;
            let bytes = match stdin_is_terminal() {
                true => ask(&format!("{what}, as JSON"), limit)?,
                false => from_standard_input(limit)?,
            };
            Ok(Entered::Fields(fields::parse(utf8(&bytes)?)?))
        }
        Source::Clipboard => Ok(Entered::One(one(clipboard::read()?.as_bytes())?)),
        Source::Prompt if stdin_is_terminal() => Ok(Entered::One(one(&ask(what, BYTES_A_CREDENTIAL)?)?)),
        Source::Prompt => Err(InputError::NoTerminal.into()),
    }
}

/// Open fields of `--set FIELD=VALUE`.
pub(crate) fn assignments(given: &[String]) -> Result<Vec<(String, String)>, Failure> {
    given
        .iter()
        .map(|text| match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(InputError::NotAssignment.into()),
        })
        .collect()
}

/// Hidden, at the terminal.
fn ask(what: &str, limit: usize) -> Result<Bytes, Failure> {
    prompt::hidden(&format!("{what}: "), Entry::Paste, limit).map_err(|error| match error {
        PromptError::NoTerminal => InputError::NoTerminal.into(),
        PromptError::Cancelled => Failure::Cancelled,
        PromptError::TooLong => InputError::TooLarge.into(),
        PromptError::SeveralLines => InputError::SeveralLines.into(),
        PromptError::Io => InputError::Unreadable.into(),
    })
}

/// One secret out of the bytes that hold it.
fn one(bytes: &[u8]) -> Result<SecretString, InputError> {
    if bytes.contains(&0) {
        return Err(InputError::Nul);
    }
    let text = utf8(bytes)?;
    if text.is_empty() {
        return Err(InputError::Empty);
    }
    // From a slice: the box is made at its size, nothing is moved by a shrinking buffer.
    Ok(SecretString::from(text))
}

fn utf8(bytes: &[u8]) -> Result<&str, InputError> {
    std::str::from_utf8(bytes).map_err(|_| InputError::NotUtf8)
}

/// A secret text that is still being read.
pub(crate) type Bytes = Zeroizing<Vec<u8>>;

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_secret_is_text_and_not_empty() {
        assert_eq!(one(b"sk-1 \t").unwrap().expose_secret(), "sk-1 \t");
        assert_eq!(one(b"").err(), Some(InputError::Empty));
        assert_eq!(one(b"sk\0-1").err(), Some(InputError::Nul));
        assert_eq!(one(b"sk\xff").err(), Some(InputError::NotUtf8));
    }

    #[test]
    fn an_assignment_has_a_name_and_its_value_may_hold_anything() {
        let given = ["region=eu", "url=https://x/?a=b", "empty="].map(String::from);
        let expected = [("region", "eu"), ("url", "https://x/?a=b"), ("empty", "")];
        assert_eq!(
            assignments(&given).ok().unwrap(),
            expected.map(|(name, value)| (name.into(), value.into()))
        );
        assert!(assignments(&["region".into()]).is_err());
        assert!(assignments(&["=eu".into()]).is_err());
    }
}
