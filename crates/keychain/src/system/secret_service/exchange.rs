//! The Secret Service's session encryption, `dh-ietf1024-sha256-aes128-cbc-pkcs7`: Diffie-Hellman in the second Oakley
//! group, HKDF-SHA256, AES-128-CBC. It keeps values out of bus monitors and their logs, nothing more; what must be safe
//! is sealed.

use aes::Aes128;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use hkdf::Hkdf;
use num_bigint::BigUint;
use sha2::Sha256;
use zeroize::Zeroizing;

/// RFC 2409, 6.2, big-endian.
const PRIME: [u8; 128] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xC9, 0x0F, 0xDA, 0xA2, 0x21, 0x68, 0xC2, 0x34, 0xC4,
    0xC6, 0x62, 0x8B, 0x80, 0xDC, 0x1C, 0xD1, 0x29, 0x02, 0x4E, 0x08, 0x8A, 0x67, 0xCC, 0x74, 0x02, 0x0B,
    0xBE, 0xA6, 0x3B, 0x13, 0x9B, 0x22, 0x51, 0x4A, 0x08, 0x79, 0x8E, 0x34, 0x04, 0xDD, 0xEF, 0x95, 0x19,
    0xB3, 0xCD, 0x3A, 0x43, 0x1B, 0x30, 0x2B, 0x0A, 0x6D, 0xF2, 0x5F, 0x14, 0x37, 0x4F, 0xE1, 0x35, 0x6D,
    0x6D, 0x51, 0xC2, 0x45, 0xE4, 0x85, 0xB5, 0x76, 0x62, 0x5E, 0x7E, 0xC6, 0xF4, 0x4C, 0x42, 0xE9, 0xA6,
    0x37, 0xED, 0x6B, 0x0B, 0xFF, 0x5C, 0xB6, 0xF4, 0x06, 0xB7, 0xED, 0xEE, 0x38, 0x6B, 0xFB, 0x5A, 0x89,
    0x9F, 0xA5, 0xAE, 0x9F, 0x24, 0x11, 0x7C, 0x4B, 0x1F, 0xE6, 0x49, 0x28, 0x66, 0x51, 0xEC, 0xE6, 0x53,
    0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
];

pub(super) struct Exchange {
    private: BigUint,
    prime: BigUint,
}

/// The key that both sides agree on.
pub(super) struct SessionKey(Zeroizing<[u8; 16]>);

impl Exchange {
    /// Fails if the system gives no random bytes.
    pub(super) fn new() -> std::io::Result<Self> {
        let mut private = Zeroizing::new([0; 128]);
        getrandom::fill(&mut *private).map_err(|_| std::io::Error::other("no random bytes"))?;
        Ok(Self { private: BigUint::from_bytes_be(&*private), prime: BigUint::from_bytes_be(&PRIME) })
    }

    pub(super) fn public(&self) -> Vec<u8> {
        BigUint::from(2u8).modpow(&self.private, &self.prime).to_bytes_be()
    }

    pub(super) fn agree(&self, theirs: &[u8]) -> SessionKey {
        let common =
            Zeroizing::new(BigUint::from_bytes_be(theirs).modpow(&self.private, &self.prime).to_bytes_be());
        let mut padded = Zeroizing::new([0; PRIME.len()]);
        padded[PRIME.len() - common.len()..].copy_from_slice(&common);
        let mut key = Zeroizing::new([0; 16]);
        // HKDF refuses only keys longer than 8 kB.
        let _ = Hkdf::<Sha256>::new(None, &*padded).expand(&[], &mut *key);
        SessionKey(key)
    }
}

impl SessionKey {
    pub(super) fn decrypt(&self, iv: &[u8], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let cipher = cbc::Decryptor::<Aes128>::new_from_slices(&*self.0, iv).ok()?;
        cipher.decrypt_padded_vec::<Pkcs7>(ciphertext).ok().map(Zeroizing::new)
    }
}

#[cfg(test)]
mod tests {
    use cbc::cipher::BlockModeEncrypt;

    use super::*;

    #[test]
    fn both_sides_agree_and_another_does_not() {
        let (ours, theirs) = (Exchange::new().unwrap(), Exchange::new().unwrap());
        let key = ours.agree(&theirs.public());
        assert_eq!(*key.0, *theirs.agree(&ours.public()).0);
        assert_ne!(*key.0, *Exchange::new().unwrap().agree(&ours.public()).0);

        let sealed = cbc::Encryptor::<Aes128>::new_from_slices(&*key.0, &[7; 16]).unwrap();
        let sealed = sealed.encrypt_padded_vec::<Pkcs7>(b"a value");
        assert_eq!(key.decrypt(&[7; 16], &sealed).unwrap().as_slice(), b"a value");
        assert!(key.decrypt(&[7; 15], &sealed).is_none());
        assert!(key.decrypt(&[7; 16], &sealed[1..]).is_none());
    }
}
