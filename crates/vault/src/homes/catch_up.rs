//! A cache that turns out to be an older copy of itself: it goes on as a new actor, and takes over what the keychain has.
//!
//! A disk image or a backup of the data directory brings back what the cache knew then. Its actor gave stamps meanwhile that
//! it knows nothing of, so the first thing is another actor: a step that needs nothing but this cache. The keychain was
//! written after the image ever since: as in a rebuild, what both have of a record is merged, and the next sync takes a
//! snapshot. Until that was read, nothing is written over it.

use keymoor_cache::Cache;
use keymoor_keychain::{EntryId, Stored};
use keymoor_protocol::RecordId;

use crate::drafts;
use crate::error::Error;
use crate::homes::entries::Mark;
use crate::homes::mirror::{MARK_SLOT, from_slot, slot_key};
use crate::homes::rebuild::{examine, put};
use crate::notice::Notice;
use crate::sync::take::new_actor;
use crate::vault::Vault;

/// The cache's note of the file that it lies in.
const FILE: &str = "file";
/// The cache's note that this is an older copy, and the keychain still to be read.
const UNREAD: &str = "keychain_unread";

impl Vault {
    /// Catches up with the keychain if the cache file is another one than it was: somebody put a copy in its place. One that
    /// was written over byte by byte is not noticed here, but by the mark, by a pull, or by `doctor`.
    pub(crate) fn meet_file(&mut self) -> Result<(), Error> {
        self.note_file()?;
        self.read_keychain_first()
    }

    /// Notes the file that the cache lies in; in another one than before it stamps as another actor. Asked before anything
    /// is stamped: it needs the disk alone, and waits for no keychain.
    pub(crate) fn note_file(&mut self) -> Result<(), Error> {
        let Some(file) = Cache::identity(self.config.home()) else { return Ok(()) };
        if self.cache.read(|view| view.setting(FILE))?.is_some_and(|noted| noted == file) {
            return Ok(());
        }
        let (keys, keychain) = (&self.keys, self.keychain.is_some());
        self.cache.write(|change| {
            // Looked at again: another process may have been faster.
            if change.setting(FILE)?.is_some_and(|noted| noted != file) {
                let old = drafts::actor(change, keys)?;
                new_actor(change, old)?;
                if keychain {
                    change.set_setting(UNREAD, b"")?;
                }
            }
            Ok(change.set_setting(FILE, &file)?)
        })
    }

    /// Where this is an older copy and the keychain was out of reach so far: what lies there comes first, and is not written
    /// over.
    pub(crate) fn read_keychain_first(&mut self) -> Result<(), Error> {
        match self.cache.read(|view| view.setting(UNREAD))? {
            Some(_) => self.catch_up(None),
            None => Ok(()),
        }
    }

    /// Takes over what the keychain has. `mark` is the newest state that it remembers, where that is beyond this cache.
    pub(crate) fn catch_up(&mut self, mark: Option<Mark>) -> Result<(), Error> {
        let Some(keychain) = self.keychain.clone() else { return Ok(()) };
        if mark.is_some() {
            let keys = &self.keys;
            self.cache.write(|change| {
                let old = drafts::actor(change, keys)?;
                new_actor(change, old)?;
                Ok::<_, Error>(change.set_setting(UNREAD, b"")?)
            })?;
        }
        let all = keychain.read_all()?;
        self.merge_copies(all, mark)
    }

    fn merge_copies(&mut self, all: Vec<(EntryId, Vec<Stored>)>, mark: Option<Mark>) -> Result<(), Error> {
        let keys = &self.keys;
        let taken = self.cache.write(|change| {
            let mut taken = 0;
            for (entry, generations) in all {
                let EntryId::Record(id) = entry else { continue };
                let found = examine(keys, None, id, generations);
                // What does not open there is for `doctor` to tell.
                let (Some(copy), Some(slot)) = (found.good, found.slot) else { continue };
                let layers = (drafts::legible(change.base(id))?, layer_of(change, id)?);
                let before = layers.1.as_ref().or(layers.0.as_ref().map(|base| &base.record));
                let before = before.map(keymoor_protocol::Record::digest);
                let erased = change.is_erased(id)?;
                change.set_slot(&slot_key(id), from_slot(slot))?;
                let now_is = put(change, keys, id, Some(&copy), Some(&layers), erased)?;
                let shown = now_is.draft.as_ref().or(now_is.base.as_ref().map(|base| &base.record));
                taken += u64::from(shown.map(keymoor_protocol::Record::digest) != before);
            }
            // What was frozen then is in the drafts, too; whether it was accepted since, the snapshot tells.
            change.thaw()?;
            if let Some(mark) = &mark {
                let mut device = drafts::device(change, keys)?;
                (device.cursor, device.rebuilt) = (mark.cursor, true);
                device.epoch = device.epoch.max(mark.epoch);
                device.document_version = device.document_version.max(mark.document_version);
                change.set_device(&device)?;
                change.set_setting(MARK_SLOT, &mark.encode())?;
            }
            change.remove_setting(UNREAD)?;
            Ok::<_, Error>(taken)
        })?;
        if taken > 0 || mark.is_some() {
            self.tell(Notice::CacheWasOlder { taken });
        }
        Ok(())
    }
}

fn layer_of(
    change: &keymoor_cache::Change<'_>,
    id: RecordId,
) -> Result<Option<keymoor_protocol::Record>, Error> {
    Ok(drafts::legible(change.draft(id))?.map(|draft| draft.record))
}

#[cfg(test)]
mod tests;
