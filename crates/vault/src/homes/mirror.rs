//! The write-through copy in the keychain: one entry a record, written after the cache.
//!
//! A record whose copy is behind is marked in the cache, in the transaction that changed it, so that nothing is forgotten
//! when the keychain is locked, full or slow: the next save or sync goes on where this one stopped.

use std::time::Duration;

use keymoor_cache::Current;
use keymoor_keychain::{EntryId, Keychain, Slot};
use keymoor_protocol::{Record, RecordId};

use crate::drafts;
use crate::error::{Error, KeychainProblem};
use crate::homes::copy::Copy;
use crate::homes::entries::Mark;
use crate::homes::lock::Lock;
use crate::vault::Vault;

const MARK_SLOT: &str = "mark";
/// How long a save waits for another process that is writing to the keychain, and may wait for its prompt.
const PATIENCE: Duration = Duration::from_secs(10);

impl Vault {
    /// Writes up to `limit` copies that are behind; returns how many are left. Can be stopped and gone on with at any time.
    pub fn mirror(&mut self, limit: u32) -> Result<u64, Error> {
        if self.keychain.is_none() {
            return Ok(0);
        }
        // Before the copies: one that is newer than the mark would be put back although others may have deleted it since.
        self.write_mark()?;
        let behind = self.cache.read(|view| view.unmirrored(u32::MAX))?;
        let mut room = limit;
        // What is to go goes last: after a join it is the only other copy of what comes.
        for deletes in [false, true] {
            for id in &behind {
                if room == 0 {
                    break;
                }
                room -= u32::from(self.mirror_if(*id, deletes)? == Mirrored::Done);
            }
        }
        let left = self.cache.read(|view| view.unmirrored_count())?;
        if left == 0 {
            self.drop_former()?;
        }
        Ok(left)
    }

    /// Writes one record's copy, or deletes it where the cache has the record no more.
    ///
    /// # Errors
    /// [`Error::Unreadable`] if what the cache has does not open: it never replaces a copy that may.
    pub(crate) fn mirror_record(&mut self, id: RecordId) -> Result<(), Error> {
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
            self.cache.write(|change| {
                change.clear_slot(&key)?;
                change.mirrored(id, None)
            })?;
            return Ok(Mirrored::Done);
        };
        let Some(bytes) = self.copy_of(&current).and_then(|copy| copy.encode(&self.keys.copy)) else {
            return Ok(Mirrored::Unreadable);
        };
        let written = keychain.put(entry, &bytes, slot.map(to_slot))?;
        self.cache.write(|change| {
            change.set_slot(&key, from_slot(written))?;
            change.mirrored(id, Some(&current)) // if it was changed meanwhile, its mark stays
        })?;
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

    /// Takes the newest state seen into the keychain, if it moved.
    pub(crate) fn write_mark(&mut self) -> Result<(), Error> {
        let Some(keychain) = self.keychain.clone() else { return Ok(()) };
        let (device, slot, written) = self.cache.read(|view| {
            Ok::<_, Error>((
                view.device()?.ok_or(Error::Locked)?,
                view.slot(MARK_SLOT)?,
                view.setting(MARK_SLOT)?,
            ))
        })?;
        let mark =
            Mark { epoch: device.epoch, document_version: device.document_version, cursor: device.cursor };
        let bytes = mark.encode();
        if device.server.is_none() || written.as_deref() == Some(bytes.as_slice()) {
            return Ok(());
        }
        let slot = keychain.put(EntryId::Mark, &bytes, slot.map(to_slot))?;
        self.cache.write(|change| {
            change.set_slot(MARK_SLOT, from_slot(slot))?;
            change.set_setting(MARK_SLOT, &bytes)
        })?;
        Ok(())
    }
}

/// The newest state that the keychain remembers.
pub(crate) fn read_mark(keychain: &Keychain) -> Result<Option<Mark>, Error> {
    let stored = keychain.get(EntryId::Mark, None)?;
    Ok(stored.and_then(|stored| Mark::decode(&stored.bytes).ok()))
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
