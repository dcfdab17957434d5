//! An access key of AWS whose two halves stand somewhere in the text: the CSV file of the console, a table, two lines.

use super::{Found, Recognition, shapes};
use crate::{pattern, provider};

/// More words than the console's file has, with room.
const WORDS: usize = 64;

/// `None`: there is no such pair, or more than one.
pub(super) fn recognise(text: &str) -> Option<Recognition> {
    let secret = provider("aws")?.field("secret_access_key")?.pattern.as_deref()?;
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '"' | '\'' | '|' | '\u{feff}'))
        .filter(|word| !word.is_empty())
        .take(WORDS + 1)
        .collect();
    if words.len() > WORDS {
        return None;
    }
    let is_id = |word: &&&str| {
        shapes::certain(word)
            .is_some_and(|(provider, field)| provider.id == "aws" && field == "access_key_id")
    };
    let id = only(words.iter().filter(is_id))?;
    let secret = only(words.iter().filter(|word| pattern::whole(secret, word)))?;
    let token = only(words.iter().filter(|word| word.len() > 100));
    let mut fields = vec![("access_key_id", id), ("secret_access_key", secret)];
    fields.extend(token.map(|token| ("session_token", token)));
    Found::of("aws", fields).map(Recognition::Certain)
}

fn only<'w>(mut words: impl Iterator<Item = &'w &'w str>) -> Option<&'w str> {
    let word = words.next()?;
    words.all(|other| other == word).then_some(word)
}
