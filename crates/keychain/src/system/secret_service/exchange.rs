//! The Secret Service's session encryption, `dh-ietf1024-sha256-aes128-cbc-pkcs7`: Diffie-Hellman in the second Oakley
//! group, HKDF-SHA256, AES-128-CBC. It keeps values out of bus monitors and their logs.
//!
//! The private exponent has 256 bits. With a safe prime, finding a short exponent takes 2^(bits/2) steps, so 2^128 here,
//! while the group's own discrete logarithms take some 2^80: a longer one would add time (milliseconds of each start)
//! and no strength. Exponentiation takes the same time for every exponent.

use aes::Aes128;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use crypto_bigint::{
    Encoding as _, U256, U1024, impl_modulus,
    modular::constant_mod::{Residue, ResidueParams as _},
};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

// RFC 2409, 6.2.
impl_modulus!(
    Group,
    U1024,
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd\
     ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed\
     ee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffffffff"
);

type Element = Residue<Group, { U1024::LIMBS }>;

pub(super) struct Exchange {
    private: Zeroizing<U256>,
}

/// The key that both sides agree on.
pub(super) struct SessionKey(Zeroizing<[u8; 16]>);

impl Exchange {
    /// Fails if the system gives no random bytes.
    pub(super) fn new() -> std::io::Result<Self> {
        let mut private = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *private).map_err(|_| std::io::Error::other("no random bytes"))?;
        Ok(Self { private: Zeroizing::new(U256::from_be_bytes(*private)) })
    }

    pub(super) fn public(&self) -> Vec<u8> {
        self.power(&U1024::from(2_u8)).to_be_bytes().to_vec()
    }

    /// `None` if what the other side sent is no public key: nothing of order one or two, nothing beyond the group.
    pub(super) fn agree(&self, theirs: &[u8]) -> Option<SessionKey> {
        let mut padded = [0; U1024::BYTES];
        padded.get_mut(U1024::BYTES.checked_sub(theirs.len())?..)?.copy_from_slice(theirs);
        let theirs = U1024::from_be_bytes(padded);
        if theirs <= U1024::ONE || theirs >= Group::MODULUS.wrapping_sub(&U1024::ONE) {
            return None;
        }
        let common = Zeroizing::new(self.power(&theirs).to_be_bytes());
        let mut key = Zeroizing::new([0; 16]);
        // HKDF refuses only keys longer than 8 kB.
        Hkdf::<Sha256>::new(None, &*common).expand(&[], &mut *key).ok()?;
        Some(SessionKey(key))
    }

    fn power(&self, base: &U1024) -> Zeroizing<U1024> {
        Zeroizing::new(Element::new(base).pow(&*self.private).retrieve())
    }
}

impl SessionKey {
    /// Initialisation vector and ciphertext; `None` if the system gives no random bytes.
    pub(super) fn encrypt(&self, value: &[u8]) -> Option<([u8; 16], Vec<u8>)> {
        let mut iv = [0; 16];
        getrandom::fill(&mut iv).ok()?;
        let cipher = cbc::Encryptor::<Aes128>::new_from_slices(&*self.0, &iv).ok()?;
        Some((iv, cipher.encrypt_padded_vec::<Pkcs7>(value)))
    }

    pub(super) fn decrypt(&self, iv: &[u8], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let cipher = cbc::Decryptor::<Aes128>::new_from_slices(&*self.0, iv).ok()?;
        cipher.decrypt_padded_vec::<Pkcs7>(ciphertext).ok().map(Zeroizing::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_agree_and_another_does_not() {
        let (ours, theirs) = (Exchange::new().unwrap(), Exchange::new().unwrap());
        let key = ours.agree(&theirs.public()).unwrap();
        assert_eq!(*key.0, *theirs.agree(&ours.public()).unwrap().0);
        assert_ne!(*key.0, *Exchange::new().unwrap().agree(&ours.public()).unwrap().0);

        let (iv, sealed) = key.encrypt(b"a value").unwrap();
        assert_eq!(key.decrypt(&iv, &sealed).unwrap().as_slice(), b"a value");
        assert!(key.decrypt(&iv[1..], &sealed).is_none());
        assert!(key.decrypt(&iv, &sealed[1..]).is_none());
        assert_ne!(key.encrypt(b"a value").unwrap(), (iv, sealed), "another vector each time");
    }

    #[test]
    fn powers_are_those_of_the_group() {
        let power = |exponent: u32| Exchange { private: Zeroizing::new(U256::from(exponent)) }.public();
        let mut small = [0; 128];
        small[127 - 12] = 16;
        assert_eq!(power(100), small, "2^100");
        // 2^1024 mod p is 2^1024 - p, since p is just below.
        let wrapped = U1024::ZERO.wrapping_sub(&Group::MODULUS);
        assert_eq!(power(1024), wrapped.to_be_bytes());
    }

    #[test]
    fn what_is_no_public_key_is_refused() {
        let ours = Exchange::new().unwrap();
        let prime = Group::MODULUS;
        for bad in [U1024::ZERO, U1024::ONE, prime.wrapping_sub(&U1024::ONE), prime, U1024::MAX] {
            assert!(ours.agree(&bad.to_be_bytes()).is_none());
        }
        assert!(ours.agree(&[]).is_none() && ours.agree(&[1; 129]).is_none());
        assert!(ours.agree(&[3]).is_some(), "leading zeros may be left out");
    }
}
