//! What people paste around a secret.

/// The secret without white space, quotes, `Bearer` and the name of a header.
pub(super) fn unwrapped(text: &str) -> &str {
    let mut text = text;
    loop {
        let shorter = header(trimmed(text));
        if shorter.len() == text.len() {
            return text;
        }
        text = shorter;
    }
}

fn trimmed(text: &str) -> &str {
    let unseen =
        |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\u{200d}' | '\u{2060}');
    let text = text.trim_matches(unseen).trim_end_matches([',', ';']).trim_end();
    for (open, close) in
        [('"', '"'), ('\'', '\''), ('`', '`'), ('\u{201c}', '\u{201d}'), ('\u{2018}', '\u{2019}')]
    {
        let inside = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        if let Some(inside) = inside {
            return inside;
        }
    }
    text
}

/// `Authorization: Bearer secret`, `x-api-key: secret`, `Bearer secret`: what comes after, if it is one word.
fn header(text: &str) -> &str {
    let Some((before, after)) = text.split_once(char::is_whitespace) else { return text };
    let after = after.trim_start();
    let named = before
        .strip_suffix(':')
        .is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    if before.eq_ignore_ascii_case("bearer") && !after.contains(char::is_whitespace) {
        return after;
    }
    let words = after.split_whitespace().count();
    let scheme = after.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer "));
    if named && (words == 1 || (words == 2 && scheme)) { after } else { text }
}

#[cfg(test)]
mod tests {
    use super::unwrapped;

    #[test]
    fn what_stands_around_a_secret_is_dropped() {
        for text in [
            "abc",
            " abc\r\n",
            "\"abc\"",
            "'abc'",
            "`abc`",
            "\u{feff}abc\u{200b}",
            "Bearer abc",
            "bearer  abc\n",
            "Authorization: Bearer abc",
            "\"Authorization: Bearer abc\"",
            "x-api-key: abc",
            "\"abc\",",
            "\u{201c}abc\u{201d}",
        ] {
            assert_eq!(unwrapped(text), "abc", "{text:?}");
        }
    }

    #[test]
    fn what_is_part_of_it_stays() {
        for text in ["a b", "postgres://u:p@h/d?a=b", "https://host/x", "a\"b", "note: two words", "Bearer"] {
            assert_eq!(unwrapped(text), text);
        }
    }
}
