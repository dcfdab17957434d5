//! Checksums that secrets carry.

use crate::Checksum;

const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: usize = 6;

/// Whether the checksum of this secret is right.
pub(crate) fn holds(checksum: Checksum, secret: &str) -> bool {
    match checksum {
        Checksum::Crc32Base62 => crc32_base62(secret),
    }
}

fn crc32_base62(secret: &str) -> bool {
    let Some((_, rest)) = secret.split_once('_') else { return false };
    let Some((body, stated)) = rest.split_at_checked(rest.len().saturating_sub(DIGITS)) else { return false };
    !body.is_empty() && base_62(crc32fast::hash(body.as_bytes())) == stated.as_bytes()
}

fn base_62(mut number: u32) -> [u8; DIGITS] {
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE_62.get((number % 62) as usize).copied().unwrap_or(b'0');
        number /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_are_those_of_the_number() {
        assert_eq!(&base_62(0), b"000000");
        assert_eq!(&base_62(61), b"00000z");
        assert_eq!(&base_62(62), b"000010");
        assert_eq!(&base_62(u32::MAX), b"4gfFC3");
    }

    /// CRC-32 of the nine digits is 0xCBF43926, its check value.
    #[test]
    fn a_checksum_is_of_what_stands_between() {
        let right = |secret: &str| holds(Checksum::Crc32Base62, secret);
        let stated = String::from_utf8(base_62(0xCBF4_3926).to_vec()).unwrap();
        assert!(right(&format!("ghp_123456789{stated}")) && right(&format!("npm_123456789{stated}")));
        assert!(!right(&format!("ghp_123456798{stated}")) && !right(&format!("ghp-123456789{stated}")));
        assert!(
            !right("ghp_") && !right("ghp_00000") && !right("ghp_000000") && !right("") && !right("a_é00000")
        );
    }
}
