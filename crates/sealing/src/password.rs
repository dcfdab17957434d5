//! A password, stretched: Argon2id (RFC 9106) with parameters that are compiled in as numbered profiles.
//!
//! A server supplies no parameter and no salt. A later version adds a profile; it tries its own, newest first.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// What OPAQUE takes in place of a password: 256 bits that say nothing of the unlock key.
pub struct AuthPassword(pub(crate) Zeroizing<[u8; 32]>);

impl AuthPassword {
    /// The one that a keychain or the keys document held.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// For OPAQUE alone.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A numbered set of Argon2id parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Profile {
    /// 128 MiB, 3 passes, 4 lanes.
    One = 1,
    /// For tests: 64 KiB, 1 pass, 1 lane. Never in a release build.
    #[cfg(feature = "cheap-kdf")]
    Cheap = 255,
}

impl Profile {
    /// The profile of new wraps.
    #[cfg(not(feature = "cheap-kdf"))]
    pub const NEWEST: Self = Self::One;
    /// The profile of new wraps.
    #[cfg(feature = "cheap-kdf")]
    pub const NEWEST: Self = Self::Cheap;

    /// All that this version has, newest first: in this order a password is tried at a server, which names no profile.
    pub const ALL: &[Self] = &[
        #[cfg(feature = "cheap-kdf")]
        Self::Cheap,
        Self::One,
    ];

    /// The profile of a number that stands in an authenticated document; `None` for one that this version lacks.
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::One),
            #[cfg(feature = "cheap-kdf")]
            255 => Some(Self::Cheap),
            _ => None,
        }
    }

    /// (memory in KiB, passes, lanes)
    fn parameters(self) -> (u32, u32, u32) {
        match self {
            Self::One => (128 * 1024, 3, 4),
            #[cfg(feature = "cheap-kdf")]
            Self::Cheap => (64, 1, 1),
        }
    }

    /// Argon2id over the password in Unicode form NFKC, so that the same keys pressed on another system are the same password.
    pub(crate) fn argon2id(self, password: &str, salt: &[u8]) -> Zeroizing<[u8; 32]> {
        // Room from the start, since a string that grows leaves copies behind: NFKC makes UTF-8 at most 11 times longer.
        let mut normal = Zeroizing::new(String::with_capacity(password.len() * 11));
        normal.extend(password.nfkc());
        let (memory, passes, lanes) = self.parameters();
        // The parameters are constants within Argon2's limits.
        #[expect(clippy::expect_used)]
        let params = Params::new(memory, passes, lanes, Some(32)).expect("valid parameters");
        // Its working memory, which ends in what the keys are made of, is wiped as well. A machine without that much
        // memory aborts here.
        let mut blocks = Zeroizing::new(vec![Block::default(); params.block_count()]);
        let mut out = Zeroizing::new([0; 32]);
        #[expect(clippy::expect_used)]
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(
                normal.as_bytes(),
                salt,
                out.as_mut_slice(),
                blocks.as_mut_slice(),
            )
            .expect("valid lengths");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_password_in_two_unicode_forms_is_one_password() {
        let stretch = |text: &str| *Profile::NEWEST.argon2id(text, &[1; 16]);
        assert_eq!(stretch("Zu\u{0308}rich"), stretch("Z\u{fc}rich"));
        assert_eq!(stretch("\u{fb01}ne"), stretch("fine"));
        assert_ne!(stretch("fine"), stretch("Fine"));
    }

    #[test]
    fn the_newest_is_tried_first() {
        assert_eq!(Profile::ALL.first(), Some(&Profile::NEWEST));
        assert!(Profile::ALL.iter().all(|profile| Profile::from_number(*profile as u8) == Some(*profile)));
    }

    #[test]
    fn unknown_profiles_are_not_guessed() {
        assert_eq!(Profile::from_number(1), Some(Profile::One));
        assert_eq!(Profile::from_number(0), None);
        assert_eq!(Profile::from_number(2), None);
    }
}
