//! Numbers that look random and are the same each time: a failure can be seen again.

/// A small generator (splitmix64). It guards nothing.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall in the order which belongs to this number.
    pub fn new(order: u64) -> Self {
        Self(order)
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }

    /// So many letters and digits.
    pub fn text(&mut self, length: usize) -> String {
        const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        let letter = |_| char::from(ALPHABET[self.below(ALPHABET.len() as u64) as usize]);
        (0..length).map(letter).collect()
    }
}
