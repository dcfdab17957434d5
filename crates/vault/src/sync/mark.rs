//! The keychain's mark against the cache: a cache that was put back from an older copy.
//!
//! It has forgotten what it had seen, and a server could show it an older state as the newest. The keychain has not: the
//! cache takes over what lies there, and goes on from the commit that the mark names.

use crate::error::Error;
use crate::homes::entries::Mark;
use crate::homes::mirror::MARK_SLOT;
use crate::vault::Vault;

impl Vault {
    /// Catches up with the keychain, if this cache is older than what that remembers.
    pub(crate) fn meet_mark(&mut self) -> Result<(), Error> {
        let vault = self.keys.vault;
        let device = self.cache.read(|view| view.device())?.ok_or(Error::Locked)?;
        if self.remembered.as_mut().is_some_and(|known| known.has_met_mark(vault, device.cursor.seq)) {
            return Ok(());
        }
        if let Some(mark) = self.read_mark()? {
            self.reach(mark)?;
        }
        if let Some(remembered) = &mut self.remembered {
            remembered.meet_mark(vault, device.cursor.seq);
        }
        Ok(())
    }

    fn reach(&mut self, mark: Mark) -> Result<(), Error> {
        let older = self.cache.read(|view| {
            let device = view.device()?.ok_or(Error::Locked)?;
            let noted = view.setting(MARK_SLOT)?.and_then(|bytes| Mark::decode(&bytes).ok());
            // What this cache wrote or has met is no news: its log may have gone another way since, and be shorter.
            let known = noted.is_some_and(|noted| noted.cursor == mark.cursor);
            Ok::<_, Error>(!known && mark.cursor.seq > device.cursor.seq)
        })?;
        if older { self.catch_up(Some(mark)) } else { Ok(()) }
    }
}
