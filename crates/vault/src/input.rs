//! What the user typed, checked before anything is stored.

use std::collections::BTreeSet;

use keymoor_protocol::limits::BYTES_A_CREDENTIAL;
use keymoor_providers::{Recognition, recognise};
use secrecy::{ExposeSecret as _, SecretString};
use unicode_normalization::UnicodeNormalization as _;

use crate::error::{Error, Input};

/// Characters of a provider, a name, a label or a field's name.
const LONGEST_NAME: usize = 200;
/// Bytes of a note.
const LONGEST_NOTE: usize = 16 * 1024;

/// A provider as it is compared: trimmed, lower case, NFC.
pub(crate) fn provider(text: &str) -> Result<String, Error> {
    let text = short(text, Input::Provider)?.to_lowercase();
    if text.contains('/') { Err(Error::Invalid(Input::Provider)) } else { Ok(text) }
}

/// A name as it is kept: trimmed, NFC. Case counts.
pub(crate) fn name(text: &str) -> Result<String, Error> {
    short(text, Input::Name)
}

/// What somebody looks for: a name, or `provider/name`, which is longer.
pub(crate) fn sought(text: &str) -> Option<String> {
    let text: String = text.trim().nfc().collect();
    (!text.is_empty() && text.chars().count() <= 2 * LONGEST_NAME + 1).then_some(text)
}

/// A label.
pub(crate) fn label(text: &str) -> Result<String, Error> {
    short(text, Input::Label)
}

/// Labels, each once.
pub(crate) fn labels(texts: Vec<String>) -> Result<BTreeSet<String>, Error> {
    texts.iter().map(|text| label(text)).collect()
}

/// A field's name: what may be a column in a table or a key in JSON.
pub(crate) fn field_name(text: &str) -> Result<String, Error> {
    short(text, Input::FieldName)
}

/// A note: lines of text.
pub(crate) fn note(text: &str) -> Result<String, Error> {
    no_nul(text, Input::Note)?;
    if text.len() > LONGEST_NOTE { Err(Error::Invalid(Input::Note)) } else { Ok(text.nfc().collect()) }
}

/// The value of an open field, byte for byte.
pub(crate) fn open_value(text: &str) -> Result<String, Error> {
    no_nul(text, Input::FieldValue)?;
    Ok(text.to_owned())
}

/// A secret, byte for byte: it is never trimmed, never normalised.
pub(crate) fn secret(secret: &SecretString) -> Result<(), Error> {
    let text = secret.expose_secret(); // exposed to be looked at for emptiness, NUL and size
    if text.is_empty() {
        return Err(Error::EmptySecret);
    }
    no_nul(text, Input::Secret)?;
    size(text.len())
}

/// Refuses more than a credential may hold.
pub(crate) fn size(bytes: usize) -> Result<(), Error> {
    if bytes > BYTES_A_CREDENTIAL { Err(Error::TooLarge { limit: BYTES_A_CREDENTIAL }) } else { Ok(()) }
}

fn short(text: &str, what: Input) -> Result<String, Error> {
    no_nul(text, what)?;
    let text: String = text.trim().nfc().collect();
    let length = text.chars().count();
    let valid = (1..=LONGEST_NAME).contains(&length) && !text.contains(char::is_control);
    // It would be shown in lists, and stand in the activity.
    if matches!(recognise(&text), Recognition::Certain(_) | Recognition::Typo(..)) {
        return Err(Error::Invalid(Input::KeyAsName));
    }
    if valid { Ok(text) } else { Err(Error::Invalid(what)) }
}

fn no_nul(text: &str, what: Input) -> Result<(), Error> {
    if text.contains('\0') { Err(Error::NulByte(what)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_composed_and_bounded() {
        assert_eq!(name("  Zu\u{308}rich ").unwrap(), "Z\u{fc}rich");
        assert_eq!(provider("OpenAI").unwrap(), "openai");
        for bad in ["", "   ", "a\nb", "\u{7f}", &"n".repeat(10_000)] {
            assert!(matches!(name(bad), Err(Error::Invalid(Input::Name))), "{bad:.10}");
        }
        for key in ["ghp_Tq3nVw8bXkRzQw2Er4Ty6Ui8Op0As1Df5Gh7", "AKIAQ3EGT7WXN2VB5ZLM"] {
            assert!(matches!(provider(key), Err(Error::Invalid(Input::KeyAsName))), "{key}");
            assert!(matches!(name(key), Err(Error::Invalid(Input::KeyAsName))), "{key}");
        }
        assert!(matches!(name("a\0b"), Err(Error::NulByte(Input::Name))));
        assert!(matches!(provider("a/b"), Err(Error::Invalid(Input::Provider))));
    }

    #[test]
    fn secrets_are_taken_byte_for_byte_or_refused() {
        assert!(secret(&"  spaces stay ".into()).is_ok());
        assert!(matches!(secret(&"".into()), Err(Error::EmptySecret)));
        assert!(matches!(secret(&"a\0b".into()), Err(Error::NulByte(Input::Secret))));
        assert!(secret(&"s".repeat(64 * 1024).into()).is_ok());
        assert!(matches!(secret(&"s".repeat(64 * 1024 + 1).into()), Err(Error::TooLarge { .. })));
    }
}
