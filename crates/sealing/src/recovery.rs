//! The recovery key: 256 random bits, printed as 24 words (BIP-39, English, with its checksum of 8 bits).
//!
//! Only the list of words and the checksum are BIP-39's; no seed is derived the way wallets do.

use bip39::{Language, Mnemonic};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Opens everything, alone. It lies on paper.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RecoveryKey([u8; 32]);

/// Words that are no recovery key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// Not 24 of them.
    #[error("a recovery key has 24 words, these are {0}")]
    Count(usize),
    /// One is not in the list; counted from 1.
    #[error("word {0} is not in the list")]
    Unknown(usize),
    /// All are in the list, but they do not add up: one is wrong or two are swapped.
    #[error("the words do not add up")]
    Checksum,
}

impl RecoveryKey {
    /// A new one.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 24 words, separated by spaces.
    pub fn to_words(&self) -> Zeroizing<String> {
        // 32 bytes are one of the five lengths that BIP-39 knows.
        #[expect(clippy::expect_used)]
        let words = Mnemonic::from_entropy_in(Language::English, &self.0).expect("32 bytes");
        // Room from the start: a string that grows leaves copies behind. The longest word has 8 letters.
        let mut text = Zeroizing::new(String::with_capacity(24 * 9));
        for word in words.words() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        text
    }

    /// Reads the words; case and white space do not matter.
    pub fn from_words(text: &str) -> Result<Self, WordsError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut text = Zeroizing::new(words.join(" "));
        text.make_ascii_lowercase();
        if words.len() != 24 {
            return Err(WordsError::Count(words.len()));
        }
        let words = Mnemonic::parse_in_normalized(Language::English, &text).map_err(|error| match error {
            bip39::Error::UnknownWord(at) => WordsError::Unknown(at + 1),
            _ => WordsError::Checksum,
        })?;
        let (entropy, length) = words.to_entropy_array();
        let entropy = Zeroizing::new(entropy);
        entropy[..length].try_into().map(Self).map_err(|_| WordsError::Checksum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back() {
        let key = RecoveryKey::generate().unwrap();
        let words = key.to_words();
        assert_eq!(words.split(' ').count(), 24);
        let typed = format!("  {}\n", words.to_uppercase().replace(' ', " \n "));
        assert_eq!(RecoveryKey::from_words(&typed).unwrap().0, key.0);
    }

    #[test]
    fn mistakes_are_named() {
        let words = RecoveryKey([0; 32]).to_words();
        let wrong = |text: &str| RecoveryKey::from_words(text).err().unwrap();
        assert_eq!(wrong("abandon"), WordsError::Count(1));
        assert_eq!(wrong(&words.replacen("abandon", "qwerty", 1)), WordsError::Unknown(1));
        assert_eq!(wrong(&words.replacen("abandon", "zoo", 1)), WordsError::Checksum);
    }
}
