//! Secrets as programs send them, and what they are shown of them.

use keymoor_vault::{ShownField, json_text};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::value::RawValue;

/// What stands for the hidden part.
const HIDDEN: &str = "••••";

/// A secret in a request. Taken as it stands in the body: serde_json's own buffer for escapes is not wiped.
pub(crate) struct Sent(SecretString);

impl<'de> Deserialize<'de> for Sent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let text = json_text(raw.get()).ok_or_else(|| D::Error::custom("not text, expected a string"))?;
        // From a slice: the box is made at its size, nothing is moved by a shrinking buffer.
        Ok(Self(SecretString::from(text.as_str())))
    }
}

impl JsonSchema for Sent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "pattern": "^[^\\x00]*$",
            "writeOnly": true,
            "description": "Never given back: answers have the last four characters at most. A masked value, as answers have it, leaves the field as it is."
        })
    }
}

impl Sent {
    /// The secret; `None` for a masked value, which is what an answer had in its place.
    pub(crate) fn unmasked(self) -> Option<SecretString> {
        let masked = is_masked(self.0.expose_secret()); // exposed to be told from a mask
        (!masked).then_some(self.0)
    }
}

/// What an answer has in place of a secret.
pub(crate) fn mask(field: &ShownField) -> String {
    format!("{HIDDEN}{}", field.last_four.as_deref().unwrap_or_default())
}

/// Dots or stars with at most four characters behind them: what we show, and what programs make of it. No key looks so.
fn is_masked(text: &str) -> bool {
    let rest = text.trim_start_matches(['•', '*']);
    let hidden = text.chars().count() - rest.chars().count();
    hidden >= HIDDEN.chars().count() && rest.chars().count() <= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_values_are_no_secrets_and_everything_else_is() {
        for masked in ["••••", "••••wxyz", "****", "********wxyz", "••••••••••••ab"]
        {
            assert!(is_masked(masked), "{masked}");
        }
        for secret in ["sk-1", "•••abcd", "***", "••••abcde", "sk-••••", "a••••", ""]
        {
            assert!(!is_masked(secret), "{secret}");
        }
    }

    #[test]
    fn a_secret_is_a_string_byte_for_byte() {
        let sent: Sent = serde_json::from_str(r#""a\n\u00e9 b""#).unwrap();
        assert_eq!(sent.unmasked().unwrap().expose_secret(), "a\né b");
        assert!(serde_json::from_str::<Sent>("1").is_err());
        assert!(serde_json::from_str::<Option<Sent>>("null").unwrap().is_none());
    }
}
