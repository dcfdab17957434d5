//! Which generations of which entries are whole.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use zeroize::Zeroizing;

use crate::{
    entry::{EntryId, PartName, Slot},
    part::Part,
    place::Place,
};

/// One whole generation of an entry.
pub struct Stored {
    /// Where it lies.
    pub slot: Slot,
    /// Where the system keeps it, if it lies in one place and a read has told: see [`Keychain::get_at`](crate::Keychain).
    pub place: Option<Place>,
    /// What was put.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").field("slot", &self.slot).finish_non_exhaustive()
    }
}

/// The whole generations of each entry, newest first.
pub(crate) fn whole(parts: Vec<Part>) -> BTreeMap<EntryId, Vec<Stored>> {
    let mut generations: BTreeMap<(EntryId, Reverse<Slot>), BTreeMap<_, _>> = BTreeMap::new();
    for part in parts {
        let PartName { id, slot, part: number } = part.name;
        generations.entry((id, Reverse(slot))).or_default().insert(number, part.piece);
    }
    let mut entries: BTreeMap<EntryId, Vec<Stored>> = BTreeMap::new();
    for ((id, Reverse(slot)), pieces) in generations {
        if pieces.len() == usize::from(slot.parts) {
            entries.entry(id).or_default().push(Stored {
                slot,
                place: None,
                bytes: join(pieces.into_values()),
            });
        }
    }
    entries
}

/// The slots of the whole generations of each entry, newest first.
pub(crate) fn slots(names: &[PartName]) -> BTreeMap<EntryId, Vec<Slot>> {
    let mut generations: BTreeMap<(EntryId, Reverse<Slot>), BTreeSet<u16>> = BTreeMap::new();
    for name in names {
        generations.entry((name.id, Reverse(name.slot))).or_default().insert(name.part);
    }
    let mut entries: BTreeMap<EntryId, Vec<Slot>> = BTreeMap::new();
    for ((id, Reverse(slot)), parts) in generations {
        if parts.len() == usize::from(slot.parts) {
            entries.entry(id).or_default().push(slot);
        }
    }
    entries
}

/// Puts the pieces of one generation, given in order, together.
pub(crate) fn join(pieces: impl IntoIterator<Item = Zeroizing<Vec<u8>>>) -> Zeroizing<Vec<u8>> {
    let pieces: Vec<_> = pieces.into_iter().collect();
    let mut bytes = Zeroizing::new(Vec::with_capacity(pieces.iter().map(|piece| piece.len()).sum()));
    for piece in &pieces {
        bytes.extend_from_slice(piece);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(id: EntryId, generation: u64, part: u16, parts: u16) -> Part {
        let name = PartName { id, slot: Slot { generation, parts }, part };
        Part { name, piece: Zeroizing::new(vec![generation as u8, part as u8]) }
    }

    #[test]
    fn only_whole_generations_count_newest_first() {
        let parts = || {
            vec![
                part(EntryId::Mark, 5, 2, 2),
                part(EntryId::Device, 1, 1, 1),
                part(EntryId::Mark, 9, 1, 3),
                part(EntryId::Mark, 9, 3, 3),
                part(EntryId::Mark, 7, 1, 1),
                part(EntryId::Mark, 5, 1, 2),
                part(EntryId::Session, 2, 2, 2),
            ]
        };
        let entries = whole(parts());
        let mark: Vec<_> =
            entries[&EntryId::Mark].iter().map(|s| (s.slot.generation, s.bytes.to_vec())).collect();
        assert_eq!(mark, [(7, vec![7, 1]), (5, vec![5, 1, 5, 2])]);
        assert_eq!(entries.keys().collect::<Vec<_>>(), [&EntryId::Device, &EntryId::Mark]);

        let names: Vec<_> = parts().iter().map(|part| part.name).collect();
        let by_name = slots(&names);
        for (id, stored) in &entries {
            assert_eq!(by_name[id], stored.iter().map(|stored| stored.slot).collect::<Vec<_>>());
        }
        assert_eq!(by_name.len(), entries.len());
    }

    #[test]
    fn a_part_that_is_there_twice_counts_once() {
        let twice = vec![part(EntryId::Mark, 5, 1, 2), part(EntryId::Mark, 5, 1, 2)];
        assert!(whole(twice).is_empty());
    }

    #[test]
    fn debug_shows_no_bytes() {
        let stored = Stored {
            slot: Slot { generation: 1, parts: 1 },
            place: None,
            bytes: Zeroizing::new(b"canary".to_vec()),
        };
        assert!(!format!("{stored:?}").contains("99"), "{stored:?}");
    }
}
