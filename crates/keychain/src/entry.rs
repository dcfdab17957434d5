//! What an entry is, where one generation of it lies, and how both are written in the keychain's user names.
//!
//! A user name is `ID.GENERATION.PARTofPARTS`, for example `device.18c2f0a1b2c3d4e5.1of1` or
//! `0198a7c0-….18c2f0a1b2c3d4e5.3of23`: enough to rebuild everything from a list of names, and nothing about what the
//! record is for.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use keymoor_protocol::ids::RecordId;

/// Which entry of the keychain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryId {
    /// Keys and identity of this device.
    Device,
    /// The high-water mark.
    Mark,
    /// The session at the server.
    Session,
    /// The keys document.
    Document,
    /// The sealed copy of one record.
    Record(RecordId),
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device => f.write_str("device"),
            Self::Mark => f.write_str("mark"),
            Self::Session => f.write_str("session"),
            Self::Document => f.write_str("document"),
            Self::Record(record) => record.fmt(f),
        }
    }
}

impl EntryId {
    fn parse(text: &str) -> Result<Self, NotOurs> {
        let id = match text {
            "device" => Self::Device,
            "mark" => Self::Mark,
            "session" => Self::Session,
            "document" => Self::Document,
            _ => Self::Record(text.parse().map_err(|_| NotOurs)?),
        };
        // One spelling only: another one would name another entry to the keychain.
        if id.to_string() == text { Ok(id) } else { Err(NotOurs) }
    }
}

/// Where one whole generation of an entry lies. A caller keeps the greatest it has seen of each entry, so that the next
/// read needs no search and the next write leaves nothing behind.
///
/// Generations are unique and ordered by time: milliseconds since 1970 in the upper 44 bits, 20 random bits below, and
/// always greater than the generation that the writer replaces. So a writer needs no search to find the next number
/// (which takes seconds in a keychain of thousands), two processes that write at the same moment do not mix their
/// parts, and a clock that was put back does no harm as long as the caller passes the slot that it knows. The number
/// fits a signed 64-bit integer until the year 2248.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// Greater is newer.
    pub generation: u64,
    /// How many keychain entries it takes.
    pub parts: u16,
}

const RANDOM_BITS: u32 = 20;

impl Slot {
    /// The slot of a write that happens now and replaces `previous`.
    pub(crate) fn next(previous: Option<Self>, parts: u16, random: u32) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { generation: generation(now, previous, random), parts }
    }

    /// How long ago it was written, by the clock.
    pub(crate) fn age(&self) -> Duration {
        let written = Duration::from_millis(self.generation >> RANDOM_BITS);
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(written)
    }
}

fn generation(now: Duration, previous: Option<Slot>, random: u32) -> u64 {
    let floor = previous.map_or(0, |slot| (slot.generation >> RANDOM_BITS) + 1);
    let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX >> RANDOM_BITS);
    (now.max(floor) << RANDOM_BITS) | u64::from(random & ((1 << RANDOM_BITS) - 1))
}

/// One keychain entry's user name: part `part` (from 1) of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PartName {
    pub(crate) id: EntryId,
    pub(crate) slot: Slot,
    pub(crate) part: u16,
}

impl PartName {
    /// The names of all parts of one generation, in the order in which they are written.
    pub(crate) fn all(id: EntryId, slot: Slot) -> impl Iterator<Item = Self> {
        (1..=slot.parts).map(move |part| Self { id, slot, part })
    }
}

impl fmt::Display for PartName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:016x}.{}of{}", self.id, self.slot.generation, self.part, self.slot.parts)
    }
}

impl FromStr for PartName {
    type Err = NotOurs;

    fn from_str(text: &str) -> Result<Self, NotOurs> {
        let mut fields = text.split('.');
        let (Some(id), Some(generation), Some(part), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(NotOurs);
        };
        let (part, parts) = part.split_once("of").ok_or(NotOurs)?;
        let name = Self {
            id: EntryId::parse(id)?,
            slot: Slot {
                generation: u64::from_str_radix(generation, 16).map_err(|_| NotOurs)?,
                parts: parts.parse().map_err(|_| NotOurs)?,
            },
            part: part.parse().map_err(|_| NotOurs)?,
        };
        if name.part == 0 || name.part > name.slot.parts || name.to_string() != text {
            return Err(NotOurs);
        }
        Ok(name)
    }
}

/// Not the form in which this crate writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotOurs;

#[cfg(test)]
mod tests {
    use super::*;

    fn name(id: EntryId) -> PartName {
        PartName { id, slot: Slot { generation: 0x18c2_f0a1_b2c3_d4e5, parts: 23 }, part: 3 }
    }

    #[test]
    fn names_say_what_they_are_and_come_back() {
        assert_eq!(name(EntryId::Device).to_string(), "device.18c2f0a1b2c3d4e5.3of23");
        let record = EntryId::Record(RecordId::generate());
        for id in [EntryId::Device, EntryId::Mark, EntryId::Session, EntryId::Document, record] {
            assert_eq!(name(id).to_string().parse(), Ok(name(id)));
        }
    }

    #[test]
    fn other_names_are_not_ours() {
        let record = RecordId([0xab; 16]).to_string();
        for text in [
            "",
            "device",
            "device.1",
            "device.18c2f0a1b2c3d4e5.0of1",
            "device.18c2f0a1b2c3d4e5.2of1",
            "device.18C2F0A1B2C3D4E5.1of1",
            "device.18c2f0a1b2c3d4e.1of1",
            "device.18c2f0a1b2c3d4e5.01of1",
            "device.18c2f0a1b2c3d4e5.1of65536",
            "device.18c2f0a1b2c3d4e5.1of1.x",
            "Device.18c2f0a1b2c3d4e5.1of1",
            "openai.18c2f0a1b2c3d4e5.1of1",
            &format!("{}.18c2f0a1b2c3d4e5.1of1", record.to_uppercase()),
            &format!("{}.18c2f0a1b2c3d4e5.1of1", record.replace('-', "")),
        ] {
            assert_eq!(text.parse::<PartName>(), Err(NotOurs), "{text}");
        }
    }

    #[test]
    fn a_generation_is_newer_than_the_one_it_replaces_whatever_the_clock_says() {
        let later = Slot { generation: generation(Duration::from_secs(4_000_000_000), None, 7), parts: 1 };
        let next = generation(Duration::from_secs(1_000), Some(later), 0);
        assert!(next > later.generation);
        assert!(
            generation(Duration::from_secs(2), None, 0) > generation(Duration::from_secs(1), None, u32::MAX)
        );
        assert!(i64::try_from(generation(Duration::from_secs(8_000_000_000), None, u32::MAX)).is_ok());
    }

    #[test]
    fn two_writers_in_one_millisecond_differ() {
        let now = Duration::from_millis(1_790_000_000_000);
        assert_ne!(generation(now, None, 1), generation(now, None, 2));
    }
}
