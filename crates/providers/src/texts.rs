//! A credential as a text to be pasted elsewhere: lines of an environment, JSON, a command line of curl. Each has its room
//! beforehand and is wiped with its owner.

use zeroize::Zeroizing;

use crate::catalogue::{FieldKind, Provider};
use crate::shell::{push_word, room};
use crate::verify::Fields;

/// `NAME=value`, a line for each field that programs look for in the environment, under its usual name; quoted for a shell
/// where the value is not plain. `None`: no secret of it has such a name, or a value is none that an environment can have.
pub fn environment_text(provider: &Provider, fields: &Fields) -> Option<Zeroizing<String>> {
    let lines: Vec<_> = (provider.fields.iter())
        .filter_map(|field| Some((field.secret, field.env.first()?, fields.get(&field.key)?)))
        .collect();
    let can_be = lines.iter().all(|(_, _, value)| !value.contains('\0'));
    if !can_be || !lines.iter().any(|(secret, ..)| *secret) {
        return None;
    }
    let needed = lines.iter().map(|(_, name, value)| name.len() + room(value) + 2).sum();
    let mut text = Zeroizing::new(String::with_capacity(needed));
    for (at, (_, name, value)) in lines.into_iter().enumerate() {
        text.push_str(if at == 0 { "" } else { "\n" });
        text.push_str(name);
        text.push('=');
        push_word(&mut text, value);
    }
    Some(text)
}

/// A JSON object of all fields, those of the provider's form first and in its order. What is a JSON document itself stands in
/// it as one.
pub fn json_object(provider: Option<&Provider>, fields: &Fields) -> Zeroizing<String> {
    let known: Vec<&str> =
        provider.into_iter().flat_map(|known| &known.fields).map(|field| field.key.as_str()).collect();
    let others = fields.names().filter(|name| !known.contains(name));
    let members: Vec<(&str, &str)> =
        (known.iter().copied().chain(others)).filter_map(|name| Some((name, fields.get(name)?))).collect();
    let needed = members.iter().map(|(name, value)| 6 * (name.len() + value.len()) + 16).sum::<usize>() + 8;
    let mut text = Zeroizing::new(String::with_capacity(needed));
    text.push('{');
    for (at, (name, value)) in members.into_iter().enumerate() {
        text.push_str(if at == 0 { "\n  " } else { ",\n  " });
        push_json(&mut text, name);
        text.push_str(": ");
        let of_json = |provider: &Provider| provider.field(name).is_some_and(|it| it.kind == FieldKind::Json);
        match provider.is_some_and(of_json) && serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok() {
            true => text.push_str(value.trim()),
            false => push_json(&mut text, value),
        }
    }
    text.push_str("\n}");
    text
}

/// A text as JSON has it (RFC 8259). At most six bytes for each of its own, and two.
fn push_json(text: &mut String, value: &str) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            control if control.is_ascii_control() => {
                let digit = |four: u32| char::from_digit(four & 15, 16).unwrap_or('0');
                text.push_str("\\u00");
                text.push(digit(u32::from(control) >> 4));
                text.push(digit(u32::from(control)));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider;

    const NASTY: &str = "a'b\"c\\d$(e)`f`\n\tg\u{1}\u{7f} ñ";

    #[test]
    fn the_environment_has_each_field_under_its_usual_name() {
        let aws = provider("aws").unwrap();
        let fields = Fields::new()
            .with("secret_access_key", "abc/DEF+1")
            .with("access_key_id", "AKIA1")
            .with("region", "eu-west-1")
            .with("session_token", "");
        let text = environment_text(aws, &fields).unwrap();
        let wanted = "AWS_ACCESS_KEY_ID=AKIA1\nAWS_SECRET_ACCESS_KEY=abc/DEF+1\n";
        assert!(text.starts_with(wanted), "{}", text.as_str());
        assert!(text.contains("_REGION=eu-west-1") && !text.contains("TOKEN"), "{}", text.as_str());
        assert_eq!(text.lines().count(), 3, "one name a field");
    }

    #[test]
    fn there_is_none_where_programs_look_nowhere_or_could_not_have_it() {
        let any = provider("generic_http").unwrap();
        let all = any.fields.iter().fold(Fields::new(), |fields, field| fields.with(&field.key, "x"));
        assert!(environment_text(any, &all).is_none());
        let aws = provider("aws").unwrap();
        assert!(environment_text(aws, &Fields::new().with("region", "eu-west-1")).is_none(), "no secret");
        let openai = provider("openai").unwrap();
        assert!(environment_text(openai, &Fields::new().with("api_key", "a\0b")).is_none());
        assert!(environment_text(openai, &Fields::new().with("api_key", NASTY)).is_some());
    }

    #[test]
    fn json_is_read_back_as_it_was_and_has_its_room() {
        let long = NASTY.repeat(4000);
        for value in [NASTY, "", "plain", long.as_str(), &"\u{1}".repeat(65_536)] {
            let fields = Fields::new().with("api_key", value).with("a \"b\"", "x");
            let text = json_object(provider("openai"), &fields);
            let read: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(read["a \"b\""], "x");
            assert_eq!(read["api_key"].as_str().unwrap_or_default(), value);
            let needed = ["api_key", "a \"b\"", value, "x"].iter().map(|it| 6 * it.len()).sum::<usize>();
            assert!(text.capacity() <= needed + 64 && text.len() <= text.capacity());
        }
    }

    #[test]
    fn a_document_stands_in_it_as_one_and_the_form_goes_first() {
        let account = provider("google_service_account").unwrap();
        let fields = Fields::new().with("json", "{\"type\": \"service_account\"}\n").with("a", "1");
        let text = json_object(Some(account), &fields);
        assert_eq!(text.as_str(), "{\n  \"json\": {\"type\": \"service_account\"},\n  \"a\": \"1\"\n}");
        let broken = Fields::new().with("json", "{\"type\": ");
        assert_eq!(json_object(Some(account), &broken).as_str(), "{\n  \"json\": \"{\\\"type\\\": \"\n}");
    }
}
