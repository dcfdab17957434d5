//! Texts of the catalogue with fields in braces: `{api_key}`, or `{site:datadoghq.com}` with what stands in for an empty
//! one. Other braces are as they are.

use zeroize::Zeroizing;

use super::{fields::Fields, report::Reason};
use crate::catalogue::{Field, Provider};

/// A text's pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Text(&'t str),
    Field { name: &'t str, default: Option<&'t str> },
}

/// The fields that a text names.
pub(crate) fn names_in(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Field { name, .. } => Some(name),
        Piece::Text(_) => None,
    })
}

/// Takes a text apart.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut start, mut at) = (Vec::new(), 0, 0);
    while let Some(open) = text[at..].find('{').map(|open| at + open) {
        let Some((field, end)) = field(&text[open..]) else {
            at = open + 1;
            continue;
        };
        if open > start {
            pieces.push(Piece::Text(&text[start..open]));
        }
        pieces.push(field);
        at = open + end;
        start = at;
    }
    if start < text.len() {
        pieces.push(Piece::Text(&text[start..]));
    }
    pieces
}

/// The field that a text begins with, and where it ends.
fn field(text: &str) -> Option<(Piece<'_>, usize)> {
    let inner = &text[1..text.find('}')?];
    let (name, default) = match inner.split_once(':') {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    let is_name = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
    (!name.is_empty() && name.bytes().all(is_name))
        .then_some((Piece::Field { name, default }, inner.len() + 2))
}

/// Where values come from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) provider: &'a Provider,
    pub(super) fields: &'a Fields,
}

impl<'a> Source<'a> {
    /// A field as the catalogue describes it. Settings of services have no description here.
    pub(super) fn field(&self, name: &str) -> Option<&'a Field> {
        self.provider.field(name)
    }

    /// What was entered.
    pub(super) fn entered(&self, name: &str) -> Result<Option<&'a str>, Reason> {
        match self.fields.get(name) {
            Some(value) if value.chars().any(char::is_control) => Err(Reason::BadField(name.to_owned())),
            value => Ok(value),
        }
    }

    /// What was entered, or what stands in for it.
    pub(super) fn value<'v>(&self, name: &str, default: Option<&'v str>) -> Result<Option<&'v str>, Reason>
    where
        'a: 'v,
    {
        let own = || self.field(name).and_then(|field| field.default.as_deref());
        Ok(self.entered(name)?.or(default).or_else(own).filter(|value| !value.is_empty()))
    }

    /// A text with its fields filled in; `None` if it has fields and all of them are empty.
    pub(super) fn text(&self, text: &str) -> Result<Option<Zeroizing<String>>, Reason> {
        let (mut filled, mut named, mut found) = (Zeroizing::new(String::with_capacity(256)), false, false);
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Field { name, default } => {
                    named = true;
                    if let Some(value) = self.value(name, default)? {
                        found = true;
                        filled.push_str(value);
                    }
                }
            }
        }
        Ok((found || !named).then_some(filled))
    }

    /// A JSON value with the fields in its texts filled in.
    pub(super) fn json(&self, value: &serde_json::Value) -> Result<serde_json::Value, Reason> {
        use serde_json::Value;
        Ok(match value {
            Value::String(text) => {
                Value::String(self.text(text)?.map(|text| text.as_str().to_owned()).unwrap_or_default())
            }
            Value::Array(values) => {
                Value::Array(values.iter().map(|value| self.json(value)).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let filled = members.iter().map(|(name, value)| Ok((name.clone(), self.json(value)?)));
                Value::Object(filled.collect::<Result<_, Reason>>()?)
            }
            other => other.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_without_a_field_stay() {
        let query = "{ viewer { id } }";
        assert_eq!(pieces(query), [Piece::Text(query)]);
        assert_eq!(pieces("{"), [Piece::Text("{")]);
        assert_eq!(
            pieces("a{b:c.d}e{f}"),
            [
                Piece::Text("a"),
                Piece::Field { name: "b", default: Some("c.d") },
                Piece::Text("e"),
                Piece::Field { name: "f", default: None },
            ]
        );
    }
}
