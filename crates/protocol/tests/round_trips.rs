//! Whatever is written is read again, nothing that is read panics, and one content has exactly one encoding: bytes that
//! decode at all are the bytes that their content encodes to. Hashes and tags over them are unambiguous by this.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Debug;

use keymoor_protocol::bytes::{Malformed, Reader, Writer};
use keymoor_protocol::state::StateHash;
use keymoor_protocol::{
    Commit, DeviceId, Envelope, Head, KeysDocument, Record, SignedCommit, Tag, VaultId, base64url,
};
use proptest::collection::vec;
use proptest::prelude::*;

#[path = "round_trips/values.rs"]
mod values;

use values::{commit, document, envelope, record};

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn layouts(parts in vec(part(), 0..12), magic in vec(any::<u8>(), 0..5)) {
        let bytes = parts.iter().fold(Writer::new(&magic), |writer, part| part.write(writer)).finish();
        let mut reader = Reader::new(&bytes, &magic).unwrap();
        for part in &parts {
            prop_assert_eq!(&part.read(&mut reader)?, part);
        }
        prop_assert_eq!(reader.end(), Ok(()));
    }

    /// Reading bytes as anything fails or takes what was there, never more.
    #[test]
    fn layouts_of_random_bytes(bytes in vec(any::<u8>(), 0..64), parts in vec(part(), 1..8)) {
        let mut reader = Reader::new(&bytes, b"").unwrap();
        for part in &parts {
            let left = reader.rest().len();
            match part.read(&mut reader) {
                Ok(read) => prop_assert_eq!(reader.rest().len() + read.write(Writer::default()).finish().len(), left),
                Err(Malformed) => break,
            }
        }
    }

    #[test]
    fn envelopes(made in envelope(), damage in damage()) {
        coded(&made, Envelope::as_bytes(&made).to_vec(), |bytes| Envelope::try_from(bytes.to_vec()), |e| e.as_bytes().to_vec(), &damage)?;
        // The header is the front of the bytes, also in an envelope that was read.
        let read = Envelope::try_from(made.as_bytes().to_vec()).unwrap();
        prop_assert_eq!(&read.header().encode(), &read.as_bytes()[..36]);
        prop_assert_eq!(Envelope::new(*read.header(), read.salt().try_into().unwrap(), read.commitment().try_into().unwrap(), read.sealed()), made);
    }

    #[test]
    fn records(made in record(), damage in damage()) {
        coded(&made, made.encode(), Record::decode, Record::encode, &damage)?;
        let json = serde_json::to_string(&made).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Record>(&json).unwrap(), &made);
        // As an owned value the same is read: no text is borrowed.
        prop_assert_eq!(&serde_json::from_value::<Record>(serde_json::to_value(&made).unwrap()).unwrap(), &made);
    }

    #[test]
    fn commits(made in commit(), damage in damage()) {
        coded(&made, made.encode(), Commit::decode, Commit::encode, &damage)?;
    }

    #[test]
    fn signed_commits_in_json(commit in commit(), tag in any::<[u8; 32]>()) {
        let made = SignedCommit { bytes: commit.encode(), tag: Tag(tag) };
        let read: SignedCommit = serde_json::from_str(&serde_json::to_string(&made).unwrap()).unwrap();
        prop_assert_eq!(read.head(), made.head());
        prop_assert_eq!(read.commit(), Ok(commit));
        prop_assert_eq!(read, made);
    }

    #[test]
    fn keys_documents(made in document(), damage in damage()) {
        coded(&made, made.encode(), KeysDocument::decode, KeysDocument::encode, &damage)?;
        prop_assert_eq!(made.encode(), [made.authenticated_bytes(), made.mac.to_vec()].concat());
    }

    #[test]
    fn base64url_text(bytes in vec(any::<u8>(), 0..80), text in "[A-Za-z0-9_+/= \n-]{0,40}") {
        prop_assert_eq!(base64url::decode(&base64url::encode(&bytes)), Ok(bytes));
        if let Ok(bytes) = base64url::decode(&text) {
            prop_assert_eq!(base64url::encode(&bytes), text);
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..400), magic in 0usize..5) {
        let magic: &[u8] = [&b"KMR1\x01\x01"[..], b"KMB1", b"KMC1", b"KMK1", b""][magic];
        only_one_encoding(&[magic, &bytes].concat())?;
    }
}

/// Counts are read from the wire: a huge one fails when the bytes run out, without first asking for the memory.
#[test]
fn a_huge_count_is_malformed() {
    let mut commit = Commit::decode(&empty_commit().encode()).unwrap().encode();
    let count = commit.len() - 36;
    commit[count..count + 4].copy_from_slice(&[0xFF; 4]);
    assert_eq!(Commit::decode(&commit), Err(Malformed));
    assert_eq!(Reader::new(&[0xFF; 4], b"").unwrap().sized(), Err(Malformed));
}

/// The value comes back from its bytes, and whatever becomes of damaged bytes has one encoding.
fn coded<T: PartialEq + Debug>(
    made: &T,
    bytes: Vec<u8>,
    decode: impl Fn(&[u8]) -> Result<T, Malformed>,
    encode: impl Fn(&T) -> Vec<u8>,
    damage: &[Damage],
) -> Result<(), TestCaseError> {
    let read = decode(&bytes);
    prop_assert_eq!(read.as_ref(), Ok(made));
    prop_assert_eq!(&encode(&read.unwrap()), &bytes);
    for length in 0..bytes.len() {
        // An envelope is the one thing without an end of its own: cut short enough to keep its parts, it is another.
        if let Ok(cut) = decode(&bytes[..length]) {
            prop_assert!(&cut != made && encode(&cut) == bytes[..length]);
        }
    }
    only_one_encoding(&damage.iter().fold(bytes, |bytes, damage| damage.applied(bytes)))
}

fn only_one_encoding(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(envelope) = Envelope::try_from(bytes.to_vec()) {
        prop_assert_eq!(envelope.as_bytes(), bytes);
        prop_assert_eq!(&envelope.header().encode(), &bytes[..36]);
    }
    if let Ok(record) = Record::decode(bytes) {
        prop_assert_eq!(record.encode(), bytes);
    }
    if let Ok(commit) = Commit::decode(bytes) {
        prop_assert_eq!(commit.encode(), bytes);
    }
    if let Ok(document) = KeysDocument::decode(bytes) {
        prop_assert_eq!(document.encode(), bytes);
    }
    Ok(())
}

/// One part of a layout.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    Raw([u8; 16]),
    Sized(Vec<u8>),
}

impl Part {
    fn write(&self, writer: Writer) -> Writer {
        match self {
            Self::U8(value) => writer.u8(*value),
            Self::U16(value) => writer.u16(*value),
            Self::U32(value) => writer.u32(*value),
            Self::U64(value) => writer.u64(*value),
            Self::Raw(bytes) => writer.raw(bytes),
            Self::Sized(bytes) => writer.sized(bytes),
        }
    }

    /// The next part of the same kind.
    fn read(&self, reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(match self {
            Self::U8(_) => Self::U8(reader.u8()?),
            Self::U16(_) => Self::U16(reader.u16()?),
            Self::U32(_) => Self::U32(reader.u32()?),
            Self::U64(_) => Self::U64(reader.u64()?),
            Self::Raw(_) => Self::Raw(reader.array()?),
            Self::Sized(_) => Self::Sized(reader.sized()?.to_vec()),
        })
    }
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        any::<u8>().prop_map(Part::U8),
        any::<u16>().prop_map(Part::U16),
        any::<u32>().prop_map(Part::U32),
        any::<u64>().prop_map(Part::U64),
        any::<[u8; 16]>().prop_map(Part::Raw),
        vec(any::<u8>(), 0..20).prop_map(Part::Sized),
    ]
}

/// Something that happens to bytes on their way.
#[derive(Debug, Clone)]
enum Damage {
    Set(usize, u8),
    Insert(usize, u8),
    Remove(usize, usize),
    Repeat(usize, usize),
}

impl Damage {
    fn applied(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        let length = bytes.len().max(1);
        let range = |at: usize, n: usize| at % length..(at % length + n).min(bytes.len()).max(at % length);
        match *self {
            Self::Set(at, byte) if !bytes.is_empty() => bytes[at % length] = byte,
            Self::Insert(at, byte) => bytes.insert(at % length, byte),
            Self::Remove(at, n) if !bytes.is_empty() => drop(bytes.drain(range(at, n))),
            Self::Repeat(at, n) if !bytes.is_empty() => bytes.extend_from_within(range(at, n)),
            _ => {}
        }
        bytes
    }
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let one = prop_oneof![
        4 => (0usize..120, 0u8..4).prop_map(|(at, byte)| Damage::Set(at, byte)),
        4 => (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        1 => (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        1 => (any::<usize>(), 1usize..60).prop_map(|(at, n)| Damage::Remove(at, n)),
        1 => (any::<usize>(), 1usize..60).prop_map(|(at, n)| Damage::Repeat(at, n)),
    ];
    vec(one, 1..4)
}

fn empty_commit() -> Commit {
    Commit {
        vault: VaultId([1; 16]),
        seq: 1,
        parent: Head::EMPTY,
        device: DeviceId([2; 16]),
        epoch: 1,
        document_version: 1,
        written_at: 0,
        changes: vec![],
        state: StateHash([3; 32]),
    }
}
