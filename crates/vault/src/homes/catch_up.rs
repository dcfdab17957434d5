//! A cache that turns out to be an older copy of itself: it goes on as a new actor, and takes over what the keychain has.
//!
//! A disk image or a backup of the data directory brings back what the cache knew then. Its actor gave stamps meanwhile that
//! it knows nothing of, so the first thing is another actor: a step that needs nothing but this cache. The keychain was
//! written after the image ever since: as in a rebuild, what both have of a record is merged, and the next sync takes a
//! snapshot. Until that was read, nothing is written over it.

use std::collections::BTreeSet;

use keymoor_cache::{Cache, Change, View};
use keymoor_keychain::{EntryId, Stored};
use keymoor_protocol::{ActorId, RecordId};

use crate::config::Backend;
use crate::drafts;
use crate::error::Error;
use crate::homes::entries::Mark;
use crate::homes::layers::put;
use crate::homes::mirror::{MARK_SLOT, from_slot, slot_key};
use crate::homes::rebuild::examine;
use crate::keys::Keys;
use crate::notice::Notice;
use crate::rules::copies::Lives;
use crate::sync::take::new_actor;
use crate::vault::Vault;

/// The cache's note of the file that it lies in.
const FILE: &str = "file";
/// The cache's note that this is an older copy, and the keychain still to be read. It holds the actors, 16 bytes each, that
/// may have stamped before that was noticed.
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
        let keys = &self.keys;
        self.cache.write(|change| {
            // Looked at again: another process may have been faster.
            if change.setting(FILE)?.is_some_and(|noted| noted != file) {
                another(change, keys, &[])?;
            }
            Ok(change.set_setting(FILE, &file)?)
        })
    }

    /// Where this is an older copy and the keychain was out of reach so far: what lies there comes first, and is not written
    /// over.
    pub(crate) fn read_keychain_first(&mut self) -> Result<(), Error> {
        if self.cache.read(is_behind)? { self.catch_up(None) } else { Ok(()) }
    }

    /// Takes over what the keychain has. `mark` is the newest state that it remembers, where that is beyond this cache.
    pub(crate) fn catch_up(&mut self, mark: Option<Mark>) -> Result<(), Error> {
        let Some(keychain) = self.keychain.clone() else { return Ok(()) };
        if mark.is_some() {
            let keys = &self.keys;
            self.cache.write(|change| older(change, keys).map(drop))?;
        }
        let all = keychain.read_all()?;
        self.merge_copies(all, mark)
    }

    fn merge_copies(&mut self, all: Vec<(EntryId, Vec<Stored>)>, mark: Option<Mark>) -> Result<(), Error> {
        let keys = &self.keys;
        let taken = self.cache.write(|change| {
            let mut taken = 0;
            let doubted = change.setting(UNREAD)?.unwrap_or_default();
            let doubted: Vec<ActorId> = doubted.as_chunks::<16>().0.iter().map(|id| ActorId(*id)).collect();
            let now = drafts::actor(change, keys)?;
            // What was edited in this life and is not marked lies in the keychain as it stands here.
            let unmirrored: BTreeSet<RecordId> = change.unmirrored(u32::MAX)?.into_iter().collect();
            for (entry, generations) in all {
                let EntryId::Record(id) = entry else { continue };
                if unmirrored.contains(&id) && !change.holds(id)? {
                    continue; // forgotten here, and its copy is still to go
                }
                let found = examine(keys, None, id, generations);
                // What does not open there is for `doctor` to tell.
                let (Some(copy), Some(slot)) = (found.good, found.slot) else { continue };
                let layers = (drafts::legible(change.base(id))?, layer_of(change, id)?);
                let before = layers.1.as_ref().or(layers.0.as_ref().map(|base| &base.record));
                let before = before.map(keymoor_protocol::Record::digest);
                let erased = change.is_erased(id)?;
                change.set_slot(&slot_key(id), from_slot(slot))?;
                let former = if unmirrored.contains(&id) { &doubted[..] } else { &[] };
                let lives = Lives { former, now };
                let now_is = put(change, keys, id, Some(&copy), Some(&layers), erased, lives)?;
                let shown = now_is.draft.as_ref().or(now_is.base.as_ref().map(|base| &base.record));
                taken += u64::from(shown.map(keymoor_protocol::Record::digest) != before);
            }
            // What was frozen then stays so: the next pull, or the whole chain, tells whether it was accepted since. Let go, it
            // would be taken for an edit of what somebody erased meanwhile.
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

/// Whether this is an older copy that has yet to read the keychain.
pub(crate) fn is_behind(view: &View<'_>) -> Result<bool, Error> {
    Ok(view.setting(UNREAD)?.is_some())
}

/// This turns out to be an older copy, whose actor may have stamped since it was put there. Returns who it is from now on.
fn older(change: &mut Change<'_>, keys: &Keys) -> Result<ActorId, Error> {
    let old = drafts::actor(change, keys)?;
    another(change, keys, &old.0)
}

/// Another actor, and a keychain that is to be read before it is written to.
fn another(change: &mut Change<'_>, keys: &Keys, doubted: &[u8]) -> Result<ActorId, Error> {
    let device = drafts::device(change, keys)?;
    if device.keychain == Backend::System.as_str() {
        let before = change.setting(UNREAD)?.unwrap_or_default();
        change.set_setting(UNREAD, &[&before, doubted].concat())?;
    }
    new_actor(change, device.actor)
}

fn layer_of(change: &Change<'_>, id: RecordId) -> Result<Option<keymoor_protocol::Record>, Error> {
    Ok(drafts::legible(change.draft(id))?.map(|draft| draft.record))
}

#[cfg(test)]
mod tests;
