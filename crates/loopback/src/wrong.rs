//! Reading what was sent, and saying what is wrong with it: where and what, and nothing of what was sent.

use axum::http::Uri;
use keymoor_providers::{providers, services};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::refusal::{Code, Refusal};

/// Where in a request something is wrong, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// A JSON pointer into the body, or the name of a parameter. A member whose name nobody but the caller knows is `*`.
    pub(crate) field: String,
    pub(crate) problem: String,
}

/// Texts of our own types, each of which says what it has to be. They come back out of serde's errors.
pub(crate) const NEEDS: [&str; 6] = [NAME, PROVIDER, TEXT, FIELD_NAME, EXPIRY, SINCE];
pub(crate) const NAME: &str = "has to be one line of 1 to 200 characters";
pub(crate) const PROVIDER: &str = "has to be one line of 1 to 200 characters without a slash";
pub(crate) const TEXT: &str = "may have no NUL byte";
pub(crate) const FIELD_NAME: &str = "needs names of one line of 1 to 200 characters";
pub(crate) const EXPIRY: &str =
    "has to be a time such as 2027-03-01T14:05:00Z, a day such as 2027-03-01, or null for never";
pub(crate) const SINCE: &str = "has to be a time such as 2026-03-01T14:05:00Z, a day such as 2026-03-01, or how long ago, such as 30m, 3h, 2d or 1w";

/// A refusal that names a parameter, or a member of the body.
pub(crate) fn wrong(field: &str, problem: &str) -> Refusal {
    let wrong = Wrong { field: field.to_owned(), problem: problem.to_owned() };
    Refusal { wrong: Some(wrong), ..Refusal::new(Code::BadRequest) }
}

/// # Errors
/// [`Code::BadRequest`], with the parameter.
pub(crate) fn query<Q: DeserializeOwned>(uri: &Uri) -> Result<Q, Refusal> {
    let parsed = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(parsed)).map_err(|error| {
        let field = pointer(error.path()).trim_start_matches('/').to_owned();
        of(field, &error.inner().to_string(), "parameter")
    })
}

/// # Errors
/// [`Code::BadRequest`], with the member.
pub(crate) fn body<B: DeserializeOwned>(bytes: &[u8], may_be_empty: bool) -> Result<B, Refusal> {
    let bytes = if bytes.is_empty() && may_be_empty { b"{}" } else { bytes };
    // serde would take a list for the members of a struct, one by one.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(wrong("", "has to be a JSON object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let (inner, field) = (error.inner(), pointer(error.path()));
        if inner.is_data() { of(field, &inner.to_string(), "member") } else { no_json(inner) }
    })?;
    reader.end().map_err(|error| no_json(&error))?;
    Ok(read)
}

fn no_json(error: &serde_json::Error) -> Refusal {
    wrong("", &format!("is no JSON: line {}, column {}", error.line(), error.column()))
}

/// What serde says, without what it quotes. Names that it expects are ours, and stand behind the last quotation.
fn of(field: String, said: &str, kind: &str) -> Refusal {
    let said = said.rsplit_once(" at line ").map_or(said, |(said, _)| said);
    let expected = said.rsplit_once(", expected ").map(|(_, expected)| expected.replace('`', ""));
    let expected = expected.as_deref().map(|text| text.trim_start_matches("one of "));
    let quoted = said.split('`').nth(1).unwrap_or_default();
    if said.starts_with("missing field") {
        return wrong(&below(&field, quoted, kind), "is missing");
    }
    if said.starts_with("duplicate field") {
        return wrong(&below(&field, quoted, kind), "is there twice");
    }
    if said.starts_with("unknown field") {
        let parent = field.rsplit_once('/').map_or("", |(parent, _)| parent);
        let known =
            expected.map_or_else(|| "there are none".to_owned(), |names| format!("known are {names}"));
        return wrong(parent, &format!("has a {kind} that is not known: {known}"));
    }
    let problem = match (NEEDS.iter().find(|needs| **needs == said), expected) {
        (Some(needs), _) => (*needs).to_owned(),
        (None, Some(names)) if said.starts_with("unknown variant") => format!("has to be one of {names}"),
        (None, Some(kind)) => format!("has to be {}", in_json(kind)),
        (None, None) if kind == "parameter" && said.contains("digit") => "has to be a number".to_owned(),
        (None, None) if kind == "parameter" && said.contains("`true`") => {
            "has to be true or false".to_owned()
        }
        (None, None) => "is not of the documented form".to_owned(),
    };
    wrong(&field, &problem)
}

/// What serde calls a type, as JSON calls it.
fn in_json(expected: &str) -> &str {
    match expected {
        "a map" => "an object",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        other if other.starts_with("struct ") => "an object",
        other if other.contains("string") => "a string",
        "usize" | "u64" | "u32" => "a number",
        _ => "of the documented type",
    }
}

fn below(parent: &str, name: &str, kind: &str) -> String {
    if kind == "member" { format!("{parent}/{name}") } else { name.to_owned() }
}

fn pointer(path: &Path) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Map { key } if is_ours(key) => text.extend(["/", key]),
            Segment::Seq { index } => text.push_str(&format!("/{index}")),
            Segment::Map { .. } | Segment::Enum { .. } | Segment::Unknown => text.push_str("/*"),
        }
    }
    text
}

/// Members of requests, and whatever the catalogue calls a field or a setting. Anything else may be a key at the wrong place.
fn is_ours(name: &str) -> bool {
    const MEMBERS: [&str; 22] = [
        "provider",
        "name",
        "secret",
        "secrets",
        "fields",
        "labels",
        "note",
        "fallback",
        "enabled",
        "expires_at",
        "credential",
        "spreadsheet_id",
        "sheet_name",
        "status",
        "label",
        "q",
        "limit",
        "offset",
        "since",
        "by",
        "program",
        "event",
    ];
    MEMBERS.contains(&name)
        || ["failed", "all", "side_effects", "until"].contains(&name)
        || providers().any(|provider| provider.field(name).is_some())
        || services().any(|service| service.setting(name).is_some())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::texts::{Name, Named, Text};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[allow(dead_code)]
        name: Name,
        #[allow(dead_code)]
        labels: Option<Vec<Name>>,
        #[allow(dead_code)]
        limit: Option<usize>,
        #[serde(default)]
        #[allow(dead_code)]
        fields: BTreeMap<String, Text>,
    }

    fn said<T: std::fmt::Debug>(read: Result<T, Refusal>) -> (String, String) {
        let wrong = read.unwrap_err().wrong.unwrap();
        (wrong.field, wrong.problem)
    }

    #[test]
    fn a_body_is_told_where_it_is_wrong_and_nothing_of_it_is_repeated() {
        for (text, field, problem) in [
            (r#"{"labels": []}"#, "/name", "is missing"),
            (r#"{"name": 7}"#, "/name", "has to be a string"),
            (r#"{"name": "PLANTED\n"}"#, "/name", NAME),
            (r#"{"name": "x", "labels": "PLANTED"}"#, "/labels", "has to be a list"),
            (r#"{"name": "x", "labels": ["a", 1]}"#, "/labels/1", "has to be a string"),
            (r#"{"name": "x", "limit": "PLANTED"}"#, "/limit", "has to be a number"),
            (r#"{"name": "x", "name": "y"}"#, "/name", "is there twice"),
            (r#"{"name": "x", "fields": {"region": 1}}"#, "/fields/region", "has to be a string"),
            (r#"{"name": "x", "fields": {"PLANTED": 1}}"#, "/fields/*", "has to be a string"),
            (r#"{"name": "x", "fields": {"region": "\u0000"}}"#, "/fields/region", TEXT),
            (
                r#"{"name": "x", "PLANTED`, expected `a": 1}"#,
                "",
                "has a member that is not known: known are name, labels, limit, fields",
            ),
            ("{\n\"name\": }", "", "is no JSON: line 2, column 9"),
            (r#"{"name": "x"} PLANTED"#, "", "is no JSON: line 1, column 15"),
            ("[]", "", "has to be a JSON object"),
        ] {
            let (at, what) = said(body::<Sample>(text.as_bytes(), false));
            assert_eq!((at.as_str(), what.as_str()), (field, problem), "{text}");
        }
        let named = said(body::<Named<Text>>(b"{\"a\\n\": \"b\"}", false).map(|_| ()));
        assert_eq!(named, (String::new(), FIELD_NAME.to_owned()));
    }

    #[test]
    fn a_query_is_told_its_parameter_and_those_that_are_known() {
        for (text, field, problem) in [
            ("/?name=x&limit=PLANTED", "limit", "has to be a number"),
            ("/?name=x&limit=-1", "limit", "has to be a number"),
            ("/?limit=1", "name", "is missing"),
            ("/?name=x&name=y", "name", "is there twice"),
            (
                "/?name=x&PLANTED=1",
                "",
                "has a parameter that is not known: known are name, labels, limit, fields",
            ),
        ] {
            let (at, what) = said(query::<Sample>(&text.parse().unwrap()));
            assert_eq!((at.as_str(), what.as_str()), (field, problem), "{text}");
        }
    }
}
