//! An answer, and what can be looked up in it.

use serde_json::Value;
use ureq::http::HeaderMap;
use zeroize::Zeroizing;

use crate::catalogue::{Condition, Statuses};

/// What came back. It may hold tokens.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    body: Zeroizing<String>,
    json: Option<Value>,
}

impl Reply {
    pub(super) fn new(status: u16, headers: HeaderMap, body: &[u8]) -> Self {
        let json = serde_json::from_slice(body).ok();
        Self { status, headers, body: Zeroizing::new(String::from_utf8_lossy(body).into_owned()), json }
    }

    /// Whether a page for people came. Its content type says nothing: Slack calls its one-word answers HTML.
    pub(super) fn is_page(&self) -> bool {
        let start: String = self.body.trim_start_matches('\u{feff}').trim_start().chars().take(9).collect();
        let start = start.to_ascii_lowercase();
        start.starts_with("<!doctype") || start.starts_with("<html") || start.starts_with("<head")
    }

    /// What is at a place: a JSON Pointer, `xml:Element` or `header:Name`. Null is as good as nothing.
    pub(super) fn at(&self, place: &str) -> Option<Value> {
        if let Some(name) = place.strip_prefix("header:") {
            return self.headers.get(name)?.to_str().ok().map(|value| Value::String(value.to_owned()));
        }
        if let Some(element) = place.strip_prefix("xml:") {
            return element_text(&self.body, element).map(Value::String);
        }
        self.json.as_ref()?.pointer(place).filter(|value| !value.is_null()).cloned()
    }

    /// What is at a place as a text, if it is one or a number.
    pub(super) fn text_at(&self, place: &str) -> Option<String> {
        self.at(place).as_ref().and_then(text_of).filter(|text| !text.is_empty())
    }

    pub(super) fn has_status(&self, statuses: &Statuses) -> bool {
        statuses.0.is_empty() || statuses.0.contains(&self.status)
    }

    /// Whether a condition holds. A text of it may have fields, which `filled` knows; where they are empty, nothing is
    /// asked for, and it holds.
    pub(super) fn fits(&self, condition: &Condition, filled: impl Fn(&str) -> Option<String>) -> bool {
        let mut wanted = Vec::new();
        for value in &condition.is {
            match value {
                Value::String(text) => match filled(text) {
                    Some(text) => wanted.push(Value::String(text)),
                    None => return true,
                },
                other => wanted.push(other.clone()),
            }
        }
        let there = match &condition.at {
            Some(place) => self.all_at(place),
            None => vec![Value::String(self.body.as_str().to_owned())],
        };
        there.iter().any(|there| holds(condition, &wanted, there))
    }

    /// What is at a place; in a JSON Pointer `*` stands for every element of an array.
    fn all_at(&self, place: &str) -> Vec<Value> {
        let Some((array, rest)) = place.split_once("/*").filter(|_| place.starts_with('/')) else {
            return self.at(place).into_iter().collect();
        };
        let Some(Value::Array(elements)) = self.at(array) else { return Vec::new() };
        elements.iter().filter_map(|element| element.pointer(rest)).cloned().collect()
    }
}

fn holds(condition: &Condition, wanted: &[Value], there: &Value) -> bool {
    let is = wanted.is_empty() || wanted.iter().any(|value| same(value, there));
    let within = condition
        .within
        .is_none_or(|(least, most)| number_of(there).is_some_and(|number| (least..=most).contains(&number)));
    // Of an array or object, what it looks like as JSON.
    let has = condition.has.is_empty() || {
        let text = text_of(there).unwrap_or_else(|| there.to_string());
        condition.has.iter().any(|part| text.contains(part))
    };
    is && within && has
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

fn number_of(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Headers and XML know only texts: a number is the same as its digits.
fn same(wanted: &Value, there: &Value) -> bool {
    wanted == there || text_of(wanted).is_some_and(|wanted| text_of(there) == Some(wanted))
}

/// The text of the first element of that name, whatever its attributes.
fn element_text(xml: &str, name: &str) -> Option<String> {
    let mut rest = xml;
    loop {
        rest = &rest[rest.find('<')? + 1..];
        let Some(after) = rest.strip_prefix(name) else { continue };
        if !after.starts_with(['>', ' ', '\t', '\r', '\n']) {
            continue;
        }
        let text = &after[after.find('>')? + 1..];
        let text = &text[..text.find('<')?];
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
        return Some(entities.iter().fold(text.trim().to_owned(), |text, (from, to)| text.replace(from, to)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(body: &str) -> Reply {
        Reply::new(200, HeaderMap::new(), body.as_bytes())
    }

    fn filled(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn condition(json: &str) -> Condition {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn places_are_found_in_json_xml_and_headers() {
        let json = reply(r#"{"a":{"b":[null,7,"x"]},"n":null}"#);
        assert_eq!(json.text_at("/a/b/1").as_deref(), Some("7"));
        assert_eq!(json.text_at("/a/b/2").as_deref(), Some("x"));
        assert_eq!(json.at("/a/b/0"), None);
        assert_eq!(json.at("/n"), None);
        let xml = reply("<R xmlns=\"u\"><ArnX>no</ArnX><Arn a=\"1\">arn:x&amp;y</Arn></R>");
        assert_eq!(xml.text_at("xml:Arn").as_deref(), Some("arn:x&y"));
        assert_eq!(xml.text_at("xml:Nothing"), None);
        let mut headers = HeaderMap::new();
        headers.insert("x-name", "value".parse().unwrap());
        assert_eq!(Reply::new(200, headers, b"").text_at("header:X-Name").as_deref(), Some("value"));
    }

    #[test]
    fn conditions_hold_all_at_once() {
        let reply = reply(r#"{"error":{"code":190,"sub":"463"},"ok":false,"list":[]}"#);
        for fits in [
            r#"{"at":"/error/code","is":[190]}"#,
            r#"{"at":"/error/code","is":["190"]}"#,
            r#"{"at":"/error/sub","is":[463,467]}"#,
            r#"{"at":"/error/code","within":[100,200]}"#,
            r#"{"at":"/ok","is":[false]}"#,
            r#"{"at":"/list"}"#,
            r#"{"has":["\"code\":190"]}"#,
            r#"{"at":"/error","has":["463"]}"#,
        ] {
            assert!(reply.fits(&condition(fits), filled), "{fits}");
        }
        for other in [
            r#"{"at":"/error/code","is":[191]}"#,
            r#"{"at":"/error/code","within":[191,200]}"#,
            r#"{"at":"/ok","is":[true]}"#,
            r#"{"at":"/nothing"}"#,
            r#"{"at":"/error/code","is":[190],"has":["2"]}"#,
            r#"{"has":["nothing"]}"#,
        ] {
            assert!(!reply.fits(&condition(other), filled), "{other}");
        }
    }

    #[test]
    fn one_of_many_is_looked_for_by_a_field() {
        let reply = reply(r#"{"sheets":[{"p":{"title":"A"}},{"p":{"title":"B b"}}]}"#);
        let fits = |at: &str, field: Option<&str>| {
            let condition = condition(&format!(r#"{{"at":"{at}","is":["{{name}}"]}}"#));
            reply.fits(&condition, |text| field.map(|field| text.replace("{name}", field)))
        };
        assert!(fits("/sheets/*/p/title", Some("B b")));
        assert!(!fits("/sheets/*/p/title", Some("C")));
        assert!(!fits("/sheets/*/q", Some("A")));
        assert!(fits("/sheets/*/p/title", None));
    }

    #[test]
    fn pages_are_told_by_how_they_begin() {
        for page in ["<!DOCTYPE html><html>", "\u{feff} \n<HTML lang=x>", "<html>"] {
            assert!(reply(page).is_page(), "{page}");
        }
        for other in
            ["", "invalid_token", "<?xml version=\"1.0\"?><ErrorResponse>", "{\"a\":\"<html>\"}", "é"]
        {
            assert!(!reply(other).is_page(), "{other}");
        }
    }
}
