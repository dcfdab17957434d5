//! Words of a shell's command line (POSIX): whatever stands in them, the shell takes it as it is.

/// How many bytes [`push_word`] may add for a text.
pub(crate) fn room(text: &str) -> usize {
    4 * text.len() + 2
}

/// Adds a text as one word. A plain one stays as it is, for files of environment variables are read by others than shells.
pub(crate) fn push_word(line: &mut String, text: &str) {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&b);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return line.push_str(text);
    }
    line.push('\'');
    for (at, part) in text.split('\'').enumerate() {
        // Nothing but the quote itself means anything between quotes.
        line.push_str(if at == 0 { "" } else { r"'\''" });
        line.push_str(part);
    }
    line.push('\'');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> String {
        let mut line = String::with_capacity(room(text));
        let before = line.capacity();
        push_word(&mut line, text);
        assert_eq!(line.capacity(), before, "a buffer that grows leaves copies behind");
        line
    }

    #[test]
    fn a_plain_word_stays_and_any_other_is_quoted() {
        assert_eq!(word("sk-proj_A1./=+"), "sk-proj_A1./=+");
        assert_eq!(word(""), "''");
        assert_eq!(word("a b"), "'a b'");
        assert_eq!(word("$HOME`x`\\!\n"), "'$HOME`x`\\!\n'");
        assert_eq!(word("it's"), r"'it'\''s'");
        assert_eq!(word("'''"), r"''\'''\'''\'''");
        assert_eq!(word("~"), "'~'");
        assert_eq!(word("ñ"), "'ñ'");
    }
}
