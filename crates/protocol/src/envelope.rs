//! Envelope v1 as bytes: what a sealed text looks like from outside.
//!
//! `magic "KMR1" | suite u8 | class u8 | id 16 | version u64 | epoch u32 | schema u16 | salt 32 | commitment 32 |
//! ciphertext | tag 16`, integers big-endian. Sealing and opening are the business of the crate `sealing`.

use std::fmt;

use crate::bytes::{Malformed, Reader, Writer};
use crate::ids::RecordId;

/// The first four bytes of every envelope.
pub const MAGIC: &[u8; 4] = b"KMR1";
/// HKDF-SHA256 and AES-256-GCM with key commitment; the only suite of security version 1.
pub const SUITE: u8 = 1;
/// Bytes of the header: everything up to the salt.
pub const HEADER_LEN: usize = 36;
/// Bytes of the salt.
pub const SALT_LEN: usize = 32;
/// Bytes of the key commitment.
pub const COMMITMENT_LEN: usize = 32;
/// Bytes of the AES-GCM tag.
pub const TAG_LEN: usize = 16;
/// Bytes that an envelope adds to its padded plaintext.
pub const OVERHEAD: usize = HEADER_LEN + SALT_LEN + COMMITMENT_LEN + TAG_LEN;

/// What an envelope holds. A text sealed as one class never opens as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// A credential's name, provider, labels, note and open fields: what a list shows.
    Meta = 1,
    /// A credential's secret fields.
    Secret = 2,
    /// The root key, wrapped by the unlock key or by the recovery key.
    RootKeyWrap = 3,
    /// An earlier epoch's root key, sealed under the newest.
    PreviousRootKey = 4,
    /// The Secret Key, sealed under the newest root key.
    SecretKey = 5,
    /// A device's name and what changes by itself on it.
    Device = 6,
    /// A stretch of one device's activity.
    Activity = 7,
    /// A backup file.
    Backup = 8,
}

impl TryFrom<u8> for Class {
    type Error = Malformed;

    fn try_from(byte: u8) -> Result<Self, Malformed> {
        use Class::*;
        [Meta, Secret, RootKeyWrap, PreviousRootKey, SecretKey, Device, Activity, Backup]
            .into_iter()
            .find(|class| *class as u8 == byte)
            .ok_or(Malformed)
    }
}

/// The open front of an envelope, which is part of the key derivation and so cannot be changed unnoticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What it holds.
    pub class: Class,
    /// The record, or whatever 16 bytes the class puts here.
    pub id: [u8; 16],
    /// The record's version, or whatever number the class puts here.
    pub version: u64,
    /// The epoch of the root key.
    pub epoch: u32,
    /// The payload's schema.
    pub schema: u16,
}

impl Header {
    /// The header's bytes: magic, suite, class, id, version, epoch, schema.
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let bytes = Writer::new(MAGIC)
            .u8(SUITE)
            .u8(self.class as u8)
            .raw(&self.id)
            .u64(self.version)
            .u32(self.epoch)
            .u16(self.schema)
            .finish();
        let mut header = [0; HEADER_LEN];
        header.copy_from_slice(&bytes);
        header
    }
}

/// A sealed text, well-formed on the outside: magic, suite and class are known and no part is missing.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    header: Header,
    bytes: Vec<u8>,
}

impl Envelope {
    /// Puts the parts together.
    pub fn new(
        header: Header,
        salt: &[u8; SALT_LEN],
        commitment: &[u8; COMMITMENT_LEN],
        ciphertext_and_tag: &[u8],
    ) -> Self {
        let mut bytes = Vec::with_capacity(OVERHEAD + ciphertext_and_tag.len());
        bytes.extend_from_slice(&header.encode());
        bytes.extend_from_slice(salt);
        bytes.extend_from_slice(commitment);
        bytes.extend_from_slice(ciphertext_and_tag);
        Self { header, bytes }
    }

    /// The header as it claims to be; `sealing` compares it with what was asked for.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The HKDF salt.
    pub fn salt(&self) -> &[u8] {
        &self.bytes[HEADER_LEN..HEADER_LEN + SALT_LEN]
    }

    /// The key commitment.
    pub fn commitment(&self) -> &[u8] {
        &self.bytes[HEADER_LEN + SALT_LEN..HEADER_LEN + SALT_LEN + COMMITMENT_LEN]
    }

    /// Ciphertext and tag.
    pub fn sealed(&self) -> &[u8] {
        &self.bytes[HEADER_LEN + SALT_LEN + COMMITMENT_LEN..]
    }

    /// The whole envelope.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether this is an envelope of `class` for `record`.
    pub fn is(&self, class: Class, record: RecordId) -> bool {
        self.header.class == class && self.header.id == record.0
    }
}

impl TryFrom<Vec<u8>> for Envelope {
    type Error = Malformed;

    fn try_from(bytes: Vec<u8>) -> Result<Self, Malformed> {
        if bytes.len() < OVERHEAD {
            return Err(Malformed);
        }
        let mut reader = Reader::new(&bytes, MAGIC)?;
        if reader.u8()? != SUITE {
            return Err(Malformed);
        }
        let header = Header {
            class: reader.u8()?.try_into()?,
            id: reader.array()?,
            version: reader.u64()?,
            epoch: reader.u32()?,
            schema: reader.u16()?,
        };
        Ok(Self { header, bytes })
    }
}

impl AsRef<[u8]> for Envelope {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Envelope({:?}, {} bytes)", self.header, self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope() -> Envelope {
        let header = Header { class: Class::Meta, id: [7; 16], version: 3, epoch: 1, schema: 1 };
        Envelope::new(header, &[1; 32], &[2; 32], &[3; 16 + 256])
    }

    #[test]
    fn parts_come_back() {
        let made = envelope();
        let read = Envelope::try_from(made.as_bytes().to_vec()).unwrap();
        assert_eq!(read, made);
        assert_eq!((read.salt(), read.commitment()), ([1; 32].as_slice(), [2; 32].as_slice()));
        assert_eq!(read.sealed().len(), 272);
    }

    #[test]
    fn another_magic_suite_or_class_and_a_cut_are_refused() {
        for (at, byte) in [(0, b'X'), (4, 2), (5, 0), (5, 9)] {
            let mut bytes = envelope().as_bytes().to_vec();
            bytes[at] = byte;
            assert_eq!(Envelope::try_from(bytes), Err(Malformed), "byte {at} = {byte}");
        }
        assert!(Envelope::try_from(envelope().as_bytes()[..OVERHEAD - 1].to_vec()).is_err());
    }
}
