//! Lines of `NAME=value`: an `.env` file, exports of a shell, `~/.aws/credentials`.

use std::{collections::HashMap, sync::OnceLock};

use zeroize::Zeroizing;

use super::{Found, Recognition, shapes, together};
use crate::{Provider, providers};

/// A line, as far as it says something.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) value: Zeroizing<String>,
    /// The number of `[section]` lines before it: the profiles of a file do not mix.
    pub(super) section: usize,
}

type Place = (&'static Provider, &'static str);

/// `None`: the text is no such lines, or nothing in them is known.
pub(super) fn recognise(text: &str) -> Option<Recognition> {
    of(parse(text)?)
}

/// What these lines hold together.
pub(super) fn of(lines: Vec<Line>) -> Option<Recognition> {
    let mut found = Vec::new();
    let mut unknown = Vec::new();
    let sections = lines.last()?.section;
    let mut rest = lines.into_iter().peekable();
    for section in 0..=sections {
        let mut here = Vec::new();
        while let Some(line) = rest.next_if(|line| line.section == section) {
            here.push(line);
        }
        credentials(here, &mut found, &mut unknown);
    }
    if let ([one], true) = (found.as_slice(), unknown.is_empty())
        && let Some(candidates) = candidates(one)
    {
        return Some(Recognition::Candidates(candidates));
    }
    together(found, unknown)
}

/// Sorts the lines of one section into credentials: again and again the provider that most of them speak of.
fn credentials(lines: Vec<Line>, found: &mut Vec<Found>, unknown: &mut Vec<String>) {
    let mut open: Vec<(Line, Vec<Place>)> = Vec::new();
    for line in lines {
        let places = places(&line);
        if places.is_empty() {
            unknown.push(line.name);
        } else {
            open.push((line, places));
        }
    }
    while let Some(provider) = most_named(&open) {
        let mut credential = Found::new(provider);
        let mut left = Vec::new();
        for (line, places) in open {
            let place = places.iter().find(|(of, _)| of.id == provider.id).map(|(_, key)| *key);
            match place {
                Some(key) if credential.value(key).is_none() => credential.put(key, &line.value),
                // The same field under another of its names.
                Some(key) if is_same(&credential, key, &line.value) => {}
                Some(_) => unknown.push(line.name),
                None => left.push((line, places)),
            }
        }
        found.push(credential);
        open = left;
    }
}

fn is_same(credential: &Found, key: &str, value: &str) -> bool {
    use secrecy::ExposeSecret as _;
    // Compared in memory with what was pasted beside it.
    credential.value(key).is_some_and(|known| known.expose_secret() == value)
}

/// The provider that most lines speak of, one of whose secrets is among them first.
fn most_named(open: &[(Line, Vec<Place>)]) -> Option<&'static Provider> {
    let mut weights: Vec<(&'static Provider, bool, usize)> = Vec::new();
    for (provider, key) in open.iter().flat_map(|(_, places)| places) {
        let secret = provider.field(key).is_some_and(|field| field.secret);
        match weights.iter_mut().find(|(of, ..)| of.id == provider.id) {
            Some((_, secrets, lines)) => {
                *secrets |= secret;
                *lines += 1;
            }
            None => weights.push((provider, secret, 1)),
        }
    }
    // The first of those that weigh the same.
    let heaviest = weights.into_iter().rev().max_by_key(|(_, secret, lines)| (*secret, *lines));
    heaviest.map(|(provider, ..)| provider)
}

/// Where the value of a line belongs: what its shape says for certain, otherwise what its name says.
fn places(line: &Line) -> Vec<Place> {
    if is_reference(&line.value) {
        return Vec::new();
    }
    if let Some(place) = shapes::certain(&line.value) {
        return vec![place];
    }
    let names = names();
    let by_name =
        names.get(line.name.as_str()).or_else(|| names.get(line.name.to_ascii_uppercase().as_str()));
    if let Some(places) = by_name {
        return places.clone();
    }
    if line.section > 0 && line.name == "region" {
        return names.get("AWS_REGION").cloned().unwrap_or_default();
    }
    let whole_file = line.value.starts_with('{') && !line.value.contains('\0');
    let place = whole_file.then(|| super::json::service_account(&line.value)).flatten();
    place.into_iter().collect()
}

/// `op://vault/item`, `${OTHER}` and the like stand for a secret that is elsewhere.
fn is_reference(value: &str) -> bool {
    value.is_empty() || ["op://", "pass://", "${", "$("].iter().any(|start| value.starts_with(start))
}

/// All providers that the only line could be of.
fn candidates(found: &Found) -> Option<Vec<Found>> {
    use secrecy::ExposeSecret as _;
    let [(key, value)] = found.fields.as_slice() else { return None };
    let field = found.provider.field(key)?;
    let mut places: Vec<Place> =
        field.env.iter().filter_map(|name| names().get(name.as_str())).flatten().copied().collect();
    places.dedup_by_key(|(provider, _)| &provider.id);
    if field.secret || places.len() < 2 {
        return None;
    }
    let candidate = |(provider, key): Place| {
        let mut found = Found::new(provider);
        // Copied into the candidates, which hold it as what was pasted does.
        found.put(key, value.expose_secret());
        found
    };
    Some(places.into_iter().map(candidate).collect())
}

fn names() -> &'static HashMap<&'static str, Vec<Place>> {
    static NAMES: OnceLock<HashMap<&'static str, Vec<Place>>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names: HashMap<&str, Vec<Place>> = HashMap::new();
        for provider in providers() {
            for field in &provider.fields {
                for name in &field.env {
                    names.entry(name).or_default().push((provider, field.key.as_str()));
                }
            }
        }
        names
    })
}

fn parse(text: &str) -> Option<Vec<Line>> {
    let mut lines = Vec::new();
    let mut section = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            rest = after;
            continue;
        }
        if line.starts_with('[') && line.ends_with(']') {
            section += 1;
            rest = after;
            continue;
        }
        let (name, _) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        let name = name.trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        if name.is_empty() || !name.chars().all(plain) || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let (_, from) = rest.split_once('=')?;
        let (value, left) = value(from.trim_start_matches([' ', '\t']))?;
        // Base64 that ends in `=` is a secret and no name; names are printed.
        if matches!(value.as_str(), "" | "=")
            && name.len() > 20
            && name.contains(|c: char| c.is_ascii_lowercase())
        {
            return None;
        }
        lines.push(Line { name: name.to_owned(), value, section });
        rest = left;
    }
    (!lines.is_empty()).then_some(lines)
}

/// The value at the start of the text, and what follows its line. In quotes it may go over several lines.
fn value(from: &str) -> Option<(Zeroizing<String>, &str)> {
    if let Some(quote) = from.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) {
        let inside = from.get(1..)?;
        let end = closing(inside, quote)?;
        let value = inside.get(..end)?;
        let value = if quote == '"' && value.contains("\\\"") {
            // As a shell reads it.
            Zeroizing::new(value.replace("\\\"", "\"").replace("\\\\", "\\"))
        } else {
            Zeroizing::new(value.to_owned())
        };
        let (after, left) = inside.get(end + 1..)?.split_once('\n').unwrap_or((inside.get(end + 1..)?, ""));
        let after = after.trim().trim_start_matches([',', ';']).trim_start();
        return (after.is_empty() || after.starts_with('#')).then_some((value, left));
    }
    let (line, left) = from.split_once('\n').unwrap_or((from, ""));
    let value = line.split(" #").next().unwrap_or(line).trim();
    Some((Zeroizing::new(value.to_owned()), left))
}

fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            c if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}
