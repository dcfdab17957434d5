//! The head of the chain: where it begins and ends, authenticated.

use keymoor_cache::{Change, View};
use keymoor_protocol::Envelope;
use keymoor_sealing::activity::{LINK, Link};

use super::super::sealed::SCHEMA;
use crate::devices;
use crate::error::Error;
use crate::keys::Keys;

/// The cache's setting that holds it.
const HEAD: &str = "activity.chain";
/// The setting that a cache has which was in use before there were links; goes when the chain begins.
const UNLINKED: &str = "activity.unlinked";
/// Its bytes without the tag.
const LENGTH: usize = 4 + 1 + 8 + LINK + 8 + LINK + LINK;
/// Entries are missing, which nobody was told yet.
const BROKEN: u8 = 1;
/// Lines of the file of uses were taken over.
const TAKEN: u8 = 2;
/// Entries of before there were links were taken over, and the server was not heard on it yet.
const YOUNG: u8 = 4;
/// Entries were missing, which was told; nobody has said yet that it is settled.
const UNSETTLED: u8 = 8;

/// Where the chain begins and ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// The epoch of the key that links it.
    pub(super) epoch: u32,
    /// Whether something was found that nobody was told yet.
    pub(super) broken: bool,
    /// Whether it began with entries of before there were links, and the server was not heard on that yet.
    pub(super) young: bool,
    /// Whether something was found and told that nobody has settled yet.
    pub(super) unsettled: bool,
    /// Number and link of the newest entry that went because it was old; 0 and zeros if none did.
    pub(super) before: u64,
    pub(super) before_link: Link,
    /// Number and link of the newest entry.
    pub(super) last: u64,
    pub(super) last_link: Link,
    /// The link of the last line that was taken from the file of uses; `None`: the next is taken at its word.
    pub(super) taken: Option<Link>,
}

/// What is known of the head.
pub(super) enum Known {
    Head(Head),
    /// The chain has not begun: what is there was written before there were links.
    Unlinked,
    /// It is gone or is not genuine.
    Broken,
}

impl Head {
    /// Of a chain without an entry.
    pub(super) fn new(keys: &Keys) -> Self {
        Self {
            epoch: keys.root.epoch(),
            broken: false,
            young: false,
            unsettled: false,
            before: 0,
            before_link: [0; LINK],
            last: 0,
            last_link: [0; LINK],
            taken: None,
        }
    }

    /// The head, if one is there that is genuine: one short read.
    pub(super) fn genuine(view: &View<'_>, keys: &Keys) -> Result<Option<Self>, Error> {
        Ok(view.setting(HEAD)?.and_then(|bytes| Self::decode(&bytes, keys)))
    }

    /// The head, or why there is none.
    pub(super) fn of(view: &View<'_>, keys: &Keys) -> Result<Known, Error> {
        if let Some(head) = Self::genuine(view, keys)? {
            return Ok(Known::Head(head));
        }
        if view.setting(HEAD)?.is_some() {
            return Ok(Known::Broken);
        }
        if view.setting(UNLINKED)?.is_none() {
            return Ok(Known::Broken);
        }
        // An entry that was made to be linked says that the chain had begun.
        let linked = view.activity(u32::MAX)?.into_iter().any(|entry| {
            let schema = Envelope::try_from(entry.bytes).map_or(0, |envelope| envelope.header().schema);
            entry.link.is_some() || schema >= SCHEMA
        });
        Ok(if linked || devices::is_linked(view, keys)? { Known::Broken } else { Known::Unlinked })
    }

    pub(super) fn write(&self, change: &mut Change<'_>, keys: &Keys) -> Result<(), Error> {
        let mut bytes = self.encode();
        let key = keys.activity_key(self.epoch).ok_or(Error::Locked)?;
        bytes.extend(key.tag(&bytes));
        change.set_setting(HEAD, &bytes)?;
        Ok(change.remove_setting(UNLINKED)?)
    }

    pub(super) fn clear(change: &mut Change<'_>) -> Result<(), keymoor_cache::Error> {
        change.remove_setting(HEAD)?;
        change.set_setting(UNLINKED, b"\x01")
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LENGTH + 32);
        bytes.extend(self.epoch.to_be_bytes());
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let found = flag(self.broken, BROKEN) | flag(self.unsettled, UNSETTLED);
        bytes.push(found | flag(self.taken.is_some(), TAKEN) | flag(self.young, YOUNG));
        bytes.extend(self.before.to_be_bytes());
        bytes.extend(self.before_link);
        bytes.extend(self.last.to_be_bytes());
        bytes.extend(self.last_link);
        bytes.extend(self.taken.unwrap_or_default());
        bytes
    }

    /// `None` for what is not genuine.
    fn decode(bytes: &[u8], keys: &Keys) -> Option<Self> {
        let (head, tag) = bytes.split_at_checked(LENGTH)?;
        let (epoch, rest) = head.split_first_chunk()?;
        let epoch = u32::from_be_bytes(*epoch);
        if !keys.activity_key(epoch)?.is_genuine(head, tag) {
            return None;
        }
        let (flags, rest) = rest.split_first()?;
        let (before, rest) = rest.split_first_chunk()?;
        let (before_link, rest) = rest.split_first_chunk()?;
        let (last, rest) = rest.split_first_chunk()?;
        let (last_link, rest) = rest.split_first_chunk()?;
        let taken: Link = rest.try_into().ok()?;
        Some(Self {
            epoch,
            broken: flags & BROKEN != 0,
            young: flags & YOUNG != 0,
            unsettled: flags & UNSETTLED != 0,
            before: u64::from_be_bytes(*before),
            before_link: *before_link,
            last: u64::from_be_bytes(*last),
            last_link: *last_link,
            taken: (flags & TAKEN != 0).then_some(taken),
        })
    }
}
