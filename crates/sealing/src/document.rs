//! The keys document: wrapping the root key for its owner, and opening it again.

use hmac::{Hmac, KeyInit as _, Mac as _};
use keymoor_protocol::envelope::{Class, Envelope};
use keymoor_protocol::keys::{Wrap, WrapKind};
use keymoor_protocol::{AccountId, KeysDocument, VaultId};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::envelope::{Context, OpenError, open, seal};
use crate::keys::{RootKey, UnlockKey};
use crate::password::{AuthPassword, Profile};
use crate::secret_key::SecretKey;

const SCHEMA: u16 = 1;

/// What lies in the keys document under the root key, so that every device of the account has it.
pub struct Custody {
    /// The Secret Key.
    pub secret_key: SecretKey,
    /// What the recovery key logs in with. It opens nothing; it is kept so that a device can register the same account,
    /// with the same recovery page, at a server that lost everything.
    pub recovery_auth: Option<AuthPassword>,
    /// The earlier root keys that history may still need.
    pub previous: Vec<RootKey>,
}

/// The first keys document of an account.
///
/// The Secret Key's envelope holds its 16 bytes and, where there is a recovery key, the 32 bytes of `recovery_auth`.
pub fn write(
    root: &RootKey,
    account: AccountId,
    vault: VaultId,
    version: u64,
    custody: &Custody,
    wraps: Vec<Wrap>,
) -> Result<KeysDocument, getrandom::Error> {
    let document = KeysDocument {
        account,
        vault,
        version,
        epoch: root.epoch(),
        wraps,
        secret_key: seal_secret_key(root, account, custody)?,
        previous: seal_previous(root, account, custody)?,
        more: Vec::new(),
        mac: [0; 32],
    };
    Ok(authenticated(root, document))
}

/// The next version of a keys document, with these wraps. What a later version of Keymoor put into the old one stays.
pub fn rewrite(
    old: KeysDocument,
    root: &RootKey,
    version: u64,
    custody: &Custody,
    wraps: Vec<Wrap>,
) -> Result<KeysDocument, getrandom::Error> {
    let account = old.account;
    let document = KeysDocument {
        version,
        epoch: root.epoch(),
        wraps,
        secret_key: seal_secret_key(root, account, custody)?,
        previous: seal_previous(root, account, custody)?,
        ..old
    };
    Ok(authenticated(root, document))
}

fn authenticated(root: &RootKey, mut document: KeysDocument) -> KeysDocument {
    document.mac = mac(root, &document).finalize().into_bytes().into();
    document
}

fn seal_secret_key(
    root: &RootKey,
    account: AccountId,
    custody: &Custody,
) -> Result<Envelope, getrandom::Error> {
    let mut text = Zeroizing::new(Vec::with_capacity(48));
    text.extend_from_slice(custody.secret_key.expose());
    if let Some(auth) = &custody.recovery_auth {
        text.extend_from_slice(auth.expose());
    }
    seal(&root.custody_key(), &secret_key_context(account, root.epoch()), SCHEMA, &text)
}

fn seal_previous(
    root: &RootKey,
    account: AccountId,
    custody: &Custody,
) -> Result<Vec<(u32, Envelope)>, getrandom::Error> {
    let key = root.custody_key();
    let seal_one = |old: &RootKey| {
        let context = previous_context(account, root.epoch(), old.epoch());
        Ok((old.epoch(), seal(&key, &context, SCHEMA, old.expose())?))
    };
    custody.previous.iter().map(seal_one).collect()
}

/// The root key, wrapped by `key`.
pub fn wrap(
    root: &RootKey,
    account: AccountId,
    kind: WrapKind,
    profile: Option<Profile>,
    key: &UnlockKey,
) -> Result<Wrap, getrandom::Error> {
    let profile = profile.map_or(0, |profile| profile as u8);
    let envelope = seal(key, &wrap_context(account, root.epoch(), kind, profile), SCHEMA, root.expose())?;
    Ok(Wrap { kind, profile, sealed: envelope.as_bytes().to_vec() })
}

/// Opens the root key with `key` and checks the whole document under it.
///
/// # Errors
/// The key is wrong or the document is damaged; which of the two, nobody can tell.
pub fn unlock(
    document: &KeysDocument,
    account: AccountId,
    kind: WrapKind,
    key: &UnlockKey,
) -> Result<RootKey, OpenError> {
    if document.account != account {
        return Err(OpenError);
    }
    let wraps = document.wraps.iter().filter(|wrap| wrap.kind == kind);
    let root = wraps
        .filter_map(|wrap| {
            let context = wrap_context(account, document.epoch, kind, wrap.profile);
            let envelope = Envelope::try_from(wrap.sealed.clone()).ok()?;
            key_bytes(open(key, &context, &envelope).ok()?).ok()
        })
        .map(|bytes| RootKey::from_bytes(document.epoch, *bytes))
        .next()
        .ok_or(OpenError)?;
    verify(document, &root)?;
    Ok(root)
}

/// Checks that a document is genuine: written by someone who holds `root`.
pub fn verify(document: &KeysDocument, root: &RootKey) -> Result<(), OpenError> {
    if document.epoch != root.epoch() {
        return Err(OpenError);
    }
    mac(root, document).verify_slice(&document.mac).map_err(|_| OpenError)
}

/// What a document holds under the root key. It is checked first ([`verify`]), whoever did so before.
pub fn custody(document: &KeysDocument, root: &RootKey) -> Result<Custody, OpenError> {
    verify(document, root)?;
    let key = root.custody_key();
    let text = open(&key, &secret_key_context(document.account, document.epoch), &document.secret_key)?;
    let (secret_key, auth) = text.split_first_chunk::<16>().ok_or(OpenError)?;
    let recovery_auth = match auth {
        [] => None,
        auth => Some(AuthPassword::from_bytes(auth.try_into().map_err(|_| OpenError)?)),
    };
    let open_one = |(epoch, envelope): &(u32, Envelope)| {
        let context = previous_context(document.account, document.epoch, *epoch);
        Ok(RootKey::from_bytes(*epoch, *key_bytes(open(&key, &context, envelope)?)?))
    };
    let previous = document.previous.iter().map(open_one).collect::<Result<_, OpenError>>()?;
    Ok(Custody { secret_key: SecretKey::from_bytes(*secret_key), recovery_auth, previous })
}

fn key_bytes<const N: usize>(bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<[u8; N]>, OpenError> {
    bytes.as_slice().try_into().map(Zeroizing::new).map_err(|_| OpenError)
}

fn mac(root: &RootKey, document: &KeysDocument) -> Hmac<Sha256> {
    // HMAC takes keys of any length.
    #[expect(clippy::expect_used)]
    let mac = Hmac::<Sha256>::new_from_slice(root.document_key().as_slice()).expect("any key");
    mac.chain_update(document.authenticated_bytes())
}

/// A wrap is bound to account, epoch, kind and profile; it belongs to no vault.
fn wrap_context(account: AccountId, epoch: u32, kind: WrapKind, profile: u8) -> Context {
    let mut id = [0; 16];
    (id[0], id[1]) = (kind.number(), profile);
    context(account, Class::RootKeyWrap, id, 1, epoch)
}

fn secret_key_context(account: AccountId, epoch: u32) -> Context {
    context(account, Class::SecretKey, [0; 16], 1, epoch)
}

fn previous_context(account: AccountId, epoch: u32, old: u32) -> Context {
    context(account, Class::PreviousRootKey, [0; 16], u64::from(old), epoch)
}

fn context(account: AccountId, class: Class, id: [u8; 16], version: u64, epoch: u32) -> Context {
    Context { account, vault: VaultId([0; 16]), class, id, version, epoch }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::stretch;
    use crate::recovery::RecoveryKey;

    const ACCOUNT: AccountId = AccountId([1; 16]);

    struct Made {
        document: KeysDocument,
        password: UnlockKey,
        recovery: UnlockKey,
    }

    fn made() -> Made {
        let (root, secret_key) = (RootKey::generate(2).unwrap(), SecretKey::from_bytes([5; 16]));
        let (_, password) = stretch("correct horse", &secret_key, ACCOUNT, Profile::NEWEST);
        let recovery = RecoveryKey::generate().unwrap().unlock_key(ACCOUNT);
        let wraps = vec![
            wrap(&root, ACCOUNT, WrapKind::Password, Some(Profile::NEWEST), &password).unwrap(),
            wrap(&root, ACCOUNT, WrapKind::Recovery, None, &recovery).unwrap(),
        ];
        let custody = Custody {
            secret_key,
            recovery_auth: Some(AuthPassword::from_bytes([6; 32])),
            previous: vec![RootKey::from_bytes(1, [4; 32])],
        };
        let document = write(&root, ACCOUNT, VaultId([2; 16]), 3, &custody, wraps).unwrap();
        Made { document, password, recovery }
    }

    #[test]
    fn password_and_recovery_key_each_open_everything() {
        let made = made();
        let document = KeysDocument::decode(&made.document.encode()).unwrap();
        for (kind, key) in [(WrapKind::Password, &made.password), (WrapKind::Recovery, &made.recovery)] {
            let root = unlock(&document, ACCOUNT, kind, key).unwrap();
            let custody = custody(&document, &root).unwrap();
            assert_eq!(custody.secret_key.expose(), &[5; 16]);
            assert_eq!(custody.recovery_auth.unwrap().expose(), &[6; 32]);
            assert_eq!((custody.previous[0].epoch(), custody.previous[0].expose()), (1, &[4; 32]));
        }
    }

    /// A later version added a kind of wrap and something more; this one sets a new password.
    #[test]
    fn what_a_later_version_added_is_carried_along() {
        let mut made = made();
        let root = unlock(&made.document, ACCOUNT, WrapKind::Password, &made.password).unwrap();
        let later = Wrap { kind: WrapKind::Other(9), profile: 4, sealed: b"no envelope".to_vec() };
        made.document.wraps.push(later.clone());
        made.document.more = b"something".to_vec();
        let newer = KeysDocument::decode(&authenticated(&root, made.document).encode()).unwrap();

        let custody = custody(&newer, &root).unwrap();
        let wraps = newer.wraps.iter().filter(|wrap| wrap.kind != WrapKind::Password).cloned().collect();
        let next = rewrite(newer, &root, 4, &custody, wraps).unwrap();
        let next = KeysDocument::decode(&next.encode()).unwrap();
        assert_eq!((next.version, next.more.as_slice()), (4, b"something".as_slice()));
        assert!(next.wraps.contains(&later));
        assert!(unlock(&next, ACCOUNT, WrapKind::Recovery, &made.recovery).is_ok());
        assert!(unlock(&next, ACCOUNT, WrapKind::Password, &made.password).is_err());
    }

    #[test]
    fn the_wrong_key_kind_or_account_does_not() {
        let made = made();
        let other = stretch("wrong", &SecretKey::from_bytes([5; 16]), ACCOUNT, Profile::NEWEST).1;
        assert!(unlock(&made.document, ACCOUNT, WrapKind::Password, &other).is_err());
        assert!(unlock(&made.document, ACCOUNT, WrapKind::Recovery, &made.password).is_err());
        assert!(unlock(&made.document, AccountId([9; 16]), WrapKind::Password, &made.password).is_err());
    }

    #[test]
    fn nothing_is_taken_from_a_document_that_is_not_genuine() {
        let mut made = made();
        let root = unlock(&made.document, ACCOUNT, WrapKind::Password, &made.password).unwrap();
        assert!(custody(&made.document, &root).is_ok());
        made.document.version += 1; // every envelope opens as before
        assert!(custody(&made.document, &root).is_err());
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let made = made();
        let bytes = made.document.encode();
        for bit in 0..bytes.len() * 8 {
            let mut forged = bytes.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            let opened = KeysDocument::decode(&forged)
                .map_err(|_| OpenError)
                .and_then(|document| unlock(&document, ACCOUNT, WrapKind::Recovery, &made.recovery));
            assert!(opened.is_err(), "bit {bit}");
        }
    }
}
