//! That a provider was asked for a key: written down before it is, so that a key whose answer never came is looked for. It is
//! taken back in the transaction that stores the key, or once the provider says that it made none.

use keymoor_cache::{Change, View};
use keymoor_protocol::RecordId;

use crate::clock::now;
use crate::error::Error;
use crate::vault::Vault;

impl Vault {
    /// When a key to replace this one was asked for, milliseconds since 1970, if what came of it is not known.
    pub fn key_asked_at(&mut self, id: RecordId) -> Result<Option<u64>, Error> {
        self.cache.read(|view| at(view, id))
    }

    /// The user has looked at the provider's console: no key is there that nobody has.
    pub fn forget_key_asked(&mut self, id: RecordId) -> Result<(), Error> {
        self.cache.write(|change| over(change, id))
    }
}

pub(super) fn at(view: &View<'_>, old: RecordId) -> Result<Option<u64>, Error> {
    let text = view.setting(&name(old))?;
    // When is of no account: that it was asked for is what counts.
    let at = |text: Vec<u8>| String::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    Ok(text.map(at))
}

pub(super) fn note(change: &mut Change<'_>, old: RecordId) -> Result<(), Error> {
    Ok(change.set_setting(&name(old), now().to_string().as_bytes())?)
}

pub(super) fn over(change: &mut Change<'_>, old: RecordId) -> Result<(), Error> {
    Ok(change.remove_setting(&name(old))?)
}

/// It is known by the credential that has the name.
pub(super) fn follow(change: &mut Change<'_>, old: RecordId, new: RecordId) -> Result<(), Error> {
    let Some(text) = change.setting(&name(old))? else { return Ok(()) };
    change.set_setting(&name(new), &text)?;
    over(change, old)
}

fn name(old: RecordId) -> String {
    format!("key_asked:{old}")
}
