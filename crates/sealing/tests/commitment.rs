//! AES-GCM alone does not say under which key a text opens; an envelope does.
//!
//! Here a single ciphertext with a single tag is made that plain AES-GCM accepts under two keys, padding and all. In an
//! envelope it opens under the one key whose commitment it carries, and never under the other: without this a server
//! could learn by trial which of many keys (passwords) a device has.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::aes::Aes256;
use aes_gcm::aes::cipher::BlockCipherEncrypt as _;
use aes_gcm::{Aes256Gcm, Nonce};
use hkdf::Hkdf;
use keymoor_protocol::{AccountId, Class, Envelope, Header, VaultId};
use keymoor_sealing::{Context, OpenError, RootKey, open};
use sha2::Sha256;

const EPOCH: u32 = 1;
const CONTEXT: Context = Context {
    account: AccountId([1; 16]),
    vault: VaultId([2; 16]),
    class: Class::Secret,
    id: [3; 16],
    version: 4,
    epoch: EPOCH,
};
const HEADER: Header = Header { class: Class::Secret, id: [3; 16], version: 4, epoch: EPOCH, schema: 1 };

/// Blocks of 16 bytes in the smallest padded text; which of them the forger gives up to make the tags meet.
const BLOCKS: usize = 16;
const FREE: usize = 7;

#[test]
fn a_text_for_two_keys_opens_only_under_the_one_committed_to() {
    let (a, b) = (RootKey::from_bytes(EPOCH, [0xAA; 32]), RootKey::from_bytes(EPOCH, [0xBB; 32]));
    let (key_a, key_b) = (a.vault_key(CONTEXT.vault), b.vault_key(CONTEXT.vault));

    // With one salt in 256 the last byte is the padding's 0x80 under both.
    let (salt, under_a, under_b) = (0u32..)
        .map(|n| [n.to_be_bytes(); 8].concat().try_into().unwrap())
        .map(|salt: [u8; 32]| (salt, Once::derive(&a, &salt), Once::derive(&b, &salt)))
        .find(|(_, a, b)| (a.stream(BLOCKS - 1) ^ b.stream(BLOCKS - 1)) & 0xFF == 0)
        .unwrap();
    let sealed = collide(&under_a, &under_b);

    for once in [&under_a, &under_b] {
        let text = once.gcm().decrypt(&once.nonce(), sealed.as_slice()).unwrap();
        assert!(matches!(text.iter().rposition(|byte| *byte != 0), Some(at) if text[at] == 0x80));
    }
    let carrying = |once: &Once| Envelope::new(HEADER, &salt, &once.commitment, &sealed);
    assert!(open(&key_a, &CONTEXT, &carrying(&under_a)).is_ok());
    assert_eq!(open(&key_b, &CONTEXT, &carrying(&under_a)), Err(OpenError));
    assert!(open(&key_b, &CONTEXT, &carrying(&under_b)).is_ok());
    assert_eq!(open(&key_a, &CONTEXT, &carrying(&under_b)), Err(OpenError));
}

/// What HKDF gives for one envelope, derived here from the written format.
struct Once {
    key: [u8; 32],
    nonce: [u8; 12],
    commitment: [u8; 32],
}

impl Once {
    fn derive(root: &RootKey, salt: &[u8; 32]) -> Self {
        let sized = |part: &[u8]| [&(part.len() as u32).to_be_bytes(), part].concat();
        let mut vault_key = [0; 32];
        let info =
            [b"keymoor/v1/vault".to_vec(), sized(&CONTEXT.vault.0), sized(&EPOCH.to_be_bytes())].concat();
        Hkdf::<Sha256>::new(None, root.expose()).expand(&info, &mut vault_key).unwrap();
        let mut okm = [0; 76];
        let info = [
            b"keymoor/v1/envelope".to_vec(),
            sized(&CONTEXT.account.0),
            sized(&CONTEXT.vault.0),
            sized(&HEADER.encode()),
        ];
        Hkdf::<Sha256>::new(Some(salt), &vault_key).expand(&info.concat(), &mut okm).unwrap();
        let (key, rest) = okm.split_first_chunk().unwrap();
        let (nonce, commitment) = rest.split_first_chunk().unwrap();
        Self { key: *key, nonce: *nonce, commitment: commitment.try_into().unwrap() }
    }

    fn gcm(&self) -> Aes256Gcm {
        Aes256Gcm::new((&self.key).into())
    }

    fn nonce(&self) -> Nonce<aes_gcm::aead::consts::U12> {
        self.nonce.into()
    }

    fn block(&self, input: u128) -> u128 {
        let mut block = input.to_be_bytes().into();
        Aes256::new((&self.key).into()).encrypt_block(&mut block);
        u128::from_be_bytes(block.into())
    }

    /// AES of the nonce and a counter; GCM's masks the tag with counter 1.
    fn counter(&self, n: u32) -> u128 {
        let mut input = [0; 16];
        input[..12].copy_from_slice(&self.nonce);
        input[12..].copy_from_slice(&n.to_be_bytes());
        self.block(u128::from_be_bytes(input))
    }

    /// The key stream of a block of text.
    fn stream(&self, block: usize) -> u128 {
        self.counter(block as u32 + 2)
    }

    /// What a ciphertext block is multiplied with in the tag.
    fn weight(&self, block: usize) -> u128 {
        power(self.block(0), BLOCKS + 1 - block)
    }

    fn tag(&self, blocks: &[u128; BLOCKS]) -> u128 {
        let length = mul(BLOCKS as u128 * 128, self.block(0));
        let sum = (0..BLOCKS).fold(length, |sum, at| sum ^ mul(blocks[at], self.weight(at)));
        sum ^ self.counter(1)
    }
}

/// A ciphertext, and the tag that it has under both keys: the tags are linear in the free block, so one division finds it.
fn collide(a: &Once, b: &Once) -> Vec<u8> {
    let mut blocks: [u128; BLOCKS] = std::array::from_fn(|at| a.stream(at));
    blocks[BLOCKS - 1] ^= 0x80;
    blocks[FREE] = 0;
    let difference = a.tag(&blocks) ^ b.tag(&blocks);
    blocks[FREE] = mul(difference, inverse(a.weight(FREE) ^ b.weight(FREE)));
    assert_eq!(a.tag(&blocks), b.tag(&blocks));
    blocks.iter().chain([&a.tag(&blocks)]).flat_map(|block| block.to_be_bytes()).collect()
}

/// Multiplication in GCM's field, whose first coefficient is the highest bit.
fn mul(x: u128, mut y: u128) -> u128 {
    let mut product = 0;
    for at in (0..128).rev() {
        product ^= if x >> at & 1 == 1 { y } else { 0 };
        y = (y >> 1) ^ if y & 1 == 1 { 0xE1 << 120 } else { 0 };
    }
    product
}

fn power(x: u128, n: usize) -> u128 {
    (0..n).fold(1 << 127, |product, _| mul(product, x))
}

/// x to the power of 2^128 - 2.
fn inverse(x: u128) -> u128 {
    let mut square = x;
    (1..128).fold(1 << 127, |product, _| {
        square = mul(square, square);
        mul(product, square)
    })
}
