//! Sealing and opening envelope v1: HKDF-SHA256 to a key used once, AES-256-GCM, and a commitment to the key.
//!
//! `okm[76] = HKDF-SHA256(ikm = key, salt, info = "keymoor/v1/envelope" ‖ account ‖ vault ‖ header, each part
//! length-prefixed)` gives the AES key (32), the nonce (12) and the commitment (32). GCM's own associated data is empty:
//! the context is in the key. GCM alone does not commit to its key (a text can be made that opens under two), so the
//! commitment is compared first, in constant time.

use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce};
use keymoor_protocol::envelope::{Class, Envelope, Header};
use keymoor_protocol::{AccountId, VaultId};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::keys::{UnlockKey, VaultKey, derive};
use crate::padding;

/// A key that envelopes are sealed under.
pub struct Key(pub(crate) Zeroizing<[u8; 32]>);

impl AsRef<Key> for Key {
    fn as_ref(&self) -> &Key {
        self
    }
}

impl AsRef<Key> for VaultKey {
    fn as_ref(&self) -> &Key {
        &self.0
    }
}

impl AsRef<Key> for UnlockKey {
    fn as_ref(&self) -> &Key {
        &self.0
    }
}

/// What an envelope is for. Made from the device's own state and from what was asked for, never from the envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Whose.
    pub account: AccountId,
    /// In which vault.
    pub vault: VaultId,
    /// What it holds.
    pub class: Class,
    /// The record's id, or what the class puts there.
    pub id: [u8; 16],
    /// The record's version.
    pub version: u64,
    /// The root key's epoch.
    pub epoch: u32,
}

/// An envelope does not open: damaged, changed, not the one asked for, or another key's. One error on purpose; which it
/// was would help only an attacker who tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the seal does not open")]
pub struct OpenError;

/// Seals `plaintext`, padded to a multiple of 256 bytes, under a key that no other envelope has.
///
/// # Errors
/// Only if the system has no random numbers.
pub fn seal(
    key: &impl AsRef<Key>,
    context: &Context,
    schema: u16,
    plaintext: &[u8],
) -> Result<Envelope, getrandom::Error> {
    let mut salt = [0; 32];
    getrandom::fill(&mut salt)?;
    Ok(seal_with_salt(key.as_ref(), context, schema, plaintext, &salt))
}

/// Opens an envelope that must be exactly the one that `context` describes. Its schema is authentic once it opened.
pub fn open(
    key: &impl AsRef<Key>,
    context: &Context,
    envelope: &Envelope,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let header = envelope.header();
    if *header != context.header(header.schema) {
        return Err(OpenError);
    }
    let once = Once::derive(key.as_ref(), context, header, envelope.salt());
    if !bool::from(once.commitment().ct_eq(envelope.commitment())) {
        return Err(OpenError);
    }
    let mut text = Zeroizing::new(envelope.sealed().to_vec());
    once.cipher().decrypt_in_place(&once.nonce(), b"", &mut *text).map_err(|_| OpenError)?;
    padding::remove(&mut text).map_err(|_| OpenError)?;
    Ok(text)
}

impl Context {
    fn header(&self, schema: u16) -> Header {
        Header { class: self.class, id: self.id, version: self.version, epoch: self.epoch, schema }
    }
}

/// Two envelopes of one salt, key and context would have one nonce: only [`seal`] and the golden vectors come here.
pub(crate) fn seal_with_salt(
    key: &Key,
    context: &Context,
    schema: u16,
    plaintext: &[u8],
    salt: &[u8; 32],
) -> Envelope {
    let header = context.header(schema);
    let once = Once::derive(key, context, &header, salt);
    let mut text = padding::add(plaintext);
    // AES-GCM refuses only texts beyond 64 GiB.
    #[expect(clippy::expect_used)]
    once.cipher().encrypt_in_place(&once.nonce(), b"", &mut *text).expect("a short text");
    Envelope::new(header, salt, once.commitment(), &text)
}

/// The key material of one envelope.
struct Once(Zeroizing<[u8; 76]>);

impl Once {
    fn derive(key: &Key, context: &Context, header: &Header, salt: &[u8]) -> Self {
        let parts: [&[u8]; 3] = [context.account.as_bytes(), context.vault.as_bytes(), &header.encode()];
        Self(derive(salt, key.0.as_slice(), b"keymoor/v1/envelope", &parts))
    }

    fn cipher(&self) -> Aes256Gcm {
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&self.0[..32]);
        Aes256Gcm::new((&*key).into())
    }

    fn nonce(&self) -> Nonce<aes_gcm::aead::consts::U12> {
        let mut nonce = [0; 12];
        nonce.copy_from_slice(&self.0[32..44]);
        nonce.into()
    }

    fn commitment(&self) -> &[u8; 32] {
        // The last 32 of 76 bytes.
        #[expect(clippy::expect_used)]
        self.0[44..].try_into().expect("32 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key(Zeroizing::new([byte; 32]))
    }

    fn context() -> Context {
        Context {
            account: AccountId([1; 16]),
            vault: VaultId([2; 16]),
            class: Class::Secret,
            id: [3; 16],
            version: 4,
            epoch: 5,
        }
    }

    #[test]
    fn what_was_sealed_opens() {
        for length in [0, 1, 254, 255, 256, 257, 65_536] {
            let text = vec![b'k'; length];
            let sealed = seal(&key(9), &context(), 1, &text).unwrap();
            assert_eq!(*open(&key(9), &context(), &sealed).unwrap(), text);
            assert_eq!((sealed.sealed().len() - 16) % 256, 0);
        }
    }

    #[test]
    fn the_same_text_never_looks_the_same() {
        let seal = || seal(&key(9), &context(), 1, b"text").unwrap();
        assert_ne!(seal().sealed(), seal().sealed());
    }

    #[test]
    fn another_key_and_another_context_are_refused() {
        let sealed = seal(&key(9), &context(), 1, b"text").unwrap();
        assert_eq!(open(&key(8), &context(), &sealed), Err(OpenError));
        for other in [
            Context { account: AccountId([9; 16]), ..context() },
            Context { vault: VaultId([9; 16]), ..context() },
            Context { class: Class::Meta, ..context() },
            Context { id: [9; 16], ..context() },
            Context { version: 5, ..context() },
            Context { epoch: 6, ..context() },
        ] {
            assert_eq!(open(&key(9), &other, &sealed), Err(OpenError), "{other:?}");
        }
    }

    /// A server that rewrites the open header together with its claim is refused by the derivation, not by the comparison.
    #[test]
    fn a_rewritten_header_is_refused_even_where_it_matches_what_was_asked_for() {
        let sealed = seal(&key(9), &context(), 1, b"text").unwrap();
        let mut bytes = sealed.as_bytes().to_vec();
        bytes[29] = 5; // the version's last byte
        let forged = Envelope::try_from(bytes).unwrap();
        let asked = Context { version: 5, ..context() };
        assert_eq!(forged.header().version, 5);
        assert_eq!(open(&key(9), &asked, &forged), Err(OpenError));
    }
}
