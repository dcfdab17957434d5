//! The golden vectors from the inside: sealing again with the same salt gives the same bytes, and every key on the way
//! is the written one. `tests/golden.rs` looks at them from outside.

use keymoor_protocol::envelope::Class;
use keymoor_protocol::{AccountId, VaultId};

use crate::envelope::{Context, seal_with_salt};
use crate::keys::{RootKey, derive, stretch};
use crate::password::Profile;
use crate::recovery::RecoveryKey;
use crate::secret_key::SecretKey;

#[path = "../tests/vectors/reader.rs"]
mod vectors;

use vectors::{case, cases};

#[test]
fn sealing_with_the_salt_of_a_vector_gives_its_bytes() {
    for case in cases(include_str!("../tests/vectors/envelopes.json")) {
        let context = Context {
            account: AccountId(case.array("account")),
            vault: VaultId(case.array("vault")),
            class: Class::try_from(case.number::<u8>("class")).unwrap(),
            id: case.array("id"),
            version: case.number("version"),
            epoch: case.number("epoch"),
        };
        let root = RootKey::from_bytes(context.epoch, case.array("root_key"));
        let key = root.vault_key(context.vault).0;
        assert_eq!(key.0.as_slice(), case.bytes("vault_key"));
        let text = case.text("text").as_bytes();
        let sealed = seal_with_salt(&key, &context, case.number("schema"), text, &case.array("salt"));
        assert_eq!(sealed.as_bytes(), case.bytes("envelope"), "{}", case.text("about"));
        assert_eq!(sealed.header().encode().as_slice(), case.bytes("header"));
        assert_eq!(sealed.commitment(), case.bytes("commitment"));
    }
}

#[test]
fn the_keys_of_a_root_key() {
    let case = case(include_str!("../tests/vectors/root-keys.json"));
    let root = RootKey::from_bytes(case.number("epoch"), case.array("root_key"));
    assert_eq!(root.vault_key(VaultId(case.array("vault"))).0.0.as_slice(), case.bytes("vault_key"));
    assert_eq!(root.account_proof().as_slice(), case.bytes("account_proof"));
    assert_eq!(root.copy_key().as_slice(), case.bytes("keychain_copy"));
    let vault = root.vault_key(VaultId(case.array("vault")));
    assert_eq!(vault.commit_key().as_slice(), case.bytes("commit"));
    assert_eq!(root.document_key().as_slice(), case.bytes("keys"));
    assert_eq!(root.custody_key().0.as_slice(), case.bytes("custody"));
    for tag in case.list("index_tags") {
        let parts = tag.value("parts").as_array().unwrap();
        let parts: Vec<&str> = parts.iter().map(|part| part.as_str().unwrap()).collect();
        assert_eq!(root.index_key().tag(&parts), tag.array("tag"), "{parts:?}");
    }
}

#[test]
fn the_links_of_an_activity() {
    let case = case(include_str!("../tests/vectors/activity.json"));
    let root = RootKey::from_bytes(case.number("epoch"), case.array("root_key"));
    let key = root.vault_key(VaultId(case.array("vault"))).activity_key();
    assert_eq!(key.0.as_slice(), case.bytes("activity_key"));
    let mut previous = case.array("before");
    for entry in case.list("entries") {
        let (number, at, bytes) = (entry.number("number"), entry.number("at"), entry.bytes("entry"));
        let waiting = key.waiting_link(&previous, at, &bytes);
        let link = key.link(&previous, number, at, &bytes);
        assert_eq!((waiting, link), (entry.array("waiting_link"), entry.array("link")));
        previous = link;
    }
    assert_eq!(key.tag(&case.bytes("head")), case.array("tag"));
}

#[test]
fn a_password_is_stretched_as_profile_one_says() {
    for case in cases(include_str!("../tests/vectors/passwords.json")) {
        let secret_key = SecretKey::from_bytes(case.array("secret_key"));
        let profile = Profile::from_number(case.number("profile")).unwrap();
        let stretched = profile.argon2id(case.text("password"), &case.bytes("argon2id_salt"));
        assert_eq!(stretched.as_slice(), case.bytes("stretched"));
        let (auth, unlock) =
            stretch(case.text("password"), &secret_key, AccountId(case.array("account")), profile);
        assert_eq!(auth.expose(), &case.array("auth_password"));
        assert_eq!(unlock.0.0.as_slice(), case.bytes("unlock_key"));
    }
}

#[test]
fn recovery_keys_and_what_follows_from_them() {
    for case in cases(include_str!("../tests/vectors/recovery-keys.json")) {
        let account = AccountId(case.array("account"));
        let key = RecoveryKey::from_words(case.text("words")).unwrap();
        assert_eq!(key.to_words().as_str(), case.text("words"));
        assert_eq!(key.expose(), &case.array("key"));
        assert_eq!(key.unlock_key(account).0.0.as_slice(), case.bytes("unlock_key"));
        assert_eq!(key.auth_password(account).expose(), &case.array("auth_password"));
    }
}

/// RFC 5869, appendix A.1 to A.3, through the one function that derives keys here.
#[test]
fn rfc_5869() {
    let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
    let run = |from: u8, to: u8| (from..=to).collect::<Vec<u8>>();
    let okm: [u8; 42] = *derive(&run(0, 0x0c), &[0x0b; 22], &run(0xf0, 0xf9), &[]);
    assert_eq!(
        okm.to_vec(),
        hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
    );
    let okm: [u8; 82] = *derive(&run(0x60, 0xaf), &run(0, 0x4f), &run(0xb0, 0xff), &[]);
    assert_eq!(
        okm.to_vec(),
        hex("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c\
             59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87")
    );
    let okm: [u8; 42] = *derive(b"", &[0x0b; 22], b"", &[]);
    assert_eq!(
        okm.to_vec(),
        hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")
    );
}
