//! What stands beside the names for a secret: by what it is told from others, and what may be shown of it.

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use super::{Fingerprint, Shadow};

/// A secret shorter than this shows none of its characters.
const LAST_FOUR_FROM: usize = 12;

/// What may be shown of a secret.
pub(crate) fn shadow(salt: &[u8; 16], secret: &SecretString) -> Shadow {
    let text = secret.expose_secret(); // the fingerprint and the last four are all that leaves here
    let characters = text.chars().count();
    let last_four = if characters >= LAST_FOUR_FROM && !text.contains(char::is_control) {
        text.chars().skip(characters - 4).collect()
    } else {
        String::new()
    };
    Shadow { last_four, fingerprint: fingerprint(salt, text), more: Vec::new() }
}

/// Names a secret within a record.
pub(crate) fn fingerprint(salt: &[u8; 16], text: &str) -> Fingerprint {
    // HMAC takes keys of any length.
    #[expect(clippy::expect_used)]
    let mac = Hmac::<Sha256>::new_from_slice(salt).expect("any key");
    let full: [u8; 32] = mac.chain_update(text.as_bytes()).finalize().into_bytes().into();
    let mut short = [0; 16];
    short.copy_from_slice(&full[..16]);
    Fingerprint(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_of_its_record_and_shows_no_short_secret() {
        let long = || "sk-test-secret-1234".into();
        let one = shadow(&[7; 16], &long());
        // HMAC-SHA256 with the key 07…07, its first 16 bytes.
        let expected = "dfb8581e3344fa4db6dbe623d7ef3a83";
        assert_eq!(crate::show::hex(&one.fingerprint.0), expected);
        assert_eq!(one, shadow(&[7; 16], &long()));
        assert_ne!(
            one.fingerprint,
            shadow(&[8; 16], &long()).fingerprint,
            "another record, another fingerprint"
        );
        assert_eq!(one.last_four, "1234");
        for short in ["elevenchars", "twelve\ncharsmore"] {
            assert_eq!(shadow(&[7; 16], &short.into()).last_four, "", "{short}");
        }
        assert_eq!(shadow(&[7; 16], &"ä2345678ü012".into()).last_four, "ü012", "characters, not bytes");
    }
}
