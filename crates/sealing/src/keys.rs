//! Every key of the system, derived on one page. HKDF-SHA256 (RFC 5869) throughout; labels never repeat.
//!
//! ```text
//! password, Secret Key ─ Argon2id ─ HKDF ─┬ auth password (to OPAQUE)
//!                                         └ unlock key ─── wraps ┐
//! recovery key ──────────────────────────────────────── wraps ┤→ root key, random, one an epoch
//!                                     root key ─ HKDF ─┬ commit key, document key, account proof, index key, copy key
//!                                                      ├ custody key: seals Secret Key and earlier root keys
//!                                                      └ vault key (vault id, epoch) ─ one key an envelope, activity key
//! ```

use hkdf::Hkdf;
use keymoor_protocol::{AccountId, VaultId};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::activity::ActivityKey;
use crate::envelope::Key;
use crate::password::{AuthPassword, Profile};
use crate::recovery::RecoveryKey;
use crate::secret_key::SecretKey;

/// The key of keys: 256 random bits, one an epoch. Whoever holds it reads the vault.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RootKey {
    epoch: u32,
    bytes: [u8; 32],
}

/// Wraps the root key for someone who has password and Secret Key.
pub struct UnlockKey(pub(crate) Key);

/// Seals the records of one vault in one epoch.
pub struct VaultKey(pub(crate) Key);

impl RootKey {
    /// A new one, for an account's first epoch or for the next.
    pub fn generate(epoch: u32) -> Result<Self, getrandom::Error> {
        let mut key = Self { epoch, bytes: [0; 32] };
        getrandom::fill(&mut key.bytes)?;
        Ok(key)
    }

    /// The one that a keychain or a wrap held.
    pub fn from_bytes(epoch: u32, bytes: [u8; 32]) -> Self {
        Self { epoch, bytes }
    }

    /// For the keychain, and for sealing it under another key.
    pub fn expose(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Its epoch: 1, 2, 3 …
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Seals the records of `vault`.
    pub fn vault_key(&self, vault: VaultId) -> VaultKey {
        let epoch = self.epoch.to_be_bytes();
        VaultKey(Key(derive(b"", &self.bytes, b"keymoor/v1/vault", &[vault.as_bytes(), &epoch])))
    }

    /// Proves to the server that a device holds the root key; the server keeps its SHA-256.
    pub fn account_proof(&self) -> Zeroizing<[u8; 32]> {
        derive(b"", &self.bytes, b"keymoor/v1/account-proof", &[])
    }

    /// Hides names in the cache's index.
    pub fn index_key(&self) -> IndexKey {
        IndexKey(derive(b"", &self.bytes, b"keymoor/v1/index", &[]))
    }

    /// Authenticates what the keychain says about its copies.
    pub fn copy_key(&self) -> Zeroizing<[u8; 32]> {
        derive(b"", &self.bytes, b"keymoor/v1/keychain-copy", &[])
    }

    /// Authenticates the keys document.
    pub(crate) fn document_key(&self) -> Zeroizing<[u8; 32]> {
        derive(b"", &self.bytes, b"keymoor/v1/keys", &[])
    }

    /// Seals what stays with the root key: the Secret Key, earlier root keys, this device's session.
    pub(crate) fn custody_key(&self) -> Key {
        Key(derive(b"", &self.bytes, b"keymoor/v1/custody", &[]))
    }
}

impl VaultKey {
    /// Authenticates the commits of the vault. It follows from the vault's key, so that whoever is given that one, and not the
    /// root key, can check the whole of the vault.
    pub(crate) fn commit_key(&self) -> Zeroizing<[u8; 32]> {
        derive(b"", self.0.0.as_slice(), b"keymoor/v1/commit", &[])
    }

    /// Links what happened on a device with the vault.
    pub fn activity_key(&self) -> ActivityKey {
        ActivityKey(derive(b"", self.0.0.as_slice(), b"keymoor/v1/activity", &[]))
    }
}

/// What password and Secret Key together open: the way in at the server, and the wrap.
///
/// Takes as long as Argon2id takes; for the salt and the steps see security notes in `docs/security.md`.
pub fn stretch(
    password: &str,
    secret_key: &SecretKey,
    account: AccountId,
    profile: Profile,
) -> (AuthPassword, UnlockKey) {
    let salt: Zeroizing<[u8; 32]> =
        derive(b"", secret_key.expose(), b"keymoor/v1/salt", &[account.as_bytes()]);
    let stretched = profile.argon2id(password, &salt[..16]);
    let part = |label: &[u8]| derive(secret_key.expose(), stretched.as_slice(), label, &[]);
    (AuthPassword(part(b"keymoor/v1/auth")), UnlockKey(Key(part(b"keymoor/v1/unlock"))))
}

impl RecoveryKey {
    /// Wraps the root key for someone who has the recovery words.
    pub fn unlock_key(&self, account: AccountId) -> UnlockKey {
        UnlockKey(Key(derive(b"", self.expose(), b"keymoor/v1/recovery-unlock", &[account.as_bytes()])))
    }

    /// What the recovery key's own OPAQUE registration stands on.
    pub fn auth_password(&self, account: AccountId) -> AuthPassword {
        AuthPassword(derive(b"", self.expose(), b"keymoor/v1/recovery-auth", &[account.as_bytes()]))
    }
}

/// Turns names into index values that only a holder of the root key can make.
pub struct IndexKey(Zeroizing<[u8; 32]>);

impl IndexKey {
    /// The index value of `parts`, 128 bits.
    pub fn tag(&self, parts: &[&str]) -> [u8; 16] {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        *derive(b"", self.0.as_slice(), b"keymoor/v1/index-tag", &parts)
    }
}

/// HKDF-SHA256; the info is the label, then each part with its length in four bytes before it.
pub(crate) fn derive<const N: usize>(
    salt: &[u8],
    key: &[u8],
    label: &[u8],
    parts: &[&[u8]],
) -> Zeroizing<[u8; N]> {
    let mut info = label.to_vec();
    for part in parts {
        info.extend_from_slice(&(part.len() as u32).to_be_bytes());
        info.extend_from_slice(part);
    }
    let mut okm = Zeroizing::new([0; N]);
    let hkdf = Hkdf::<Sha256>::new(Some(salt), key);
    // RFC 5869 refuses only more than 255 blocks of 32 bytes; N is a constant of at most 76.
    #[expect(clippy::expect_used)]
    hkdf.expand(&info, okm.as_mut_slice()).expect("a short output");
    okm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_a_root_key_is_another_and_follows_the_epoch() {
        let (one, two) = (RootKey::from_bytes(1, [7; 32]), RootKey::from_bytes(2, [7; 32]));
        let vault = VaultId([1; 16]);
        let mut keys = vec![
            one.vault_key(vault).0.0.to_vec(),
            two.vault_key(vault).0.0.to_vec(),
            one.vault_key(VaultId([2; 16])).0.0.to_vec(),
            one.account_proof().to_vec(),
            one.index_key().0.to_vec(),
            one.copy_key().to_vec(),
            one.vault_key(vault).commit_key().to_vec(),
            one.vault_key(vault).activity_key().0.to_vec(),
            one.document_key().to_vec(),
            one.custody_key().0.to_vec(),
        ];
        let count = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }

    #[test]
    fn index_parts_do_not_run_together() {
        let key = RootKey::from_bytes(1, [7; 32]).index_key();
        assert_ne!(key.tag(&["ab", "c"]), key.tag(&["a", "bc"]));
        assert_eq!(key.tag(&["ab", "c"]), key.tag(&["ab", "c"]));
    }
}
