//! Whether an old key is used again since another took its place: then it is neither revoked nor moved to the trash.

use keymoor_cache::View;
use keymoor_protocol::base64url;

use super::Rotation;
use crate::content::{Content, Meta, field};
use crate::error::Error;
use crate::keys::Keys;
use crate::vault::Vault;
use crate::verification::Values;
use crate::{grants, services};

/// What somebody did with an old key after it was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StillUsed {
    /// It was switched on.
    On,
    /// It has other values than the key that was replaced.
    Edited,
    /// It was chosen for these services.
    Services(Vec<String>),
    /// These programs were let in for it.
    Programs(Vec<String>),
}

impl Vault {
    /// Whether the old key is used again since it was replaced.
    ///
    /// # Errors
    /// [`Error::ChangedMeanwhile`] if the two are not what they were.
    pub fn old_key_is_used(&mut self, rotation: &Rotation) -> Result<Option<StillUsed>, Error> {
        self.heal(rotation.old)?;
        self.heal(rotation.new)?;
        self.heal_services()?;
        let keys = &self.keys;
        self.cache.read(|view| {
            let [old, new] = rotation.still(view, keys)?;
            still_used(view, keys, rotation, &old, &new)
        })
    }
}

pub(super) fn still_used(
    view: &View<'_>,
    keys: &Keys,
    rotation: &Rotation,
    old: &Content,
    new: &Content,
) -> Result<Option<StillUsed>, Error> {
    if old.meta.text(field::OFF).is_empty() {
        return Ok(Some(StillUsed::On));
    }
    let replaced = new.meta.text(field::RETIRES);
    if !replaced.is_empty() && replaced != values(&old.meta) {
        return Ok(Some(StillUsed::Edited));
    }
    let services = services::users(view, keys, (rotation.old, &old.meta.title()))?;
    if !services.is_empty() {
        return Ok(Some(StillUsed::Services(services)));
    }
    // A grant of before, on a device that did not switch the two, follows at the end.
    let programs = grants::since(view, keys, rotation.old, new.meta.created)?;
    Ok((!programs.is_empty()).then_some(StillUsed::Programs(programs)))
}

/// Names the values of a key, as the one that replaces it keeps them.
pub(super) fn values(old: &Meta) -> String {
    base64url::encode(Values::of(old).as_ref())
}
