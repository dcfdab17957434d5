//! The golden vectors from outside: what they hold comes out with the right key and context, and only then.
//! `src/golden.rs` looks at them from the inside; `tests/vectors/README.md` says how they were made.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use keymoor_protocol::keys::WrapKind;
use keymoor_protocol::state::{Buckets, Entry, StateHash};
use keymoor_protocol::{
    AccountId, Change, Class, Commit, DeviceId, Digest, Envelope, Head, KeysDocument, Kind, Record, RecordId,
    SignedCommit, Tag, VaultId,
};
use keymoor_sealing::commit::{NotAuthentic, sign, verify};
use keymoor_sealing::keys::stretch;
use keymoor_sealing::{
    AuthPassword, Context, OpenError, Profile, RecoveryKey, RootKey, SecretKey, document, open,
};

#[path = "vectors/reader.rs"]
mod vectors;

use vectors::{Vector, case, cases};

#[test]
fn envelopes_open_as_what_they_are_and_as_nothing_else() {
    let cases = cases(include_str!("vectors/envelopes.json"));
    let classes = cases.iter().map(|case| case.number::<u8>("class"));
    assert_eq!(classes.collect::<std::collections::BTreeSet<_>>(), [1, 2, 6, 7, 8].into());
    for case in &cases {
        let epoch = case.number("epoch");
        let is = Context {
            account: AccountId(case.array("account")),
            vault: VaultId(case.array("vault")),
            class: Class::try_from(case.number::<u8>("class")).unwrap(),
            id: case.array("id"),
            version: case.number("version"),
            epoch,
        };
        let root = RootKey::from_bytes(epoch, case.array("root_key"));
        let key = root.vault_key(is.vault);
        let envelope = Envelope::try_from(case.bytes("envelope")).unwrap();
        assert_eq!(envelope.header().schema, case.number::<u16>("schema"));
        assert_eq!(open(&key, &is, &envelope).unwrap().as_slice(), case.text("text").as_bytes());
        for other in [
            Context { account: AccountId([1; 16]), ..is },
            Context { vault: VaultId([1; 16]), ..is },
            Context { class: if is.class == Class::Meta { Class::Secret } else { Class::Meta }, ..is },
            Context { id: [1; 16], ..is },
            Context { version: is.version + 1, ..is },
            Context { epoch: epoch + 1, ..is },
        ] {
            assert_eq!(open(&key, &other, &envelope), Err(OpenError), "{other:?}");
        }
        for other in [
            root.vault_key(VaultId([1; 16])),
            RootKey::from_bytes(epoch + 1, *root.expose()).vault_key(is.vault),
            RootKey::from_bytes(epoch, [1; 32]).vault_key(is.vault),
        ] {
            assert_eq!(open(&other, &is, &envelope), Err(OpenError));
        }
    }
}

#[test]
fn records_and_their_digests() {
    for case in cases(include_str!("vectors/records.json")) {
        let record = Record::decode(&case.bytes("bytes")).unwrap();
        assert_eq!(entry(&case), entry_of(&record));
        assert!(record.is_consistent());
        assert_eq!(record.encode(), case.bytes("bytes"));
    }
}

#[test]
fn the_state_hash() {
    let entries: Vec<Entry> = cases(include_str!("vectors/records.json")).iter().map(entry).collect();
    let case = case(include_str!("vectors/state.json"));
    assert_eq!(Buckets::default().state(), StateHash(case.array("empty")));
    let buckets = Buckets::of(entries);
    assert_eq!(buckets.state(), StateHash(case.array("state")));
    let hex = |hash: &[u8; 32]| serde_json::Value::from(data_encoding::HEXLOWER.encode(hash));
    let filled = (0..256).filter(|at| buckets.0[*at] != [0; 32]);
    let filled = filled.map(|at| (format!("{at:02x}"), hex(&buckets.0[at]))).collect();
    assert_eq!(&serde_json::Value::Object(filled), case.value("buckets"));
}

#[test]
fn commits_their_tags_and_heads() {
    for case in cases(include_str!("vectors/commits.json")) {
        let commit = Commit {
            vault: VaultId(case.array("vault")),
            seq: case.number("seq"),
            parent: Head(case.array("parent")),
            device: DeviceId(case.array("device")),
            epoch: case.number("epoch"),
            document_version: case.number("document_version"),
            written_at: case.number("written_at"),
            changes: case.list("changes").iter().map(change).collect(),
            state: StateHash(case.array("state")),
        };
        let root = RootKey::from_bytes(commit.epoch, case.array("root_key"));
        let signed = sign(&root, &commit);
        assert_eq!(signed, SignedCommit { bytes: case.bytes("bytes"), tag: Tag(case.array("tag")) });
        assert_eq!(signed.head(), Head(case.array("head")));
        assert_eq!(verify(&root, &signed), Ok(commit));
        assert_eq!(verify(&RootKey::from_bytes(3, [1; 32]), &signed), Err(NotAuthentic));
    }
}

#[test]
fn keys_documents_open_by_password_and_by_words() {
    let password = &cases(include_str!("vectors/passwords.json"))[0];
    let words = &cases(include_str!("vectors/recovery-keys.json"))[3];
    for case in cases(include_str!("vectors/documents.json")) {
        let account = AccountId(case.array("account"));
        let document = KeysDocument::decode(&case.bytes("bytes")).unwrap();
        assert_eq!(document.encode(), case.bytes("bytes"));
        assert_eq!((document.account, document.vault), (account, VaultId(case.array("vault"))));
        assert_eq!((document.version, document.epoch), (case.number("version"), case.number("epoch")));
        assert_eq!((document.mac, document.wraps.len()), (case.array("mac"), case.list("wraps").len()));

        let secret_key = SecretKey::from_bytes(password.array("secret_key"));
        let by_password = stretch(password.text("password"), &secret_key, account, Profile::One).1;
        let by_words = RecoveryKey::from_words(words.text("words")).unwrap().unlock_key(account);
        let root = document::unlock(&document, account, WrapKind::Password, &by_password).unwrap();
        assert_eq!((root.expose(), root.epoch()), (&case.array("root_key"), case.number("epoch")));
        let recovered = document::unlock(&document, account, WrapKind::Recovery, &by_words);
        assert_eq!(recovered.is_ok(), document.wraps.len() == 2);
        assert!(recovered.is_err() || recovered.is_ok_and(|again| again.expose() == root.expose()));

        let custody = document::custody(&document, &root).unwrap();
        assert_eq!(custody.secret_key.expose(), &case.array("secret_key"));
        let auth = custody.recovery_auth.as_ref().map_or(&[][..], |auth: &AuthPassword| auth.expose());
        assert_eq!(auth, case.bytes("recovery_auth"));
        let previous: Vec<_> = custody.previous.iter().map(|key| (key.epoch(), *key.expose())).collect();
        let expected = case.list("previous");
        let expected: Vec<_> =
            expected.iter().map(|case| (case.number("epoch"), case.array("root_key"))).collect();
        assert_eq!(previous, expected);
    }
}

#[test]
fn secret_keys_as_text() {
    for case in cases(include_str!("vectors/secret-keys.json")) {
        assert_eq!(SecretKey::from_bytes(case.array("key")).to_text().as_str(), case.text("text"));
        assert_eq!(SecretKey::from_text(case.text("text")).unwrap().expose(), &case.array("key"));
    }
}

fn entry(case: &Vector) -> Entry {
    Entry {
        record: RecordId(case.array("id")),
        version: case.number("version"),
        digest: Digest(case.array("digest")),
        deleted: case.value("deleted").as_bool().unwrap(),
    }
}

fn entry_of(record: &Record) -> Entry {
    Entry { record: record.id, version: record.version, digest: record.digest(), deleted: record.deleted }
}

fn change(case: &Vector) -> Change {
    Change {
        record: RecordId(case.array("record")),
        version: case.number("version"),
        digest: Digest(case.array("digest")),
        kind: [Kind::Live, Kind::Deleted, Kind::Forgotten][case.number::<usize>("kind") - 1],
    }
}
