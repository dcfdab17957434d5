//! Activity: what happened on this device, sealed entry by entry, on this device alone.
//!
//! Whatever writes anyway puts its entry down in the same transaction. What is only read goes through a file beside the
//! cache ([`keymoor_cache::Cache::add_use`]), so that it waits for no disk. An entry is never a reason for an action to fail.

pub(crate) mod chain;
mod event;
mod filter;
mod sealed;
mod who;

use keymoor_cache::{Change, View};

use crate::clock::now;
use crate::devices;
use crate::drafts;
use crate::error::Error;
use crate::keys::Keys;
use crate::notice::Notice;
use crate::vault::Vault;

pub use event::{Event, Subject};
pub use filter::{ActivityDay, ActivityFilter};
use sealed::sealed;
pub(crate) use sealed::{Noted, hand_over, opened};
pub use who::{By, Who};

/// Something that happened here.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Activity {
    /// When, milliseconds since 1970, by this device's clock.
    pub at: u64,
    /// Who had it done; `None` for what the vault does by itself, and for entries of before this was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Who>,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// What an edit of the user's was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Added,
    Edited,
    Deleted,
    Restored,
    Reverted,
    Settled,
    Rotated,
}

impl Deed {
    pub(crate) fn event(self, subject: Subject) -> Event {
        match self {
            Self::Added => Event::Added(subject),
            Self::Edited => Event::Edited(subject),
            Self::Deleted => Event::Deleted(subject),
            Self::Restored => Event::Restored(subject),
            Self::Reverted => Event::Reverted(subject),
            Self::Settled => Event::Settled(subject),
            Self::Rotated => Event::Rotated(subject),
        }
    }
}

/// Adds what the vault did by itself, in a transaction that is under way.
pub(crate) fn put(change: &mut Change<'_>, keys: &Keys, event: &Event) -> Result<(), Error> {
    put_by(change, keys, None, event)
}

/// Adds what somebody had it do.
pub(crate) fn put_by(
    change: &mut Change<'_>,
    keys: &Keys,
    by: Option<&Who>,
    event: &Event,
) -> Result<(), Error> {
    let sealed = sealed(keys, by, event)?;
    chain::append(change, keys, now(), &sealed)
}

impl Vault {
    /// What happened on this device since a time (milliseconds since 1970), newest first: as much of it as is kept, which
    /// is 10,000 entries and 180 days. An entry that does not open is left out.
    ///
    /// Where entries are missing or were changed by somebody without the keys, that is told once, as a notice.
    pub fn activity(&mut self, since: u64) -> Result<Vec<Activity>, Error> {
        if self.look_at_activity() {
            self.notices.push(Notice::ActivityBroken);
        }
        let uses = self.cache.uses()?;
        let entries = self.cache.read(|view| view.activity(u32::MAX))?;
        let keys = &self.keys;
        let all = uses.into_iter().rev().chain(entries).filter(|entry| entry.at >= since);
        let read = |entry: keymoor_cache::ActivityEntry| {
            let Noted { by, event } = opened(keys, entry.bytes)?;
            Some(Activity { at: entry.at, by, event })
        };
        let mut all: Vec<Activity> = all.filter_map(read).collect();
        all.sort_by_key(|activity| std::cmp::Reverse(activity.at));
        Ok(all)
    }

    /// Whether entries are missing or were changed by somebody without the keys; puts down that it was so, and from then on
    /// what is left counts.
    pub(crate) fn look_at_activity(&mut self) -> bool {
        let _ = self.take_uses(); // a disk that refuses it leaves them where they are
        let keys = &self.keys;
        let look = |view: &View<'_>| {
            drafts::device(view, keys)?; // nobody's business where these are the keys of before a join
            chain::look(view, keys)
        };
        if !matches!(self.cache.read(look), Ok(chain::State::Broken)) {
            return false;
        }
        let mut mended = false;
        let done = self.cache.take_all_uses(|change, uses| {
            drafts::device(change, keys)?;
            chain::take(change, keys, uses)?;
            devices::note_uses(change, keys, uses)?;
            mended = chain::mend(change, keys)?;
            Ok::<_, Error>(())
        });
        mended || done.is_err() // where it cannot be put down it is told again
    }

    /// Whether entries are missing or were changed, now or before, and nobody has settled it: a look, and what looks before it
    /// found.
    pub(crate) fn activity_is_unsettled(&mut self) -> Result<bool, Error> {
        let broken = self.look_at_activity();
        let keys = &self.keys;
        let unsettled = self.cache.read(|view| {
            drafts::device(view, keys)?;
            chain::is_unsettled(view, keys)
        })?;
        Ok(broken || unsettled)
    }

    /// From now on what is left counts.
    pub(crate) fn settle_activity(&mut self) -> Result<(), Error> {
        let keys = &self.keys;
        self.cache.write(|change| chain::settle(change, keys))
    }

    /// Adds what the vault did by itself, if that can be done.
    pub(crate) fn note(&mut self, event: &Event) {
        let keys = &self.keys;
        let _ = self.cache.write(|change| put(change, keys, event));
    }

    /// The same for what somebody had it do.
    pub(crate) fn note_done(&mut self, event: &Event) {
        let (keys, by) = (&self.keys, self.by.as_ref());
        let _ = self.cache.write(|change| put_by(change, keys, by, event));
    }

    /// Has the user told of something, once now and afterwards in the activity.
    pub(crate) fn tell(&mut self, notice: Notice) {
        if let Some(event) = Event::of(&notice) {
            self.note(&event);
        }
        self.notices.push(notice);
    }

    /// Adds that a secret was opened for somebody. It waits for no disk, and for nobody who writes. Where that cannot be added
    /// the secret is opened all the same, and the user told.
    pub(crate) fn note_use(&mut self, event: &Event) {
        let (keys, at) = (&self.keys, now());
        let added = sealed(keys, self.by.as_ref(), event).and_then(|sealed| {
            let link = |view: &View<'_>, last| chain::waiting(view, keys, last, at, &sealed);
            self.cache.add_use(at, &sealed, link)
        });
        match added {
            Ok(false) => {}
            Ok(true) => drop(self.take_uses()),
            Err(_) if self.notices.contains(&Notice::UseNotNoted) => {}
            Err(_) => self.notices.push(Notice::UseNotNoted),
        }
    }

    /// Takes what was only read into the activity, and into this device's record.
    pub(crate) fn take_uses(&mut self) -> Result<(), Error> {
        let keys = &self.keys;
        self.cache.take_uses(|change, uses| {
            chain::take(change, keys, uses)?;
            devices::note_uses(change, keys, uses)
        })
    }
}

#[cfg(test)]
mod tests;
