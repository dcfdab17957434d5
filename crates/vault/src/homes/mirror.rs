//! The write-through copy in the keychain: one entry a record, written after the cache.
//!
//! A record whose copy is behind is marked in the cache, in the transaction that changed it, so that nothing is forgotten
//! when the keychain is locked, full or slow: the next save or sync goes on where this one stopped.

use std::time::Duration;

use keymoor_cache::Current;
use keymoor_fail_points::reached;
use keymoor_keychain::{EntryId, Slot};
use keymoor_protocol::{KeysDocument, Record, RecordId};
use keymoor_sealing::document;
use sha2::{Digest as _, Sha256};

use crate::drafts;
use crate::error::{Error, KeychainProblem};
use crate::homes::copy::Copy;
use crate::homes::entries::Mark;
use crate::homes::lock::Lock;
use crate::keys::Keys;
use crate::vault::Vault;

/// The cache's names for where the mark and the keys document lie, and for what was written there last.
pub(crate) const MARK_SLOT: &str = "mark";
pub(crate) const DOCUMENT_SLOT: &str = "document";
/// How long a save waits for another process that is writing to the keychain, and may wait for its prompt.
const PATIENCE: Duration = Duration::from_secs(10);

impl Vault {
    /// Writes up to `limit` copies that are behind; returns how many are left to write. Can be stopped and gone on with at any
    /// time. What cannot be read cannot be written: it stays behind and is not counted.
    pub fn mirror(&mut self, limit: u32) -> Result<u64, Error> {
        if self.keychain.is_none() {
            return Ok(0);
        }
        self.read_keychain_first()?;
        // Before the copies: one that is newer than the mark would be put back although others may have deleted it since.
        self.write_mark()?;
        self.write_document()?;
        let behind = self.cache.read(|view| view.unmirrored(u32::MAX))?;
        let (mut room, mut unreadable) = (limit, 0);
        // What is to go goes last: after a join it is the only other copy of what comes.
        for deletes in [false, true] {
            for id in &behind {
                if room == 0 {
                    break;
                }
                match self.mirror_if(*id, deletes)? {
                    Mirrored::Done => room -= 1,
                    Mirrored::Unreadable if !deletes => unreadable += 1,
                    Mirrored::Unreadable | Mirrored::Other => {}
                }
            }
        }
        let left = self.cache.read(|view| view.unmirrored_count())?;
        if left == 0 {
            self.drop_former()?;
        }
        Ok(left.saturating_sub(unreadable))
    }

    /// Writes one record's copy, or deletes it where the cache has the record no more.
    ///
    /// # Errors
    /// [`Error::Unreadable`] if what the cache has does not open: it never replaces a copy that may.
    pub(crate) fn mirror_record(&mut self, id: RecordId) -> Result<(), Error> {
        self.read_keychain_first()?;
        self.write_mark()?; // before the copy, as above; mostly it is there already
        for deletes in [false, true] {
            match self.mirror_if(id, deletes)? {
                Mirrored::Done => return Ok(()),
                Mirrored::Unreadable => return Err(Error::Unreadable { id, homes: Vec::new() }),
                Mirrored::Other => {}
            }
        }
        Ok(())
    }

    pub(crate) fn mirror_if(&mut self, id: RecordId, deletes: bool) -> Result<Mirrored, Error> {
        let Some(keychain) = self.keychain.clone() else { return Ok(Mirrored::Done) };
        // Read and written under one lock: of two processes that save one record, neither may put an older copy over a newer.
        let lock = Lock::wait_for(&self.config, "mirror", PATIENCE)?;
        let _lock = lock.ok_or(Error::Keychain(KeychainProblem::Other))?;
        match self.take_over_lost(id) {
            Err(Error::Unreadable { .. } | Error::Cache(keymoor_cache::Error::Record(_))) => {
                return Ok(Mirrored::Unreadable);
            }
            done => done?,
        }
        let key = slot_key(id);
        let keys = &self.keys;
        let read = self.cache.read(|view| {
            drafts::device(view, keys)?;
            Ok::<_, Error>((view.current(id)?, view.slot(&key)?))
        });
        let (current, slot) = match read {
            Err(Error::Cache(keymoor_cache::Error::Record(_))) => return Ok(Mirrored::Unreadable),
            read => read?,
        };
        if current.is_none() != deletes {
            return Ok(Mirrored::Other);
        }
        let entry = EntryId::Record(id);
        let Some(current) = current else {
            keychain.delete(entry)?;
            reached("mirror.deleted");
            self.cache.write(|change| {
                change.clear_slot(&key)?;
                change.mirrored(id, None)
            })?;
            return Ok(Mirrored::Done);
        };
        let Some(bytes) = self.copy_of(&current).and_then(|copy| copy.encode(&self.keys.copy)) else {
            return Ok(Mirrored::Unreadable);
        };
        reached("mirror.before");
        let written = keychain.put(entry, &bytes, slot.map(to_slot))?;
        reached("mirror.copied");
        self.cache.write(|change| {
            change.set_slot(&key, from_slot(written))?;
            change.mirrored(id, Some(&current)) // if it was changed meanwhile, its mark stays
        })?;
        reached("mirror.done");
        Ok(Mirrored::Done)
    }

    /// What the keychain is to have of a record; `None` if what is shown of it does not open. A base that does not open is
    /// left out under a draft that does.
    fn copy_of(&self, current: &Current) -> Option<Copy> {
        let opens = |record: &Record| self.keys.open(record).is_ok();
        let draft = current.draft.as_ref().map(|draft| draft.record.clone());
        let base = current.base.clone().filter(|base| opens(&base.record));
        match &draft {
            Some(draft) if !opens(draft) => None,
            None if base.is_none() => None,
            _ => Some(Copy { base, draft, erased: current.erased }),
        }
    }

    /// Takes the newest state seen into the keychain, if it moved. What lies there never falls, but with this cache itself.
    pub(crate) fn write_mark(&mut self) -> Result<(), Error> {
        let Some(keychain) = self.keychain.clone() else { return Ok(()) };
        let (device, slot, known) = self.cache.read(|view| {
            Ok::<_, Error>((
                view.device()?.ok_or(Error::Locked)?,
                view.slot(MARK_SLOT)?,
                view.setting(MARK_SLOT)?.and_then(|bytes| Mark::decode(&bytes).ok()),
            ))
        })?;
        let here = Mark {
            vault: device.vault,
            epoch: device.epoch,
            document_version: device.document_version,
            cursor: device.cursor,
        };
        if device.server.is_none() || known == Some(here) {
            return Ok(());
        }
        let stored = keychain.get(EntryId::Mark, slot.map(to_slot))?;
        let there = stored.as_ref().and_then(|stored| Mark::decode(&stored.bytes).ok());
        let next = here.after(there, known);
        let slot = match (&stored, there == Some(next)) {
            (Some(stored), true) => stored.slot,
            (stored, _) => {
                let before = stored.as_ref().map(|stored| stored.slot).max(slot.map(to_slot));
                reached("mark.before");
                keychain.put(EntryId::Mark, &next.encode(), before)?
            }
        };
        reached("mark.written");
        self.cache.write(|change| {
            change.set_slot(MARK_SLOT, from_slot(slot))?;
            // Only a mark at which this cache was itself is noted as known.
            if next.cursor == here.cursor { change.set_setting(MARK_SLOT, &next.encode()) } else { Ok(()) }
        })?;
        Ok(())
    }

    /// The newest state that the keychain remembers of this vault; `None` without a keychain, and where it has no mark.
    /// A cache that is behind it was put back from a backup, or a rebuild did not know better.
    pub(crate) fn read_mark(&mut self) -> Result<Option<Mark>, Error> {
        let Some(keychain) = self.keychain.clone() else { return Ok(None) };
        let slot = self.cache.read(|view| view.slot(MARK_SLOT))?;
        let stored = keychain.get(EntryId::Mark, slot.map(to_slot))?;
        let mark = stored.and_then(|stored| Mark::decode(&stored.bytes).ok());
        Ok(mark.filter(|mark| mark.vault == self.keys.vault))
    }

    /// Takes the keys document into the keychain, if the cache has another one than when it was written last. A genuine one
    /// that is newer stays.
    pub(crate) fn write_document(&mut self) -> Result<(), Error> {
        let Some(keychain) = self.keychain.clone() else { return Ok(()) };
        let (document, slot, written) = self.cache.read(|view| {
            Ok::<_, Error>((view.keys_document()?, view.slot(DOCUMENT_SLOT)?, view.setting(DOCUMENT_SLOT)?))
        })?;
        let Some(bytes) = document else { return Ok(()) };
        let digest = Sha256::digest(&bytes);
        if written.as_deref() == Some(digest.as_slice()) {
            return Ok(());
        }
        let here = KeysDocument::decode(&bytes).map_or(0, |document| document.version);
        let stored = keychain.get(EntryId::Document, slot.map(to_slot))?;
        let there = stored.as_ref().and_then(|stored| genuine(&stored.bytes, &self.keys));
        let slot = match stored {
            Some(stored) if *stored.bytes == *bytes || there.is_some_and(|there| there.version > here) => {
                stored.slot
            }
            stored => {
                let before = stored.map(|stored| stored.slot).max(slot.map(to_slot));
                keychain.put(EntryId::Document, &bytes, before)?
            }
        };
        self.cache.write(|change| {
            change.set_slot(DOCUMENT_SLOT, from_slot(slot))?;
            change.set_setting(DOCUMENT_SLOT, &digest)
        })?;
        Ok(())
    }
}

/// A keys document, if it is this vault's own: the MAC under its root key says so.
pub(crate) fn genuine(bytes: &[u8], keys: &Keys) -> Option<KeysDocument> {
    let document = KeysDocument::decode(bytes).ok()?;
    let ours = (document.account, document.vault) == (keys.account, keys.vault);
    (ours && document::verify(&document, &keys.root).is_ok()).then_some(document)
}

/// What became of one copy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mirrored {
    /// Written, or deleted.
    Done,
    /// Not asked for: it is to be deleted, or not.
    Other,
    /// What the cache has of it does not open.
    Unreadable,
}

/// The cache's name for where a record's copy lies.
pub(crate) fn slot_key(id: RecordId) -> String {
    id.to_string()
}

pub(crate) fn to_slot((generation, parts): (u64, u16)) -> Slot {
    Slot { generation, parts }
}

pub(crate) fn from_slot(slot: Slot) -> (u64, u16) {
    (slot.generation, slot.parts)
}
