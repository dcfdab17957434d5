//! What of a text could be a key: the text, its lines, and the words and parts of words in them. Borrowed from the text, so
//! that nothing is copied.

use std::collections::BTreeSet;

use keymoor_protocol::limits::BYTES_A_CREDENTIAL;

/// The shortest secret of which the last four characters are kept, in characters.
const LONG: usize = 12;
/// So many short pieces are given. A long log has more, and each of them is everywhere.
const SHORT: usize = 256;
/// Boundaries within one word. Of what has more, the last ones count.
const BOUNDARIES: usize = 16;

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'t> {
    pub(super) text: &'t str,
    /// The last four characters of what is as long as a secret whose last four are kept.
    pub(super) last_four: Option<&'t str>,
    /// The line in which it stands, from 1.
    pub(super) line: usize,
}

/// Gives every piece, some of them more than once.
pub(super) fn each<'t>(text: &'t str, mut visit: impl FnMut(Piece<'t>)) {
    let mut short = BTreeSet::new();
    let mut take = |text: &'t str, line| {
        let last_four = text.char_indices().rev().nth(3).map(|(at, _)| &text[at..]);
        let last_four = last_four.filter(|_| text.chars().nth(LONG - 1).is_some());
        let is_new = last_four.is_some() || (short.len() < SHORT && short.insert(text));
        if is_new && !text.is_empty() && text.len() <= BYTES_A_CREDENTIAL {
            visit(Piece { text, last_four, line });
        }
    };
    for whole in [text, text.trim(), text.trim_end_matches(['\r', '\n'])] {
        take(whole, 1);
    }
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        take(line.trim(), number);
        for word in line.split(parts_words).filter(|word| !word.is_empty()) {
            parts(word, |part| take(part, number));
        }
    }
}

/// A word, and whatever stands between two of its boundaries: `NAME=key`, `https://user:key@host/?a=key&b`.
fn parts<'t>(word: &'t str, mut take: impl FnMut(&'t str)) {
    let bounds: Vec<(usize, usize)> = word
        .char_indices()
        .filter(|(_, char)| parts_a_word(*char))
        .map(|(at, char)| (at, at + char.len_utf8()))
        .collect();
    let bounds = &bounds[bounds.len().saturating_sub(BOUNDARIES)..];
    let starts = std::iter::once(0).chain(bounds.iter().map(|(_, after)| *after));
    for start in starts {
        let ends = bounds.iter().map(|(at, _)| *at).chain(std::iter::once(word.len()));
        ends.filter(|end| *end > start).for_each(|end| take(&word[start..end]));
    }
}

/// Between words: blanks, quotes, and what closes or lists.
fn parts_words(char: char) -> bool {
    char.is_whitespace() || char.is_control() || "\"'`,;()[]{}<>|\\„“”‘’«»".contains(char)
}

/// Within a word: what could be part of a key, or stand beside it.
fn parts_a_word(char: char) -> bool {
    "=:&?@/#!.%*~$^".contains(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_of(text: &str, key: &str) -> Option<usize> {
        let mut found = None;
        each(text, |piece| {
            if piece.text == key {
                found = found.or(Some(piece.line));
            }
        });
        found
    }

    #[test]
    fn a_key_is_found_wherever_it_stands() {
        let key = "sk-proj-Ab_9/x+y=Zz1234";
        for text in [
            key.to_owned(),
            format!("  {key} \n"),
            format!("OPENAI_API_KEY={key}"),
            format!("export OPENAI_API_KEY='{key}' # mine"),
            format!("a: b\n{{\"api_key\": \"{key}\", \"x\": 1}}"),
            format!("x\ny\n2026-03-01 12:00 ERROR 401 for Bearer {key}, giving up"),
            format!("GET https://api.example/v1?key={key}&limit=1 HTTP/1.1"),
            format!("postgres://user:{key}@host/db"),
            format!("the key ({key})."),
            format!("key:{key}."),
        ] {
            let line = text.lines().position(|line| line.contains(key)).unwrap() + 1;
            assert_eq!(line_of(&text, key), Some(line), "{text}");
        }
        each(key, |piece| assert!(piece.text != key || piece.last_four == Some("1234")));
    }

    #[test]
    fn what_is_short_or_of_several_lines_is_found_too() {
        let several = "-----BEGIN KEY-----\nabc\n-----END KEY-----";
        assert_eq!(line_of(several, several), Some(1));
        assert_eq!(line_of(&format!("{several}\n"), several), Some(1));
        assert_eq!(line_of("x\npw=hunter2", "hunter2"), Some(2));
        assert_eq!(line_of("a b", "c"), None);
    }

    #[test]
    fn a_long_word_and_a_long_log_have_no_end_of_pieces() {
        let count = |text: &str| {
            let mut count = 0;
            each(text, |_| count += 1);
            count
        };
        assert!(count(&"a=".repeat(100_000)) < 1000);
        let numbers: String = (0..10_000).map(|n| format!("{n} ")).collect();
        assert!(count(&numbers) < 1000, "the short ones end");
    }
}
