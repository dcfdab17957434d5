//! Texts in requests, described as exactly as they are checked.

use std::collections::BTreeMap;

use keymoor_vault::moment;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::wrong;

/// A name, a label, or the name of a field: one line of 1 to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name(pub(crate) String);

/// A provider: a name without a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Provider(pub(crate) String);

/// Any text without a NUL byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

/// When something expires: a time or a day. Milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) u64);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        moment(&text).map(Self).ok_or_else(|| D::Error::custom(wrong::EXPIRY))
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "anyOf": [{ "format": "date-time" }, { "format": "date" }],
            "description": "A time such as 2027-03-01T14:05:00Z, or a day, at whose end it expires, in UTC."
        })
    }
}

/// A member that may be left out, given, or null; null and absence are not the same.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Characters of a name.
const LONGEST: usize = 200;
/// No control characters, and something else than white space.
const NAME: &str = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$";
const PROVIDER: &str = r"^[^/\x00-\x1f\x7f-\x9f]*[^/\s\x00-\x1f\x7f-\x9f][^/\x00-\x1f\x7f-\x9f]*$";
const TEXT: &str = r"^[^\x00]*$";

fn is_name(text: &str) -> bool {
    let length = text.chars().count();
    (1..=LONGEST).contains(&length) && !text.contains(char::is_control) && !text.trim().is_empty()
}

macro_rules! text {
    ($type:ident, $valid:expr, $needs:expr, $schema:tt) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let valid: fn(&str) -> bool = $valid;
                if valid(&text) { Ok(Self(text)) } else { Err(D::Error::custom($needs)) }
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

text!(Name, is_name, wrong::NAME, { "type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": NAME });
text!(Provider, |text| is_name(text) && !text.contains('/'), wrong::PROVIDER, {
    "type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": PROVIDER
});
text!(Text, |text| !text.contains('\0'), wrong::TEXT, { "type": "string", "pattern": TEXT });

/// Values by the names of fields.
pub(crate) struct Named<T>(pub(crate) BTreeMap<String, T>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let named = BTreeMap::<String, T>::deserialize(deserializer)?;
        let valid = named.keys().all(|name| is_name(name));
        if valid { Ok(Self(named)) } else { Err(D::Error::custom(wrong::FIELD_NAME)) }
    }
}

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Named_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "propertyNames": Name::json_schema(generator),
            "additionalProperties": generator.subschema_for::<T>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lines_and_providers_have_no_slash() {
        let name = |text: &str| serde_json::from_value::<Name>(text.into()).is_ok();
        assert!(name("work") && name(" a b ") && name("a/b") && name(&"ä".repeat(200)));
        for bad in ["", " ", "a\nb", "\na", "a\u{85}", "\0", &"a".repeat(201)] {
            assert!(!name(bad), "{bad:?}");
        }
        let provider = |text: &str| serde_json::from_value::<Provider>(text.into()).is_ok();
        assert!(provider("openai") && !provider("a/b"));
        assert!(serde_json::from_str::<Named<Text>>(r#"{"a": "b"}"#).is_ok());
        assert!(serde_json::from_str::<Named<Text>>(r#"{"a\n": "b"}"#).is_err());
        assert!(serde_json::from_str::<Named<Text>>(r#"{"a": "\u0000"}"#).is_err());
    }
}
