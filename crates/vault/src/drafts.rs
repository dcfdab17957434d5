//! Writing what the user did: one transaction in the cache, then the copy in the keychain.

use keymoor_cache::{Change, View};
use keymoor_protocol::RecordId;

use crate::account::join::FORMER;
use crate::clock::now;
use crate::content::Content;
use crate::error::{Error, KeychainProblem};
use crate::keys::Keys;
use crate::vault::Vault;

/// What became of a save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The credential.
    pub id: RecordId,
    /// Its version now.
    pub version: u64,
    /// Whether an earlier value was replaced (it stays in the history).
    pub replaced: bool,
    /// Whether the keychain has it, too. The cache has it in any case.
    pub keychain: Kept,
    /// Changes that the server has not seen yet; 0 without an account.
    pub waiting: u64,
}

/// Whether the keychain has a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It has.
    Yes,
    /// There is no keychain in use.
    Off,
    /// It could not be written now; the next save or sync tries again.
    Failed(KeychainProblem),
}

/// The content of a record as this device shows it, with both envelopes opened.
pub(crate) fn current(view: &View<'_>, keys: &Keys, id: RecordId) -> Result<Content, Error> {
    device(view, keys)?;
    let current = view.current(id)?.ok_or(Error::NotFound)?;
    let record = current.record();
    if record.meta.header().schema > crate::content::payload::SCHEMA {
        return Err(Error::NewerRecord);
    }
    // Healed by `Vault::heal` before an edit; what still does not open is never written over.
    keys.open(record).map_err(|_| Error::Unreadable { id, homes: Vec::new() })
}

/// Puts `content` down as the draft of a record, sealed for the version that follows its base.
pub(crate) fn write(
    change: &mut Change<'_>,
    keys: &Keys,
    id: RecordId,
    content: &Content,
) -> Result<(), Error> {
    let version = change.base(id)?.map_or(1, |base| base.record.version + 1);
    // Not refused for its size: a merge may hold many alternates, and sync must not fail for one record. What the server
    // would not take waits, shown, until the user settles it.
    let record = keys.seal(id, version, content)?;
    change.put_draft(&record, keys.tags(&content.meta), now())?;
    Ok(())
}

impl Vault {
    /// Runs an edit in one write transaction, then takes it into the keychain. What broken rows need was healed before.
    ///
    /// # Errors
    /// Nothing is stored after an error.
    pub(crate) fn save<T>(
        &mut self,
        act: impl FnOnce(&mut Change<'_>, &Keys) -> Result<(RecordId, u64, T), Error>,
    ) -> Result<(Saved, T), Error> {
        let keys = &self.keys;
        let (id, version, more, waiting) = self.cache.write(|change| {
            let (id, version, more) = act(change, keys)?;
            let synced = device(change, keys)?.server.is_some();
            let waiting = if synced { change.draft_count()? } else { 0 };
            Ok::<_, Error>((id, version, more, waiting))
        })?;
        Ok((Saved { id, version, replaced: false, keychain: self.keep(id), waiting }, more))
    }

    /// Takes a finished save into the keychain, and a few copies that were left behind.
    fn keep(&mut self, id: RecordId) -> Kept {
        if self.keychain.is_none() {
            return Kept::Off;
        }
        match self.mirror_record(id) {
            Ok(()) => {
                let read = self.cache.read(|view| {
                    Ok::<_, keymoor_cache::Error>((view.unmirrored(LEFT_BEHIND)?, view.setting(FORMER)?))
                });
                let (behind, former) = read.unwrap_or_default();
                for id in behind {
                    // What cannot be written now stays marked. After a join the old copies go last, once the new ones are
                    // there.
                    let _ = match former {
                        Some(_) => self.mirror_if(id, false).map(drop),
                        None => self.mirror_record(id),
                    };
                }
                Kept::Yes
            }
            Err(Error::Keychain(problem)) => Kept::Failed(problem),
            // The value is in the cache and the mark says that the copy is behind.
            Err(_) => Kept::Failed(KeychainProblem::Other),
        }
    }
}

/// How many copies that an earlier save could not write a later one makes good.
const LEFT_BEHIND: u32 = 8;

/// The actor that signs this device's edits.
pub(crate) fn actor(view: &View<'_>, keys: &Keys) -> Result<keymoor_protocol::ActorId, Error> {
    Ok(device(view, keys)?.actor)
}

/// The device's row.
///
/// # Errors
/// [`keymoor_cache::Error::Replaced`] if another process joined an account since this vault was opened: what it seals under
/// the keys of before, nobody could open again.
pub(crate) fn device(view: &View<'_>, keys: &Keys) -> Result<keymoor_cache::Device, Error> {
    let device = view.device()?.ok_or(Error::Locked)?;
    if device.account == keys.account { Ok(device) } else { Err(keymoor_cache::Error::Replaced.into()) }
}
