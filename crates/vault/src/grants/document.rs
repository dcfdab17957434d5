//! The grants as they lie in the cache: one envelope, as a setting.

use std::collections::BTreeMap;

use keymoor_cache::{Change, View};
use keymoor_protocol::{Class, Envelope, RecordId, base64url};
use serde::{Deserialize, Serialize};

use super::GrantScope;
use crate::drafts;
use crate::error::Error;
use crate::keys::Keys;

/// The setting.
pub(super) const GRANTS: &str = "grants";
/// What stands in the place of a record's id.
const ID: RecordId = RecordId(*b"keymoor/grants\0\0");
const SCHEMA: u16 = 1;

/// All of them, by name.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(super) grants: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(super) program: String,
    /// SHA-256 of the token.
    #[serde(with = "base64url")]
    pub(super) hash: Vec<u8>,
    pub(super) scope: GrantScope,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) only: Option<Vec<RecordId>>,
    /// Milliseconds since 1970.
    pub(super) made: u64,
    /// Milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) used: Option<u64>,
}

impl Entry {
    pub(super) fn new(
        program: &str,
        hash: [u8; 32],
        scope: GrantScope,
        only: Option<Vec<RecordId>>,
        made: u64,
    ) -> Self {
        Self { program: program.to_owned(), hash: hash.to_vec(), scope, only, made, used: None }
    }
}

impl Document {
    /// What does not open lets nobody in.
    ///
    /// # Errors
    /// [`Error::NewerRecord`] if a newer version of Keymoor wrote it: it may limit what this one does not know of.
    pub(crate) fn read(view: &View<'_>, keys: &Keys) -> Result<Self, Error> {
        drafts::device(view, keys)?; // after a join elsewhere these keys open nothing here
        Self::read_sealed(view, keys)
    }

    fn read_sealed(view: &View<'_>, keys: &Keys) -> Result<Self, Error> {
        let Some(envelope) = view.setting(GRANTS)?.and_then(|bytes| Envelope::try_from(bytes).ok()) else {
            return Ok(Self::default());
        };
        if envelope.header().schema > SCHEMA {
            return Err(Error::NewerRecord);
        }
        let text = keys.open_envelope(ID, 1, Class::Device, &envelope).ok();
        Ok(text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default())
    }

    pub(super) fn write(&self, change: &mut Change<'_>, keys: &Keys) -> Result<(), Error> {
        // Names, ids, hashes and numbers: nothing in it that could not be written as JSON.
        let text = serde_json::to_vec(self).unwrap_or_default();
        let sealed = keys.envelope(Class::Device, ID, 1, SCHEMA, &text)?;
        Ok(change.set_setting(GRANTS, sealed.as_bytes())?)
    }
}

/// Seals the grants anew, for keys that take the place of others; the credentials have the new ids of `reborn`.
pub(crate) fn hand_over(
    change: &mut Change<'_>,
    from: &Keys,
    to: &Keys,
    reborn: &BTreeMap<RecordId, RecordId>,
) -> Result<(), Error> {
    let mut document = match Document::read_sealed(change, from) {
        Err(Error::NewerRecord) => Document::default(), // nobody here could seal it anew
        read => read?,
    };
    for grant in &mut document.grants {
        for id in grant.only.iter_mut().flatten() {
            *id = reborn.get(id).copied().unwrap_or(*id);
        }
    }
    if document.grants.is_empty() { Ok(()) } else { document.write(change, to) }
}

/// Grants of the one are grants of the other, which took its place and its name.
pub(crate) fn follow(
    change: &mut Change<'_>,
    keys: &Keys,
    old: RecordId,
    new: RecordId,
) -> Result<(), Error> {
    let mut document = match Document::read(change, keys) {
        Err(Error::NewerRecord) => return Ok(()), // not ours to write; whoever wrote it sees what there is
        read => read?,
    };
    let mut changed = false;
    for only in document.grants.iter_mut().filter_map(|grant| grant.only.as_mut()) {
        if only.contains(&old) {
            only.retain(|id| *id != old && *id != new);
            only.push(new);
            changed = true;
        }
    }
    if changed { document.write(change, keys) } else { Ok(()) }
}

/// The programs that were let in for a credential by name at this time or later.
pub(crate) fn since(view: &View<'_>, keys: &Keys, id: RecordId, at: u64) -> Result<Vec<String>, Error> {
    let document = match Document::read(view, keys) {
        Err(Error::NewerRecord) => return Ok(Vec::new()),
        read => read?,
    };
    let grants = document.grants.into_iter();
    let of_it =
        |grant: &Entry| grant.made >= at && grant.only.as_ref().is_some_and(|only| only.contains(&id));
    Ok(grants.filter(of_it).map(|grant| grant.program).collect())
}

/// Puts a text down as if such a version had written it.
#[cfg(test)]
pub(super) fn write_as(vault: &mut crate::vault::Vault, schema: u16, text: &[u8]) {
    let sealed = vault.keys.envelope(Class::Device, ID, 1, schema, text).unwrap();
    vault.cache.write(|change| change.set_setting(GRANTS, sealed.as_bytes())).unwrap();
}
