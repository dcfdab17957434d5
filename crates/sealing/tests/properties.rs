//! Whatever is changed about an envelope, or about what it is asked for, it does not open.
//!
//! Each test counts what it tried and prints the count: at least 100,000 flipped bits and 100,000 swapped fields a run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;

use keymoor_protocol::envelope::{COMMITMENT_LEN, HEADER_LEN, SALT_LEN, TAG_LEN};
use keymoor_protocol::{AccountId, Class, Envelope, Header, VaultId};
use keymoor_sealing::{Context, OpenError, RootKey, VaultKey, open, seal};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};

/// A sealed text and everything that opens it.
struct Sealed {
    root: [u8; 32],
    context: Context,
    text: Vec<u8>,
    envelope: Envelope,
}

#[test]
fn every_flipped_bit_is_refused() {
    let refused = run("flipped bits", 40, sealed(), |sealed, count| {
        let (key, bytes) = (sealed.key(), sealed.envelope.as_bytes());
        for bit in 0..bytes.len() * 8 {
            let mut forged = bytes.to_vec();
            forged[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(open_bytes(&key, &sealed.context, forged.clone()), Err(OpenError), "bit {}", bit);
            count(part_of(bit / 8, bytes.len()));
            // A header that also matches what is asked for is refused by the key derivation.
            if let Ok(forged) = Envelope::try_from(forged)
                && bit < HEADER_LEN * 8
            {
                let asked = asked_for(forged.header(), &sealed.context);
                prop_assert_eq!(open(&key, &asked, &forged), Err(OpenError), "bit {}", bit);
                count("header, asked for as forged");
            }
        }
        Ok(())
    });
    assert!(refused.values().sum::<usize>() >= 100_000);
    assert_eq!(refused.len(), 6, "{refused:?}");
}

#[test]
fn every_swapped_field_is_refused() {
    let refused = run("swapped fields", 20_000, (sealed(), sealed()), |(one, other), count| {
        let key = one.key();
        for (field, swapped) in swaps(&one.context, &other.context) {
            if swapped == one.context {
                continue;
            }
            prop_assert_eq!(open(&key, &swapped, &one.envelope), Err(OpenError), "{}", field);
            // The same envelope, its open header rewritten to what is asked for.
            let header = Header {
                class: swapped.class,
                id: swapped.id,
                version: swapped.version,
                epoch: swapped.epoch,
                schema: one.envelope.header().schema,
            };
            let forged = [header.encode().as_slice(), &one.envelope.as_bytes()[HEADER_LEN..]].concat();
            prop_assert_eq!(open_bytes(&key, &swapped, forged), Err(OpenError), "{}", field);
            count(field);
        }
        prop_assert_eq!(open(&other.key(), &one.context, &one.envelope), Err(OpenError));
        count("key");
        Ok(())
    });
    assert!(refused.values().sum::<usize>() >= 100_000);
    assert_eq!(refused.len(), 7, "{refused:?}");
}

/// Salt, commitment, ciphertext and tag of two envelopes of one key and one context do not mix.
#[test]
fn every_part_of_a_sibling_is_refused() {
    let refused = run("parts of a sibling", 4_000, sealed(), |sealed, count| {
        let key = sealed.key();
        let schema = sealed.envelope.header().schema;
        let sibling = seal(&key, &sealed.context, schema, &sealed.text).unwrap();
        let (own, foreign) = (sealed.envelope.as_bytes(), sibling.as_bytes());
        let tag = own.len() - TAG_LEN;
        let (salt, commitment) = (HEADER_LEN + SALT_LEN, HEADER_LEN + SALT_LEN + COMMITMENT_LEN);
        for part in
            [HEADER_LEN..salt, salt..commitment, commitment..tag, tag..own.len(), HEADER_LEN..commitment]
        {
            let mut mixed = own.to_vec();
            mixed[part.clone()].copy_from_slice(&foreign[part.clone()]);
            prop_assert_eq!(open_bytes(&key, &sealed.context, mixed), Err(OpenError), "{:?}", part);
            count(if part.end == commitment && part.start == HEADER_LEN {
                "salt and commitment"
            } else {
                part_of(part.start, own.len())
            });
        }
        Ok(())
    });
    assert_eq!(refused.len(), 5, "{refused:?}");
}

#[test]
fn every_cut_and_every_tail_is_refused() {
    let refused = run("cuts and tails", 40, (sealed(), any::<[u8; 512]>()), |(sealed, tail), count| {
        let (key, bytes) = (sealed.key(), sealed.envelope.as_bytes());
        for length in 0..bytes.len() {
            prop_assert_eq!(open_bytes(&key, &sealed.context, bytes[..length].to_vec()), Err(OpenError));
            prop_assert_eq!(open_bytes(&key, &sealed.context, bytes[length + 1..].to_vec()), Err(OpenError));
            count("cut");
        }
        for length in 1..=tail.len() {
            for tail in [&tail[..length], &[0; 512][..length]] {
                prop_assert_eq!(open_bytes(&key, &sealed.context, [bytes, tail].concat()), Err(OpenError));
                count("tail");
            }
        }
        Ok(())
    });
    assert_eq!(refused.len(), 2, "{refused:?}");
}

impl Sealed {
    fn key(&self) -> VaultKey {
        RootKey::from_bytes(self.context.epoch, self.root).vault_key(self.context.vault)
    }
}

impl Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "root {:?}, {:?}, {} bytes", self.root, self.context, self.text.len())
    }
}

/// Random sealed texts of 0 to 600 bytes. Each is first shown to open, so that a refusal means something.
fn sealed() -> impl Strategy<Value = Sealed> {
    let ids = any::<([u8; 16], [u8; 16], [u8; 16])>();
    let numbers = any::<(u64, u32, u16)>();
    let text = (any::<u8>(), 0usize..=600).prop_map(|(byte, length)| vec![byte; length]);
    (any::<[u8; 32]>(), ids, 1u8..=8, numbers, text).prop_map(|(root, ids, class, numbers, text)| {
        let ((account, vault, id), (version, epoch, schema)) = (ids, numbers);
        let (account, vault) = (AccountId(account), VaultId(vault));
        let context = Context { account, vault, class: class.try_into().unwrap(), id, version, epoch };
        let key = RootKey::from_bytes(epoch, root).vault_key(vault);
        let envelope = seal(&key, &context, schema, &text).unwrap();
        assert_eq!(open(&key, &context, &envelope).as_deref(), Ok(&text));
        Sealed { root, context, text, envelope }
    })
}

/// Runs `case` on random values of `strategy`, and gives how often it counted what.
fn run<T: Debug>(
    what: &str,
    cases: u32,
    strategy: impl Strategy<Value = T>,
    case: impl Fn(&T, &dyn Fn(&'static str)) -> TestCaseResult,
) -> BTreeMap<&'static str, usize> {
    let counts = RefCell::new(BTreeMap::new());
    let count = |name| *counts.borrow_mut().entry(name).or_insert(0) += 1;
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&strategy, |value| case(&value, &count));
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    let counts = counts.into_inner();
    println!("{what}: {} refused, none opened {counts:?}", counts.values().sum::<usize>());
    counts
}

fn open_bytes(key: &VaultKey, context: &Context, bytes: Vec<u8>) -> Result<Vec<u8>, OpenError> {
    let envelope = Envelope::try_from(bytes).map_err(|_| OpenError)?;
    open(key, context, &envelope).map(|text| text.to_vec())
}

/// `one` with each of its fields in turn taken from `other`.
fn swaps(one: &Context, other: &Context) -> [(&'static str, Context); 6] {
    [
        ("account", Context { account: other.account, ..*one }),
        ("vault", Context { vault: other.vault, ..*one }),
        ("class", Context { class: other.class, ..*one }),
        ("id", Context { id: other.id, ..*one }),
        ("version", Context { version: other.version, ..*one }),
        ("epoch", Context { epoch: other.epoch, ..*one }),
    ]
}

fn asked_for(header: &Header, context: &Context) -> Context {
    let Header { class, id, version, epoch, .. } = *header;
    Context { class, id, version, epoch, ..*context }
}

fn part_of(at: usize, length: usize) -> &'static str {
    const SALT: usize = HEADER_LEN + SALT_LEN;
    const COMMITMENT: usize = SALT + COMMITMENT_LEN;
    match at {
        0..HEADER_LEN => "header",
        HEADER_LEN..SALT => "salt",
        SALT..COMMITMENT => "commitment",
        at if at < length - TAG_LEN => "ciphertext",
        _ => "tag",
    }
}

/// The strategy above draws from all classes there are.
#[test]
fn eight_classes() {
    assert!((1..=8).all(|class| Class::try_from(class).is_ok()));
    assert!([0, 9, 255].into_iter().all(|class| Class::try_from(class).is_err()));
}
