//! Names and notes come from anywhere: what would move a cursor, change a title or turn the writing direction is
//! printed as an escape.

use std::borrow::Cow;

/// The text on one line, without anything that acts on a terminal.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if acts(character) => shown.extend(character.escape_unicode()),
            _ => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// The lines of a longer text, each as [`plain`] gives it.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.lines().map(plain)
}

fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for name in ["work", "Büro 2", "日本", "a\\b", "😀"] {
            assert_eq!(plain(name), name);
        }
    }

    #[test]
    fn nothing_reaches_the_terminal_that_acts_on_it() {
        assert_eq!(plain("a\u{1b}]0;title\u{7}b"), "a\\u{1b}]0;title\\u{7}b");
        assert_eq!(plain("one\ntwo\r\tx"), "one\\ntwo\\r\\tx");
        assert_eq!(plain("\u{202e}gnp.exe"), "\\u{202e}gnp.exe");
        assert_eq!(plain("\u{9b}2J"), "\\u{9b}2J");
    }

    #[test]
    fn a_note_keeps_its_lines() {
        assert_eq!(lines("one\ntwo\u{1b}").collect::<Vec<_>>(), ["one", "two\\u{1b}"]);
    }
}
