//! Characters by chance, the same in every run.

/// Numbers by chance (SplitMix64).
pub(crate) struct Chance(u64);

/// How a secret can be missed by a little.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Miss {
    Start,
    Shorter,
    Longer,
    Character,
    Checksum,
}

impl Miss {
    pub(crate) const ALL: [Self; 5] =
        [Self::Start, Self::Shorter, Self::Longer, Self::Character, Self::Checksum];
}

pub(crate) const HEX: &str = "0123456789abcdef";
pub(crate) const BOTH_HEX: &str = "0123456789abcdefABCDEF";
pub(crate) const DIGITS: &str = "0123456789";
pub(crate) const SMALL: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
pub(crate) const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
pub(crate) const WORD: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
pub(crate) const BASE_64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PRINTED: &str =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&()*+,-./:;<=>?@[]^_{|}~";

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of `0..below`.
    pub(crate) fn number(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % below as u64).unwrap()
    }

    pub(crate) fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.number(most - least + 1)
    }

    pub(crate) fn characters(&mut self, of: &str, count: usize) -> String {
        let of = of.as_bytes();
        (0..count).map(|_| char::from(of[self.number(of.len())])).collect()
    }

    pub(crate) fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.number(of.len())]
    }

    /// A string as it lies about in files: a hash, a password, an id, something with a prefix.
    pub(crate) fn string(&mut self) -> String {
        let length = self.between(6, 130);
        match self.number(9) {
            0 => self.characters(HEX, length),
            1 => self.characters(SMALL, length),
            2 => self.characters(LETTERS, length),
            3 => self.characters(WORD, length),
            4 => self.characters(BASE_64, length) + "==",
            5 => self.characters(PRINTED, length),
            6 => [8, 4, 4, 4, 12].map(|count| self.characters(HEX, count)).join("-"),
            7 => {
                let before = self.between(2, 5);
                let between = self.one(&["_", "-", ".", ":"]);
                self.characters(SMALL, before) + between + &self.characters(LETTERS, length)
            }
            _ => {
                let parts = [20, length, 43].map(|count| self.characters(WORD, count));
                format!("eyJ{}", parts.join("."))
            }
        }
    }
}

/// CRC-32 bit by bit, as ISO-HDLC has it, in six digits of base 62.
pub(crate) fn checksum(body: &str) -> String {
    let mut crc = u32::MAX;
    for byte in body.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    let mut number = !crc;
    let mut digits = Vec::new();
    for _ in 0..6 {
        let digit = u8::try_from(number % 62).unwrap();
        digits.push(match digit {
            0..10 => b'0' + digit,
            10..36 => b'A' + digit - 10,
            _ => b'a' + digit - 36,
        });
        number /= 62;
    }
    digits.reverse();
    String::from_utf8(digits).unwrap()
}
