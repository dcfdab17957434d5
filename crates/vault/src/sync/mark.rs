//! The keychain's mark against the cache: a cache that was put back from an older copy.
//!
//! It has forgotten what it had seen, and a server could show it an older state as the newest. The keychain has not: the
//! commit that its mark names has to be in the log, as has the one that a kit names.

use crate::error::Error;
use crate::homes::entries::Mark;
use crate::homes::mirror::MARK_SLOT;
use crate::vault::Vault;

/// The cache's note of the mark that it was last held against.
const MET: &str = "mark_met";

impl Vault {
    /// Makes the state that the keychain remembers one that the next pull must reach, if this cache is older.
    pub(crate) fn meet_mark(&mut self) -> Result<(), Error> {
        let vault = self.keys.vault;
        if self.remembered.as_ref().is_some_and(|remembered| remembered.mark_met == Some(vault)) {
            return Ok(());
        }
        let mark = self.read_mark()?;
        if let Some(mark) = mark {
            self.reach(mark)?;
        }
        if let Some(remembered) = &mut self.remembered {
            remembered.mark_met = Some(vault);
        }
        Ok(())
    }

    fn reach(&mut self, mark: Mark) -> Result<(), Error> {
        let older = self.cache.read(|view| {
            let device = view.device()?.ok_or(Error::Locked)?;
            let is = |note: Option<Vec<u8>>| {
                note.and_then(|bytes| Mark::decode(&bytes).ok())
                    .is_some_and(|noted| noted.cursor == mark.cursor)
            };
            // What this cache wrote or has met is no news: its log may have gone another way since, and be shorter.
            let known = is(view.setting(MARK_SLOT)?) || is(view.setting(MET)?);
            Ok::<_, Error>(!known && mark.cursor.seq > device.cursor.seq)
        })?;
        if !older {
            return Ok(());
        }
        self.cache.write(|change| {
            change.know_head(mark.cursor)?;
            let mut device = change.device()?.ok_or(Error::Locked)?;
            device.epoch = device.epoch.max(mark.epoch);
            device.document_version = device.document_version.max(mark.document_version);
            change.set_device(&device)?;
            Ok::<_, Error>(change.set_setting(MET, &mark.encode())?)
        })
    }
}
