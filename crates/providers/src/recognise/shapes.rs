//! One secret by its shape alone.

use std::{
    collections::{BTreeMap, HashSet},
    sync::OnceLock,
};

use regex::bytes::{Regex, RegexSet, RegexSetBuilder};

use super::{Flaw, Found, Recognition, holds};
use crate::{Provider, Recognise, pattern, providers};

/// The shapes of all providers, looked for at once.
struct Shapes {
    set: RegexSet,
    of: Vec<(&'static Provider, &'static Recognise)>,
    /// What is no such shape all the same, by the place of the shape.
    except: BTreeMap<usize, Regex>,
    /// What secrets of only one provider start with, up to a `-`, `_` or `.`.
    starts: BTreeMap<String, (&'static Provider, &'static Recognise)>,
}

/// How a shape fits a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Sure,
    WrongChecksum,
    Possible,
}

pub(super) fn recognise(secret: &str) -> Recognition {
    let fits = fits(secret);
    let all = |wanted: Fit| {
        let mut found: Vec<Found> = Vec::new();
        for (provider, shape, _) in fits.iter().filter(|(_, _, fit)| *fit == wanted) {
            if !found.iter().any(|found| found.provider.id == provider.id) {
                found.extend(one(provider, shape, secret));
            }
        }
        found
    };
    let mut sure = all(Fit::Sure);
    if let (1, Some(found)) = (sure.len(), sure.pop()) {
        return Recognition::Certain(found);
    }
    let several = all(Fit::Sure);
    if !several.is_empty() {
        return Recognition::Candidates(several);
    }
    if let Some(found) = all(Fit::WrongChecksum).pop() {
        return Recognition::Typo(found, Flaw::Checksum);
    }
    let possible = all(Fit::Possible);
    if !possible.is_empty() {
        return Recognition::Candidates(possible);
    }
    match started(secret).and_then(|(provider, shape)| one(provider, shape, secret)) {
        Some(found) => Recognition::Typo(found, Flaw::Shape),
        None => Recognition::Unknown,
    }
}

/// The provider and field that only this shape can be.
pub(super) fn certain(secret: &str) -> Option<(&'static Provider, &'static str)> {
    let fits = fits(secret);
    let mut sure = fits.iter().filter(|(_, _, fit)| *fit == Fit::Sure);
    let (provider, shape, _) = sure.next()?;
    sure.all(|(other, ..)| other.id == provider.id).then_some((*provider, shape.field.as_str()))
}

/// Whether the value has the shape of this field, and a checksum that says it has a typo.
pub(super) fn checksum_fails(provider: &Provider, field: &str, value: &str) -> bool {
    let fits = fits(value);
    let mut here =
        fits.iter().filter(|(of, shape, _)| of.id == provider.id && shape.field == field).peekable();
    here.peek().is_some() && here.all(|(_, _, fit)| *fit == Fit::WrongChecksum)
}

pub(super) fn is_sample(secret: &str) -> bool {
    static SAMPLES: OnceLock<HashSet<&'static str>> = OnceLock::new();
    let samples = || {
        let shapes = providers().flat_map(|provider| &provider.recognise);
        shapes.flat_map(|shape| &shape.samples).map(String::as_str).collect()
    };
    SAMPLES.get_or_init(samples).contains(secret)
}

fn fits(secret: &str) -> Vec<(&'static Provider, &'static Recognise, Fit)> {
    let shapes = shapes();
    let matching = shapes.set.matches(secret.as_bytes());
    let is = |at: &usize| shapes.except.get(at).is_none_or(|except| !except.is_match(secret.as_bytes()));
    let fits = matching.iter().filter(is).filter_map(|at| shapes.of.get(at)).map(|(provider, shape)| {
        let fit = match shape.checksum {
            Some(checksum) if holds(checksum, secret) => Fit::Sure,
            _ if shape.ambiguous => Fit::Possible,
            Some(_) => Fit::WrongChecksum,
            None => Fit::Sure,
        };
        (*provider, *shape, fit)
    });
    fits.collect()
}

fn one(provider: &'static Provider, shape: &'static Recognise, secret: &str) -> Option<Found> {
    let mut found = Found::new(provider);
    found.put(provider.field(&shape.field)?.key.as_str(), secret);
    Some(found)
}

/// Whose secrets start like this one, if it is at least somewhat as long.
fn started(secret: &str) -> Option<(&'static Provider, &'static Recognise)> {
    let starts = &shapes().starts;
    let (start, of) = starts.iter().rev().find(|(start, _)| secret.starts_with(start.as_str()))?;
    let plain = |c: char| c.is_ascii_graphic();
    (secret.len() >= start.len() + 12 && secret.chars().all(plain)).then_some(*of)
}

fn shapes() -> &'static Shapes {
    static SHAPES: OnceLock<Shapes> = OnceLock::new();
    SHAPES.get_or_init(|| {
        let of: Vec<_> = providers()
            .flat_map(|provider| provider.recognise.iter().map(move |shape| (provider, shape)))
            .collect();
        let patterns = of.iter().map(|(_, shape)| pattern::anchored(&shape.pattern));
        // A test compiles every pattern.
        let set = RegexSetBuilder::new(patterns).unicode(false).build().unwrap_or_else(|_| RegexSet::empty());
        let except = of.iter().enumerate().filter_map(|(at, (_, shape))| {
            Some((at, pattern::compiled(&pattern::anchored(shape.except.as_deref()?))?))
        });
        Shapes { set, starts: starts(&of), except: except.collect(), of }
    })
}

fn starts(
    of: &[(&'static Provider, &'static Recognise)],
) -> BTreeMap<String, (&'static Provider, &'static Recognise)> {
    let mut starts = BTreeMap::new();
    let mut taken = HashSet::new();
    for (provider, shape) in of.iter().filter(|(_, shape)| !shape.ambiguous) {
        let start = literal_start(&shape.pattern);
        if start.len() < 4 || !start.ends_with(['-', '_', '.']) {
            continue;
        }
        if let Some((other, _)) = starts.insert(start.clone(), (*provider, *shape))
            && std::ptr::from_ref::<Provider>(other) != *provider
        {
            taken.insert(start);
        }
    }
    starts.retain(|start, _| !taken.contains(start));
    starts
}

/// The characters that a pattern begins with as they stand. A pattern with alternatives has none.
fn literal_start(pattern: &str) -> String {
    let mut start = String::new();
    if pattern.contains('|') {
        return start;
    }
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        let literal = match c {
            '\\' => chars.next_if(|next| !next.is_ascii_alphanumeric()),
            '.' | '[' | '(' | '^' | '$' | '?' | '*' | '+' | '{' => None,
            c => Some(c),
        };
        let Some(literal) = literal else { break };
        if chars.peek().is_some_and(|next| matches!(next, '?' | '*' | '+' | '{')) {
            break;
        }
        start.push(literal);
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_starts_with_what_is_literal() {
        assert_eq!(literal_start("gsk_[A-Z]{5}"), "gsk_");
        assert_eq!(literal_start(r"SG\.[A-Z]"), "SG.");
        assert_eq!(literal_start("shp(?:at)_"), "shp");
        assert_eq!(literal_start("abc?"), "ab");
        assert_eq!(literal_start(r"ab\d"), "ab");
        assert_eq!(literal_start("ab|cd"), "");
    }

    #[test]
    fn all_shapes_are_looked_for() {
        assert_eq!(shapes().set.len(), shapes().of.len());
        assert!(shapes().starts.len() > 20);
    }
}
