//! When keys are verified without being asked for: on this device, until its user says otherwise.

use std::collections::BTreeMap;

use keymoor_cache::Change;
use keymoor_protocol::RecordId;
use keymoor_providers::provider;

use crate::error::Error;
use crate::list::{Filter, Listing};
use crate::vault::Vault;
use crate::verification::CheckStatus;

use super::pace::Candidate;

const ON_SAVE: &str = "verify.on_save";
const IN_BACKGROUND: &str = "verify.in_background";
const OFF: &[u8] = b"off";

/// When this device asks providers by itself. Both are on unless they were switched off here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habits {
    /// After a secret was saved, where somebody watches.
    pub on_save: bool,
    /// At a calm rate while the window is open.
    pub in_background: bool,
}

/// What is left of that when the cache is lost. What was switched off does not come on again by itself.
#[derive(Default)]
pub(crate) struct Left {
    on_save_off: bool,
    in_background_off: bool,
    known: bool,
}

impl Left {
    /// Of the settings of a cache; `all` of them, or those that could be read.
    pub(crate) fn of(settings: &BTreeMap<String, Vec<u8>>, all: bool) -> Self {
        let off = |key| settings.contains_key(key);
        Self {
            on_save_off: off(ON_SAVE),
            in_background_off: off(IN_BACKGROUND),
            known: all || off(IN_BACKGROUND),
        }
    }

    /// Whether it is known that the background was on, or off.
    pub(crate) fn is_known(&self) -> bool {
        self.known
    }

    /// Writes it into a new cache. Where it is not known, nothing is asked about in the background, where nobody watches.
    pub(crate) fn write(&self, change: &mut Change<'_>) -> Result<(), keymoor_cache::Error> {
        let off = [(ON_SAVE, self.on_save_off), (IN_BACKGROUND, self.in_background_off || !self.known)];
        off.into_iter().filter(|(_, off)| *off).try_for_each(|(key, _)| change.set_setting(key, OFF))
    }
}

impl Vault {
    /// When this device asks by itself.
    pub fn habits(&mut self) -> Result<Habits, Error> {
        Ok(self.cache.read(|view| {
            let on = |key| Ok::<_, keymoor_cache::Error>(view.setting(key)?.as_deref() != Some(OFF));
            Ok::<_, keymoor_cache::Error>(Habits { on_save: on(ON_SAVE)?, in_background: on(IN_BACKGROUND)? })
        })?)
    }

    /// Changes that, on this device only.
    pub fn set_habits(&mut self, habits: Habits) -> Result<(), Error> {
        Ok(self.cache.write(|change| {
            for (key, on) in [(ON_SAVE, habits.on_save), (IN_BACKGROUND, habits.in_background)] {
                match on {
                    true => change.remove_setting(key)?,
                    false => change.set_setting(key, OFF)?,
                }
            }
            Ok::<_, keymoor_cache::Error>(())
        })?)
    }

    /// Whether a credential is to be asked about after a save: it is switched on, and its provider has a check that costs
    /// nothing.
    pub fn can_be_verified(&mut self, id: RecordId) -> Result<bool, Error> {
        Ok(is_asked_about(&self.show(id)?.listing))
    }

    /// What the background may ask about, and when anything was heard of each.
    pub fn candidates(&mut self) -> Result<Vec<Candidate>, Error> {
        let listings = self.list(&Filter::default())?;
        let candidate = |listing: &Listing| Candidate {
            id: listing.id,
            heard: listing.verification.as_ref().map(|known| known.latest()),
        };
        Ok(listings.iter().filter(|listing| is_asked_about(listing)).map(candidate).collect())
    }
}

/// Never what two devices changed at the same time: nobody sent these values together.
pub(super) fn is_asked_about(listing: &Listing) -> bool {
    let check = provider(&listing.provider).and_then(|provider| provider.verify.as_ref());
    let free = check.is_some_and(|check| !check.side_effect);
    free && listing.on && !listing.mixed && !listing.trashed && listing.status != CheckStatus::Unreadable
}
