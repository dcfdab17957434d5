//! The Secret Key: 128 random bits that make a stolen server database useless without a device or a kit.
//!
//! As text: `KM1`, which is the version, then 20 bytes as 32 characters of Crockford's base32 (no I, L, O, U) in groups
//! of four: the 16 bytes of the key, and as checksum the first 4 bytes of SHA-256("keymoor/v1/secret-key" ‖ key).

use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const PREFIX: &str = "KM1";

/// Together with the password it opens the account.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SecretKey([u8; 16]);

/// A Secret Key as text that does not add up: a character is wrong or missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the Secret Key does not add up")]
pub struct Mistyped;

static BASE32: LazyLock<Encoding> = LazyLock::new(|| {
    let mut spec = Specification::new();
    spec.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    spec.translate.from.push_str("abcdefghjkmnpqrstvwxyzOoIiLl");
    spec.translate.to.push_str("ABCDEFGHJKMNPQRSTVWXYZ001111");
    // A constant specification: 32 symbols, no repetition.
    #[expect(clippy::expect_used)]
    spec.encoding().expect("a valid alphabet")
});

impl SecretKey {
    /// A new one, made on the first device.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The one that a keychain or the keys document held.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// For derivation, the keychain and the kit.
    pub fn expose(&self) -> &[u8; 16] {
        &self.0
    }

    /// As printed in the join kit.
    pub fn to_text(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new([self.0.as_slice(), &checksum(&self.0)].concat());
        let digits = Zeroizing::new(BASE32.encode(&bytes));
        let mut text = Zeroizing::new(String::with_capacity(48));
        text.push_str(PREFIX);
        for (i, digit) in digits.chars().enumerate() {
            if i % 4 == 0 {
                text.push('-');
            }
            text.push(digit);
        }
        text
    }

    /// As typed from the join kit: case, spaces and dashes do not matter; O is 0, I and L are 1.
    pub fn from_text(text: &str) -> Result<Self, Mistyped> {
        // Room from the start: a string that grows leaves copies behind.
        let mut typed = Zeroizing::new(String::with_capacity(text.len()));
        typed.extend(text.chars().filter(|c| !c.is_whitespace() && *c != '-'));
        let digits = typed
            .get(..PREFIX.len())
            .filter(|prefix| ["KM1", "KMI", "KML"].iter().any(|known| prefix.eq_ignore_ascii_case(known)))
            .and_then(|_| typed.get(PREFIX.len()..))
            .ok_or(Mistyped)?;
        let bytes = Zeroizing::new(BASE32.decode(digits.as_bytes()).map_err(|_| Mistyped)?);
        let (key, sum) = bytes.split_first_chunk::<16>().ok_or(Mistyped)?;
        if sum == checksum(key) { Ok(Self(*key)) } else { Err(Mistyped) }
    }
}

fn checksum(key: &[u8; 16]) -> [u8; 4] {
    let hash = Sha256::new_with_prefix(b"keymoor/v1/secret-key").chain_update(key).finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_however_it_is_typed() {
        let key = SecretKey::generate().unwrap();
        let text = key.to_text();
        for typed in [
            text.to_string(),
            text.to_lowercase(),
            text.replace('-', " "),
            text.replace('0', "o"),
            text.replace('1', "l"),
        ] {
            assert_eq!(SecretKey::from_text(&typed).unwrap().0, key.0, "{typed}");
        }
    }

    #[test]
    fn every_single_wrong_character_is_noticed() {
        let text = SecretKey::from_bytes([0xA5; 16]).to_text();
        let mut tried = 0;
        for at in 4..text.len() {
            for wrong in "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars() {
                let mut typed = text.to_string();
                if typed.as_bytes()[at] == b'-' || typed[at..].starts_with(wrong) {
                    continue;
                }
                typed.replace_range(at..=at, &wrong.to_string());
                assert!(SecretKey::from_text(&typed).is_err(), "{typed}");
                tried += 1;
            }
        }
        assert!(tried > 900);
        assert!(SecretKey::from_text(&text[..text.len() - 1]).is_err());
        assert!(SecretKey::from_text("").is_err());
    }
}
