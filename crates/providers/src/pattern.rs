//! The regular expressions of the catalogue: over bytes, since keys are ASCII; `\d` is a digit and nothing else.

use regex::bytes::{Regex, RegexBuilder};

/// Whether the whole value matches. A pattern that does not compile matches nothing; a test compiles every one.
pub(crate) fn whole(pattern: &str, value: &str) -> bool {
    compiled(&anchored(pattern)).is_some_and(|regex| regex.is_match(value.as_bytes()))
}

/// What the pattern's first group matches, anywhere in the value.
pub(crate) fn first_group<'v>(pattern: &str, value: &'v str) -> Option<&'v str> {
    let group = compiled(pattern)?.captures(value.as_bytes())?.get(1)?;
    value.get(group.range())
}

/// The pattern for the whole of a value.
pub(crate) fn anchored(pattern: &str) -> String {
    format!(r"\A(?:{pattern})\z")
}

/// The regular expression of a pattern, as it stands.
pub(crate) fn compiled(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).unicode(false).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_value_matches_or_nothing_does() {
        assert!(whole("us|eu", "eu") && whole(r"\d{3}", "123"));
        assert!(!whole("us|eu", "euro") && !whole("us|eu", "us\n") && !whole(r"\d{3}", "1234"));
        assert!(!whole(r"\d", "\u{0663}"), "another script's digit");
        assert!(!whole("(", "("));
    }

    #[test]
    fn a_group_is_taken_out_of_a_whole_address() {
        assert_eq!(first_group("/d/([a-z]+)", "https://host/d/abc/edit"), Some("abc"));
        assert_eq!(first_group("/d/([a-z]+)", "abc"), None);
    }
}
