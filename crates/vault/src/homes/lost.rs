//! A draft that rotted in the cache and was put aside there: what the keychain still has of it, before its copy is replaced.

use keymoor_cache::{Change, KeptLayer, Past};
use keymoor_keychain::EntryId;
use keymoor_protocol::{Record, RecordId};

use crate::clock::now;
use crate::drafts;
use crate::error::Error;
use crate::homes::copy::Copy;
use crate::keys::{Keys, is_newer};
use crate::notice::Notice;
use crate::rotate::asked;
use crate::rules::gone::reborn;
use crate::rules::take::{Left, left};
use crate::vault::Vault;

/// Remembers a draft that is dropped unread, until the keychain was asked for it.
pub(crate) fn remember(change: &mut Change<'_>, id: RecordId, draft: &KeptLayer) -> Result<(), Error> {
    Ok(change.set_setting(&setting(id), &draft.digest.0)?)
}

/// It is to go, wherever it is: the user erased it.
pub(crate) fn give_up(change: &mut Change<'_>, id: RecordId) -> Result<(), Error> {
    Ok(change.remove_setting(&setting(id))?)
}

fn setting(id: RecordId) -> String {
    format!("lost_draft.{id}")
}

impl Vault {
    /// Takes what the keychain has of a lost draft over into the cache. The caller holds the mirror's lock.
    ///
    /// # Errors
    /// As long as the keychain does not answer, and where what stands in the cache does not open: its copy has to stay.
    pub(crate) fn take_over_lost(&mut self, id: RecordId) -> Result<(), Error> {
        let Some(digest) = self.cache.read(|view| view.setting(&setting(id)))? else { return Ok(()) };
        let Some(keychain) = &self.keychain else { return Ok(()) };
        let generations = keychain.generations(EntryId::Record(id))?;
        let keys = &self.keys;
        let drafts =
            generations.iter().filter_map(|stored| Copy::decode(&keys.copy, &stored.bytes).ok()?.draft);
        let opened: Vec<Record> = drafts.filter(|draft| draft.id == id && keys.open(draft).is_ok()).collect();
        let same = opened.iter().find(|draft| draft.digest().0 == *digest);
        let back = self.cache.write(|change| {
            let back = match same.or(opened.first()) {
                Some(draft) => take_over(change, keys, draft, same.is_some())?,
                None => None,
            };
            give_up(change, id)?;
            Ok::<_, Error>(back)
        })?;
        back.into_iter().for_each(|notice| self.tell(notice));
        Ok(())
    }
}

/// `same`: whether it is what was lost, and not an earlier state of it, which is history only.
fn take_over(
    change: &mut Change<'_>,
    keys: &Keys,
    draft: &Record,
    same: bool,
) -> Result<Option<Notice>, Error> {
    let id = draft.id;
    let unreadable = |_| Error::Unreadable { id, homes: Vec::new() };
    let lost = keys.open(draft).map_err(unreadable)?;
    let Some(current) = change.current(id)? else {
        if lost.meta.deleted() {
            return Ok(None);
        }
        // The record was forgotten by somebody who had not seen this; see `forget`.
        let new = RecordId::generate();
        if lost.is_newer() {
            drafts::carry(change, keys, new, draft)?;
        } else {
            let actor = drafts::actor(change, keys)?;
            drafts::write(change, keys, new, &reborn(&lost, actor))?;
        }
        asked::follow(change, id, new)?;
        return Ok(Some(Notice::Back { name: lost.meta.title(), erased: true, here: false }));
    };
    let stands = keys.open(current.record()).map_err(unreadable)?;
    let newer = lost.is_newer() || stands.is_newer();
    if !same || newer || current.base.is_some_and(|base| is_newer(&base.record)) {
        let past = Past { record: draft.clone(), seq: None, saved_at: lost.meta.updated };
        change.keep_past(&past, now())?;
    } else if let Left::Draft(merged) = left(Some(&lost), &stands) {
        drafts::write(change, keys, id, &merged)?;
    }
    Ok(None)
}
