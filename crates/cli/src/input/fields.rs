//! `--fields-stdin`: a JSON object whose values are secrets, or null. serde_json checks the syntax and hands over each value as
//! it stands in the input; the vault undoes the escapes, because serde_json's own buffer for them is not wiped.

use keymoor_vault::{JsonMembers, json_text};
use secrecy::SecretString;

use super::InputError;

/// The fields in their order; null is nothing.
pub(super) fn parse(text: &str) -> Result<Vec<(String, Option<SecretString>)>, InputError> {
    let JsonMembers(members) = serde_json::from_str(text).map_err(|error| {
        // Only the place: the error's text could quote the input.
        InputError::NotFields { line: error.line(), column: error.column() }
    })?;
    let mut fields: Vec<(String, Option<SecretString>)> = Vec::with_capacity(members.len());
    for (name, value) in members {
        if fields.iter().any(|(known, _)| *known == name) {
            return Err(InputError::FieldTwice(name));
        }
        let secret = match value.get() {
            "null" => None,
            raw => {
                let value = json_text(raw).ok_or_else(|| place(text, raw))?;
                Some(super::one(value.as_bytes())?)
            }
        };
        fields.push((name, secret));
    }
    if fields.is_empty() { Err(InputError::NoFields) } else { Ok(fields) }
}

/// Where a value stands in the text it was taken from.
fn place(text: &str, value: &str) -> InputError {
    let before = &text[..(value.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    InputError::NotFields {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, InputError> {
        let text_of = |value: Option<SecretString>| match value {
            Some(secret) => secret.expose_secret().to_owned(),
            None => "removed".to_owned(),
        };
        Ok(parse(text)?.into_iter().map(|(name, value)| (name, text_of(value))).collect())
    }

    #[test]
    fn values_are_what_serde_json_would_make_of_them() {
        let text = r#" {"a": "plain", "b": "\"\\\/\b\f\n\r\t", "c": "\u00e9\ud83d\ude00é😀", "": "x"} "#;
        let expected: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).unwrap();
        let fields = read(text).unwrap();
        assert_eq!(fields.len(), expected.len());
        for (name, value) in fields {
            assert_eq!(expected[&name], value.as_str(), "{name}");
        }
    }

    #[test]
    fn null_removes_and_the_word_does_not() {
        let fields = parse(r#"{"a": null , "b": "null"}"#).unwrap();
        assert!(fields[0].1.is_none());
        assert_eq!(fields[1].1.as_ref().unwrap().expose_secret(), "null");
    }

    #[test]
    fn the_order_stays() {
        let names: Vec<_> = read(r#"{"z":"1","a":"2"}"#).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["z", "a"]);
    }

    #[test]
    fn what_is_not_an_object_of_strings_is_refused_with_its_place() {
        assert_eq!(read("{\"a\": 1}"), Err(InputError::NotFields { line: 1, column: 7 }));
        assert_eq!(read("{\"a\": \"x\",\n \"b\": true}"), Err(InputError::NotFields { line: 2, column: 7 }));
        for text in [
            "",
            "[]",
            "\"a\"",
            "{",
            "{} x",
            "{\"a\":{\"b\":\"c\"}}",
            r#"{"a":"\ud83d"}"#,
            r#"{"a":"\ude00"}"#,
        ] {
            let refused = matches!(read(text), Err(InputError::NotFields { .. }));
            assert!(refused, "{text}");
        }
    }

    #[test]
    fn empty_values_and_names_given_twice_are_refused() {
        assert_eq!(read(r#"{"a":"1","a":"2"}"#), Err(InputError::FieldTwice("a".into())));
        assert_eq!(read(r#"{"a":""}"#), Err(InputError::Empty));
        assert_eq!(read(r#"{"a":"x\u0000"}"#), Err(InputError::Nul));
        assert_eq!(read("{}"), Err(InputError::NoFields));
    }
}
