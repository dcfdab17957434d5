//! What looks like a secret where names belong.

use keymoor_protocol::RecordId;
use keymoor_providers::{Recognition, recognise};

use super::asked;

/// No provider's keys are shorter, in bytes.
const SHORTEST: usize = 16;

/// Whether a part of a name could be a provider's key.
pub(super) fn is_in_name(text: &str) -> bool {
    let parts = match asked::taken_apart(text) {
        Some((name, field, variable)) => [name, field.unwrap_or_default(), variable],
        None => [text, "", ""],
    };
    // After a provider, too.
    parts.into_iter().any(|part| could_be_one(part) || part.split('/').skip(1).any(could_be_one))
}

/// Whether it could be a provider's key.
pub(super) fn could_be_one(text: &str) -> bool {
    // Most names are shorter, and need no look at every shape there is.
    if text.len() < SHORTEST {
        return false;
    }
    match recognise(text) {
        Recognition::Unknown => false,
        // An id of a credential has the shape of some providers' keys.
        Recognition::Candidates(_) => text.parse::<RecordId>().is_err(),
        _ => true,
    }
}

/// Whether it is a provider's key, by its shape.
pub(super) fn looks_like_one(text: &str) -> bool {
    text.len() >= SHORTEST && matches!(recognise(text), Recognition::Certain(_))
}

/// Whether a word of a text, in a comment for instance, is a provider's key.
pub(super) fn is_in_text(text: &str) -> bool {
    let words = text.split(|c: char| c.is_whitespace() || "\"'=,;#()[]{}<>`".contains(c));
    words.filter(|word| word.len() >= SHORTEST).any(|word| {
        looks_like_one(word) || word.contains(['/', ':']) && word.split(['/', ':']).any(looks_like_one)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_too_short_to_be_looked_at() {
        let samples = keymoor_providers::providers()
            .flat_map(|provider| &provider.recognise)
            .flat_map(|shape| &shape.samples);
        let shortest = samples.map(String::len).min().unwrap();
        assert!(shortest >= SHORTEST, "{shortest}");
    }
}
