//! The keys document as bytes: the root key wrapped for its owner, and what belongs to it.
//!
//! `magic "KMK1" | account 16 | vault 16 | version u64 | epoch u32 | u8 × wraps (kind u8 | profile u8 | sized envelope) |
//! sized envelope of the Secret Key | u16 × previous root keys (epoch u32 | sized envelope) | sized more | HMAC-SHA256 32`.
//! The HMAC is taken by `sealing` over everything before it, under a key derived from the root key.
//!
//! All devices of an account share the document, old versions and new: a wrap of a kind that is not known here, and what
//! later versions put into `more`, are carried along and written again.

use std::fmt;

use crate::bytes::{Malformed, Reader, Writer};
use crate::envelope::Envelope;
use crate::ids::{AccountId, VaultId};

const MAGIC: &[u8; 4] = b"KMK1";

/// Whose key a root key is wrapped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrapKind {
    /// The unlock key, from password and Secret Key.
    Password,
    /// The recovery key.
    Recovery,
    /// A key that this version does not know.
    Other(u8),
}

impl WrapKind {
    /// As it stands in the document.
    pub fn number(self) -> u8 {
        match self {
            Self::Password => 1,
            Self::Recovery => 2,
            Self::Other(number) => number,
        }
    }

    fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Password,
            2 => Self::Recovery,
            number => Self::Other(number),
        }
    }
}

/// One wrapped root key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrap {
    /// By whose key.
    pub kind: WrapKind,
    /// The Argon2id profile that made the key; 0 where none did.
    pub profile: u8,
    /// The envelope with the root key; of an unknown kind, whatever that holds.
    pub sealed: Vec<u8>,
}

/// The keys document. Everybody may read it, only a device that opens a wrap can tell whether it is genuine.
#[derive(Clone, PartialEq, Eq)]
pub struct KeysDocument {
    /// Whose.
    pub account: AccountId,
    /// The account's vault.
    pub vault: VaultId,
    /// 1, 2, 3 …: which document this is.
    pub version: u64,
    /// The root key's epoch.
    pub epoch: u32,
    /// The root key, wrapped.
    pub wraps: Vec<Wrap>,
    /// The Secret Key, sealed under the root key.
    pub secret_key: Envelope,
    /// Earlier root keys with their epochs, sealed under the newest.
    pub previous: Vec<(u32, Envelope)>,
    /// What a later version keeps here.
    pub more: Vec<u8>,
    /// HMAC-SHA256 over all of the above.
    pub mac: [u8; 32],
}

impl KeysDocument {
    /// The bytes that the HMAC covers.
    pub fn authenticated_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(MAGIC)
            .raw(&self.account.0)
            .raw(&self.vault.0)
            .u64(self.version)
            .u32(self.epoch)
            .u8(self.wraps.len() as u8);
        for wrap in &self.wraps {
            writer = writer.u8(wrap.kind.number()).u8(wrap.profile).sized(&wrap.sealed);
        }
        writer = writer.sized(self.secret_key.as_bytes()).u16(self.previous.len() as u16);
        for (epoch, envelope) in &self.previous {
            writer = writer.u32(*epoch).sized(envelope.as_bytes());
        }
        writer.sized(&self.more).finish()
    }

    /// The whole document.
    pub fn encode(&self) -> Vec<u8> {
        Writer::new(&self.authenticated_bytes()).raw(&self.mac).finish()
    }

    /// Reads what [`KeysDocument::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, MAGIC)?;
        let (account, vault) = (AccountId(reader.array()?), VaultId(reader.array()?));
        let (version, epoch) = (reader.u64()?, reader.u32()?);
        let mut wraps = Vec::new();
        for _ in 0..reader.u8()? {
            let (kind, profile) = (WrapKind::from_number(reader.u8()?), reader.u8()?);
            wraps.push(Wrap { kind, profile, sealed: reader.sized()?.to_vec() });
        }
        let secret_key = reader.sized()?.to_vec().try_into()?;
        let mut previous = Vec::new();
        for _ in 0..reader.u16()? {
            previous.push((reader.u32()?, reader.sized()?.to_vec().try_into()?));
        }
        let more = reader.sized()?.to_vec();
        let mac = reader.array()?;
        reader.end()?;
        Ok(Self { account, vault, version, epoch, wraps, secret_key, previous, more, mac })
    }
}

impl TryFrom<Vec<u8>> for KeysDocument {
    type Error = Malformed;

    fn try_from(bytes: Vec<u8>) -> Result<Self, Malformed> {
        Self::decode(&bytes)
    }
}

impl fmt::Debug for KeysDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeysDocument(account {}, version {}, epoch {})", self.account, self.version, self.epoch)
    }
}
