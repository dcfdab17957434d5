//! What of a text could be a key: the text, its blocks and lines, and the words and parts of words in them. Borrowed from the
//! text, so that hardly anything is copied. What is long is only given where something is known that ends like it, and what
//! costs more than that is bounded: it does not matter how long a text is.

use std::collections::{BTreeSet, VecDeque};

use keymoor_protocol::limits::BYTES_A_CREDENTIAL;

use super::blocks;

/// The shortest secret of which the last four characters are kept, in characters.
const LONG: usize = 12;
/// So many short pieces are given, and so many looked at. A long log has more, and each of them is everywhere.
const SHORT: usize = 256;
const SHORT_LOOKS: usize = 1 << 16;
/// So many boundaries a key may have in it, or from the beginning of a word to its own.
const BOUNDARIES: usize = 32;

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'t> {
    pub(super) text: &'t str,
    /// The last four characters of what is as long as a secret whose last four are kept.
    pub(super) last_four: Option<&'t str>,
    /// Whether it has control characters: of such a secret no last four are kept.
    pub(super) controls: bool,
    /// Whether there may be so many like it that they are only looked at as far as that costs little.
    pub(super) many: bool,
    /// The line in which it stands, from 1.
    pub(super) line: usize,
}

/// Where in a word a key may begin.
#[derive(Default)]
struct Starts {
    first: Vec<usize>,
    /// The nearest first.
    near: VecDeque<usize>,
}

/// Gives every piece, some of them more than once. `ends`: whether something is known that ends in these four characters, or
/// of which no end is kept. `visit` returns whether it goes on with those of which there are many.
pub(super) fn each(text: &str, ends: impl Fn(&str) -> bool, visit: impl FnMut(Piece<'_>) -> bool) {
    let starts = Starts::default();
    let mut giving = Giving { ends, visit, starts, short: BTreeSet::new(), looks: 0, line: 1 };
    for whole in [text, text.trim(), text.trim_end_matches(['\r', '\n'])] {
        giving.whole(whole, false);
    }
    blocks::each(text, |block, line| {
        giving.line = line;
        giving.whole(block, true)
    });
    for (number, line) in text.lines().enumerate() {
        giving.line = number + 1;
        giving.whole(line.trim(), false);
        line.split(parts_words).for_each(|word| giving.parts(word));
    }
}

struct Giving<'t, E, V> {
    ends: E,
    visit: V,
    starts: Starts,
    short: BTreeSet<&'t str>,
    looks: usize,
    line: usize,
}

impl<'t, E: Fn(&str) -> bool, V: FnMut(Piece<'_>) -> bool> Giving<'t, E, V> {
    /// The text, a block or a line. `many`: there may be one in the other.
    fn whole(&mut self, text: &str, many: bool) -> bool {
        let last_four = last_four(text);
        if text.is_empty() || text.len() > BYTES_A_CREDENTIAL {
            return true;
        }
        // Only where such a one is known, for it is looked through for them.
        let controls = (self.ends)("") && text.contains(char::is_control);
        let many = many || self.line > 1 && (controls || last_four.is_none());
        let is_like_one = controls || last_four.is_none_or(|end| (self.ends)(end));
        !is_like_one || (self.visit)(Piece { text, last_four, controls, many, line: self.line })
    }

    /// A word, and whatever stands between two of its boundaries: `NAME=key`, `https://user:key@host/?a=key&b`.
    fn parts(&mut self, word: &'t str) {
        let mut starts = std::mem::take(&mut self.starts);
        starts.first.clear();
        starts.near.clear();
        starts.near.push_front(0);
        for (at, _) in word.char_indices().filter(|(_, char)| parts_a_word(*char)) {
            self.ending(&word[..at], &starts, false);
            starts.near.truncate(BOUNDARIES - 1);
            starts.near.push_front(at + 1); // each of them is one byte
            if starts.first.len() < BOUNDARIES {
                starts.first.push(at + 1);
            }
        }
        self.ending(word, &starts, true);
        self.starts = starts;
    }

    /// What ends where `word` does.
    fn ending(&mut self, word: &'t str, starts: &Starts, is_all: bool) {
        let last_four = last_four(word);
        if last_four.is_some_and(|end| (self.ends)(end)) {
            // What has no boundary in it, and whole words, are always looked at.
            let always =
                starts.near.front().into_iter().chain(is_all.then_some(&0)).map(|start| (start, false));
            let more = starts.near.iter().skip(1).chain([&0]).chain(&starts.first).map(|start| (start, true));
            for (start, many) in always.chain(more) {
                let text = &word[*start..];
                let fits = is_long(text) && text.len() <= BYTES_A_CREDENTIAL;
                let piece = Piece { text, last_four, controls: false, many, line: self.line };
                if fits && !(self.visit)(piece) {
                    break;
                }
            }
        }
        for start in &starts.near {
            let text = &word[*start..];
            if self.looks >= SHORT_LOOKS || self.short.len() >= SHORT || is_long(text) {
                break; // those that begin farther away are longer
            }
            self.looks += 1;
            if !text.is_empty() && self.short.insert(text) {
                (self.visit)(Piece { text, last_four: None, controls: false, many: false, line: self.line });
            }
        }
    }
}

fn last_four(text: &str) -> Option<&str> {
    let (at, _) = text.char_indices().rev().nth(3)?;
    is_long(text).then(|| &text[at..])
}

fn is_long(text: &str) -> bool {
    text.chars().nth(LONG - 1).is_some()
}

/// Between words: blanks, quotes, and what closes or lists.
fn parts_words(char: char) -> bool {
    matches!(
        char,
        '"' | '\''
            | '`'
            | ','
            | ';'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '<'
            | '>'
            | '|'
            | '\\'
            | '„'
            | '“'
            | '”'
            | '‘'
            | '’'
            | '«'
            | '»'
    ) || char.is_whitespace()
        || char.is_control()
}

/// Within a word: what could be part of a key, or stand beside it.
fn parts_a_word(char: char) -> bool {
    matches!(char, '=' | ':' | '&' | '?' | '@' | '/' | '#' | '!' | '.' | '%' | '*' | '~' | '$' | '^')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_of(text: &str, key: &str) -> Option<usize> {
        let mut found = None;
        each(
            text,
            |_| true,
            |piece| {
                if piece.text == key {
                    found = found.or(Some(piece.line));
                }
                true
            },
        );
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
        let ends = |piece: Piece<'_>| piece.text != key || piece.last_four == Some("1234");
        each(
            key,
            |_| true,
            |piece| {
                assert!(ends(piece));
                true
            },
        );
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
            each(
                text,
                |end| end == "1234",
                |_| {
                    count += 1;
                    true
                },
            );
            count
        };
        assert!(count(&"a=".repeat(100_000)) < 1000);
        assert!(count(&"a=1234".repeat(100)) < 100 * 2 * BOUNDARIES + 2 * SHORT);
        let numbers: String = (0..10_000).map(|n| format!("{n} ")).collect();
        assert!(count(&numbers) < 1000, "the short ones end");
    }

    /// Each of these is the worst of its kind: what is to be hashed grows with the text, and no faster.
    #[test]
    fn what_there_is_to_compare_is_bounded_by_the_length() {
        const ENOUGH: usize = 1 << 18;
        for unit in [
            "=",
            "a=",
            "wxyz=",
            "a-long-word.wxyz/",
            "{",
            "{\n",
            "{a-long-line-with.wxyz}\n",
            "-----BEGIN ",
            "-----BEGIN X-----\n-----END X-----\n",
            "a\tb\n",
        ] {
            let long = unit.repeat(40_000 / unit.len());
            for text in [long.clone(), long + &"}\n".repeat(4000)] {
                let (mut many, mut others) = (0, 0);
                each(
                    &text,
                    |end| ["wxyz", ""].contains(&end),
                    |piece| {
                        let bytes = if piece.many { &mut many } else { &mut others };
                        *bytes += piece.text.len();
                        many < ENOUGH
                    },
                );
                assert!(others <= 4 * text.len() + SHORT * LONG * 4, "{unit:?}: {others}");
            }
        }
    }
}
