//! That a provider was asked for a key: written down before it is, so that a key whose answer never came is looked for. It is
//! taken back in the transaction that stores the key, or once the provider says that it made none.
//!
//! It is a setting of the cache, by the record that has the name: it follows that to another id ([`follow`]), and comes out of
//! a damaged file ([`Left`]).

use std::collections::BTreeMap;
use std::time::Duration;

use keymoor_cache::{Change, View};
use keymoor_protocol::RecordId;

use super::Before;
use super::pair::heirs;
use crate::clock::now;
use crate::error::Error;
use crate::homes::lock::Lock;
use crate::keys::Keys;
use crate::vault::Vault;

const PREFIX: &str = "key_asked:";
/// The lock of whoever asks for a key.
pub(super) const LOCK: &str = "rotate";

impl Vault {
    /// When a key to replace this one was asked for, milliseconds since 1970, if what came of it is not known.
    pub fn key_asked_at(&mut self, id: RecordId) -> Result<Option<u64>, Error> {
        self.cache.read(|view| at(view, id))
    }

    /// The user has looked at the provider's console: no key is there that nobody has.
    ///
    /// # Errors
    /// [`Error::ChangedMeanwhile`] if a key is being asked for now, or was since `before` was looked at: nobody can have looked
    /// for that one.
    pub fn forget_key_asked(&mut self, before: &Before) -> Result<(), Error> {
        let lock = Lock::wait_for(&self.config, LOCK, Duration::ZERO)?;
        let _lock = lock.ok_or(Error::ChangedMeanwhile)?;
        self.cache.write(|change| {
            if before.asked_at != of_all(change, before.pair())? {
                return Err(Error::ChangedMeanwhile);
            }
            before.pair().try_for_each(|id| over(change, id))
        })
    }
}

/// When the last of the keys was asked for that may take the place of one of these.
pub(super) fn of_all(view: &View<'_>, ids: impl Iterator<Item = RecordId>) -> Result<Option<u64>, Error> {
    ids.map(|id| at(view, id)).try_fold(None, |latest, at| Ok(latest.max(at?)))
}

pub(super) fn at(view: &View<'_>, old: RecordId) -> Result<Option<u64>, Error> {
    // When is of no account: that it was asked for is what counts.
    let at = |text: Vec<u8>| String::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    Ok(view.setting(&name(old))?.map(at))
}

/// Puts it down; returns when that was.
pub(super) fn note(change: &mut Change<'_>, old: RecordId) -> Result<u64, Error> {
    let at = now();
    change.set_setting(&name(old), at.to_string().as_bytes())?;
    Ok(at)
}

/// What came of the request of then is known. Another key may have taken the name of this one meanwhile, and the note with it.
pub(super) fn is_known(
    change: &mut Change<'_>,
    keys: &Keys,
    old: RecordId,
    asked_at: u64,
) -> Result<(), Error> {
    for id in heirs(change, keys, old)?.into_iter().chain([old]) {
        if at(change, id)? == Some(asked_at) {
            over(change, id)?;
        }
    }
    Ok(())
}

/// What came of the request of then is not known: if the note was taken away meanwhile, it is put down again.
pub(super) fn is_unknown(
    change: &mut Change<'_>,
    keys: &Keys,
    old: RecordId,
    asked_at: u64,
) -> Result<(), Error> {
    let mut all = heirs(change, keys, old)?.into_iter().chain([old]);
    match of_all(change, &mut all)? {
        Some(noted) if noted >= asked_at => Ok(()),
        _ => Ok(change.set_setting(&name(old), asked_at.to_string().as_bytes())?),
    }
}

fn over(change: &mut Change<'_>, old: RecordId) -> Result<(), Error> {
    Ok(change.remove_setting(&name(old))?)
}

/// The record is known by another id from now on, or another has its name.
pub(crate) fn follow(change: &mut Change<'_>, old: RecordId, new: RecordId) -> Result<(), Error> {
    let Some(text) = change.setting(&name(old))? else { return Ok(()) };
    change.set_setting(&name(new), &text)?;
    over(change, old)
}

/// The notes that a damaged cache still gave.
#[derive(Default)]
pub(crate) struct Left(BTreeMap<String, Vec<u8>>);

impl Left {
    pub(crate) fn of(settings: &BTreeMap<String, Vec<u8>>) -> Self {
        let ours = settings.iter().filter(|(key, _)| key.starts_with(PREFIX));
        Self(ours.map(|(key, text)| (key.clone(), text.clone())).collect())
    }

    /// Puts them down in a new cache.
    pub(crate) fn write(&self, change: &mut Change<'_>) -> Result<(), keymoor_cache::Error> {
        self.0.iter().try_for_each(|(key, text)| change.set_setting(key, text))
    }
}

fn name(old: RecordId) -> String {
    format!("{PREFIX}{old}")
}
