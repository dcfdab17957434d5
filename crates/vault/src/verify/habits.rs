//! When keys are verified without being asked for: on this device, until its user says otherwise.

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
