//! One keychain entry's value: base64 text of a header that says which part of what it is, and a piece of the bytes.
//!
//! `form u8 = 1 | kind u8 | record id 16 | generation u64 | part u16 | parts u16 | piece` (integers big-endian; the
//! record id is zero but for records). The header repeats the user name: where the keychain gives thousands of values in
//! one call but names only one by one (Secret Service), a rebuild needs no names; elsewhere a value under another's name
//! is noticed.

use base64::{Engine, engine::general_purpose::STANDARD};
use keymoor_protocol::ids::RecordId;
use zeroize::Zeroizing;

use crate::{
    entry::{EntryId, NotOurs, PartName, Slot},
    error::Error,
};

/// Windows takes 2,560 bytes an entry; 2,400 leaves it room.
const ENTRY: usize = 2_400;
const HEADER: usize = 30;
const PIECE: usize = ENTRY / 4 * 3 - HEADER;
const FORM: u8 = 1;

/// One part, read.
pub(crate) struct Part {
    pub(crate) name: PartName,
    pub(crate) piece: Zeroizing<Vec<u8>>,
}

/// How many parts `bytes` need.
pub(crate) fn count(bytes: &[u8]) -> Result<u16, Error> {
    u16::try_from(bytes.len().div_ceil(PIECE).max(1)).map_err(|_| Error::TooLarge)
}

/// The names and values of the parts that hold `bytes`, in order.
pub(crate) fn split(
    id: EntryId,
    slot: Slot,
    bytes: &[u8],
) -> impl Iterator<Item = (PartName, Zeroizing<String>)> {
    PartName::all(id, slot).map(move |name| {
        let start = usize::from(name.part - 1) * PIECE;
        let piece = bytes.get(start..bytes.len().min(start + PIECE)).unwrap_or_default();
        (name, write(&name, piece))
    })
}

/// Reads one value.
pub(crate) fn read(value: &[u8]) -> Result<Part, NotOurs> {
    let mut bytes = Zeroizing::new(vec![0; base64::decoded_len_estimate(value.len())]);
    let length = STANDARD.decode_slice(value, &mut bytes).map_err(|_| NotOurs)?;
    bytes.truncate(length);
    let header: [u8; HEADER] =
        bytes.get(..HEADER).and_then(|header| header.try_into().ok()).ok_or(NotOurs)?;
    if header[0] != FORM {
        return Err(NotOurs);
    }
    let mut record = [0; 16];
    record.copy_from_slice(&header[2..18]);
    let id = match (header[1], record) {
        (0, [0, ..]) => EntryId::Device,
        (1, [0, ..]) => EntryId::Mark,
        (2, [0, ..]) => EntryId::Session,
        (3, _) => EntryId::Record(RecordId(record)),
        (4, [0, ..]) => EntryId::Document,
        _ => return Err(NotOurs),
    };
    let mut generation = [0; 8];
    generation.copy_from_slice(&header[18..26]);
    let slot = Slot {
        generation: u64::from_be_bytes(generation),
        parts: u16::from_be_bytes([header[28], header[29]]),
    };
    let part = u16::from_be_bytes([header[26], header[27]]);
    if part == 0 || part > slot.parts {
        return Err(NotOurs);
    }
    bytes.drain(..HEADER);
    Ok(Part { name: PartName { id, slot, part }, piece: bytes })
}

fn write(name: &PartName, piece: &[u8]) -> Zeroizing<String> {
    let (kind, record) = match name.id {
        EntryId::Device => (0, [0; 16]),
        EntryId::Mark => (1, [0; 16]),
        EntryId::Session => (2, [0; 16]),
        EntryId::Document => (4, [0; 16]),
        EntryId::Record(record) => (3, *record.as_bytes()),
    };
    // Sized beforehand: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(HEADER + piece.len()));
    bytes.extend_from_slice(&[FORM, kind]);
    bytes.extend_from_slice(&record);
    bytes.extend_from_slice(&name.slot.generation.to_be_bytes());
    bytes.extend_from_slice(&name.part.to_be_bytes());
    bytes.extend_from_slice(&name.slot.parts.to_be_bytes());
    bytes.extend_from_slice(piece);
    let mut text = Zeroizing::new(String::with_capacity(ENTRY));
    STANDARD.encode_string(&*bytes, &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> EntryId {
        EntryId::Record(RecordId([9; 16]))
    }

    fn slot(bytes: &[u8]) -> Slot {
        Slot { generation: 77, parts: count(bytes).unwrap() }
    }

    #[test]
    fn every_length_comes_back_in_entries_of_at_most_2400_bytes() {
        for (length, parts) in
            [(0, 1), (64, 1), (PIECE, 1), (PIECE + 1, 2), (5_000, 3), (40_000, 23), (40_960, 24)]
        {
            let bytes: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            assert_eq!(count(&bytes).unwrap(), parts, "{length}");
            let mut back = Vec::new();
            for (name, value) in split(id(), slot(&bytes), &bytes) {
                assert!(value.len() <= ENTRY && value.is_ascii());
                let part = read(value.as_bytes()).unwrap();
                assert_eq!(part.name, name);
                back.extend_from_slice(&part.piece);
            }
            assert_eq!(back, bytes, "{length}");
        }
    }

    #[test]
    fn every_kind_of_entry_comes_back() {
        for id in [EntryId::Device, EntryId::Mark, EntryId::Session, EntryId::Document, id()] {
            let (name, value) = split(id, slot(b"x"), b"x").next().unwrap();
            assert_eq!(read(value.as_bytes()).unwrap().name, name);
        }
    }

    #[test]
    fn too_many_parts_are_refused() {
        assert_eq!(count(&vec![0; PIECE * 65_535]), Ok(65_535));
        assert_eq!(count(&vec![0; PIECE * 65_535 + 1]), Err(Error::TooLarge));
    }

    #[test]
    fn other_values_are_not_ours() {
        let (_, good) = split(id(), slot(b"x"), b"x").next().unwrap();
        let mut raw = STANDARD.decode(good.as_bytes()).unwrap();
        let with = |at: usize, byte: u8, raw: &mut Vec<u8>| {
            let old = std::mem::replace(&mut raw[at], byte);
            let text = STANDARD.encode(&raw);
            raw[at] = old;
            text
        };
        let cases = [
            String::new(),
            "not base64!".to_owned(),
            STANDARD.encode(&raw[..HEADER - 1]),
            good[..good.len() - 3].to_owned(),
            with(0, 2, &mut raw),
            with(1, 5, &mut raw),
            with(27, 0, &mut raw),
            with(27, 2, &mut raw),
        ];
        assert!(read(good.as_bytes()).is_ok());
        for case in cases {
            assert!(read(case.as_bytes()).is_err(), "{case}");
        }
    }
}
