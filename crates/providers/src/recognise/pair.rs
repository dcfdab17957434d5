//! An access key of AWS whose two halves stand somewhere in the text: the CSV file of the console, a table, two lines.
//!
//! Whatever else stands there may be a secret, too. It is told, and nothing is taken for understood that is not.

use super::{Found, Recognition, shapes};
use crate::{pattern, provider};

/// More words than the console's file has, with room.
const WORDS: usize = 64;

/// Words of the headings and labels that stand beside the two.
const LABELS: [&str; 11] =
    ["access", "key", "keys", "id", "secret", "aws", "iam", "session", "token", "credentials", "export"];

/// What is known of it without being part of the credential, as its heading says, small letters only.
const ASIDE: [&str; 6] =
    ["username", "user", "consoleloginlink", "consolesigninlink", "consolesigninurl", "consoleurl"];

/// `None`: there is no such pair, or more than one.
pub(super) fn recognise(text: &str) -> Option<Recognition> {
    let secret = provider("aws")?.field("secret_access_key")?.pattern.as_deref()?;
    let words: Vec<&str> = words(text).take(WORDS + 1).collect();
    if words.len() > WORDS {
        return None;
    }
    let is_id = |word: &&&str| {
        shapes::certain(word)
            .is_some_and(|(provider, field)| provider.id == "aws" && field == "access_key_id")
    };
    let id = only(words.iter().filter(is_id))?;
    let secret = only(words.iter().filter(|word| pattern::whole(secret, word)))?;
    // Only a temporary key has one.
    let token = only(words.iter().filter(|word| word.len() > 100)).filter(|_| id.starts_with("ASIA"));
    let mut fields = vec![("access_key_id", id), ("secret_access_key", secret)];
    fields.extend(token.map(|token| ("session_token", token)));
    let taken: Vec<&str> = fields.iter().map(|(_, value)| *value).collect();
    let found = Found::of("aws", fields)?;
    let left = match table(text, &taken) {
        Some(unknown) if unknown.is_empty() => return Some(Recognition::Certain(found)),
        Some(unknown) => unknown,
        None if text.lines().all(|line| is_understood(line, &taken)) => {
            return Some(Recognition::Certain(found));
        }
        // What it is called nobody knows, and the words themselves may be secrets.
        None => Vec::new(),
    };
    Some(Recognition::Several { found: vec![found], unknown: left })
}

/// The headings of a table's columns that hold something else. `None`: it is no table with the console's headings.
fn table(text: &str, taken: &[&str]) -> Option<Vec<String>> {
    let mut lines = text.lines().map(unseen).filter(|line| !line.is_empty());
    let first = lines.next()?;
    let between = [',', ';', '\t', '|'].into_iter().find(|between| first.contains(*between))?;
    let headings: Vec<&str> = first.split(between).map(unseen).collect();
    if !headings.iter().any(|heading| letters(heading) == "accesskeyid") {
        return None;
    }
    let mut unknown = Vec::new();
    for line in lines {
        for (at, value) in line.split(between).map(unseen).enumerate() {
            let heading = headings.get(at).copied().unwrap_or_default();
            let is_aside = ASIDE.contains(&letters(heading).as_str());
            if !is_rule(value) && !taken.contains(&value) && !is_aside {
                unknown.push(if heading.is_empty() { format!("{}", at + 1) } else { heading.to_owned() });
            }
        }
    }
    Some(unknown)
}

/// Whether a line has nothing but what was taken, labels, and what is known not to be part of it.
fn is_understood(line: &str, taken: &[&str]) -> bool {
    let label = line.split([':', '=', '\t', '|']).next().unwrap_or_default();
    let is_aside = label.len() < line.len() && ASIDE.contains(&letters(label).as_str());
    let is_label = |word: &str| LABELS.contains(&word.to_ascii_lowercase().as_str());
    is_aside || words(line).all(|word| taken.contains(&word) || is_label(word) || is_rule(word))
}

/// What tables and lists are drawn with.
fn is_rule(word: &str) -> bool {
    word.chars().all(|c| matches!(c, '-' | '=' | ':' | '+' | '>' | '*'))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let between = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '"' | '\'' | '|' | '\u{feff}');
    text.split(between).filter(|word| !word.is_empty())
}

/// Without blanks and quotes around it.
fn unseen(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\u{feff}'))
}

fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect()
}

fn only<'w>(mut words: impl Iterator<Item = &'w &'w str>) -> Option<&'w str> {
    let word = words.next()?;
    words.all(|other| other == word).then_some(word)
}
