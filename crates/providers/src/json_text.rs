//! Secrets that come as JSON: serde_json finds the members of an object, and hands over each value as it stands in the text; the
//! escapes are undone here, because its own buffer for them is not wiped.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// The members of an object in their order, as they are written; a name may be there twice.
pub struct JsonMembers<'t>(pub Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for JsonMembers<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = JsonMembers<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(JsonMembers(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// What a JSON string, given as it is written, stands for; nothing if it is not a string or names half a character.
pub fn json_text(raw: &str) -> Option<Zeroizing<String>> {
    let mut rest = raw.strip_prefix('"')?.strip_suffix('"')?;
    // Undoing an escape never makes it longer.
    let mut text = Zeroizing::new(String::with_capacity(rest.len()));
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let mut characters = after.chars();
        let character = match characters.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => unicode(&mut characters)?,
            literal => literal,
        };
        text.push(character);
        rest = characters.as_str();
    }
    text.push_str(rest);
    Some(text)
}

fn unicode(characters: &mut std::str::Chars<'_>) -> Option<char> {
    let first = hex4(characters)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    *characters = characters.as_str().strip_prefix("\\u")?.chars();
    let second = hex4(characters).filter(|second| (0xdc00..0xe000).contains(second))?;
    char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
}

fn hex4(characters: &mut std::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |number, _| Some(number * 16 + characters.next()?.to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_what_serde_json_would_make_of_them() {
        for raw in [r#""plain""#, r#""""#, r#""\"\\\/\b\f\n\r\t""#, r#""\u00e9\ud83d\ude00é😀 \u0000""#] {
            let expected: String = serde_json::from_str(raw).unwrap();
            assert_eq!(json_text(raw).unwrap().as_str(), expected, "{raw}");
        }
        for raw in ["", "1", "null", "{}", r#""\ud83d""#, r#""\ude00""#, r#""\ud83d\u0041""#] {
            assert!(json_text(raw).is_none(), "{raw}");
        }
    }
}
