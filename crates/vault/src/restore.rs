//! Back from the trash: every value is written again, as a new edit.

use keymoor_protocol::RecordId;

use crate::activity::Deed;
use crate::clock::now;
use crate::content::field;
use crate::drafts::{self, Saved};
use crate::error::Error;
use crate::find;
use crate::vault::Vault;

impl Vault {
    /// Takes a credential out of the trash.
    ///
    /// # Errors
    /// [`Error::NameTaken`] if its name is in use by now.
    pub fn restore(&mut self, id: RecordId) -> Result<Saved, Error> {
        self.restore_if(id, None)
    }

    /// The same, as long as `still` is its version ([`Saved::version_id`]).
    ///
    /// # Errors
    /// [`Error::ChangedMeanwhile`] if it is not.
    pub fn restore_if(&mut self, id: RecordId, still: Option<&str>) -> Result<Saved, Error> {
        self.heal(id)?;
        let (saved, ()) = self.save(|change, keys| {
            let before = drafts::current(change, keys, id)?;
            drafts::must_still_be(&before, still)?;
            if !before.meta.deleted() {
                return Err(Error::NotFound);
            }
            let (provider, name) = (before.meta.text(field::PROVIDER), before.meta.text(field::NAME));
            find::must_be_free(change, keys, provider, name, Some(id))?;
            let mut action = before.clone().act(drafts::actor(change, keys)?, now());
            action.write_again();
            change.unmark_erased(id)?;
            Ok((drafts::replace(change, keys, id, &before, &action.finish())?.by(Deed::Restored), ()))
        })?;
        Ok(saved)
    }
}
