//! Into the trash: the sealed values stay with the record until it is forgotten.

use keymoor_protocol::RecordId;

use crate::activity::Deed;
use crate::clock::now;
use crate::drafts::{self, Saved};
use crate::error::Error;
use crate::vault::Vault;

impl Vault {
    /// Moves a credential into the trash.
    pub fn trash(&mut self, id: RecordId) -> Result<Saved, Error> {
        self.trash_if(id, None)
    }

    /// The same, as long as `still` is its version ([`Saved::version_id`]).
    ///
    /// # Errors
    /// [`Error::ChangedMeanwhile`] if it is not.
    pub fn trash_if(&mut self, id: RecordId, still: Option<&str>) -> Result<Saved, Error> {
        self.heal(id)?;
        let (saved, ()) = self.save(|change, keys| {
            let before = drafts::current(change, keys, id)?;
            drafts::must_still_be(&before, still)?;
            if before.meta.deleted() {
                return Err(Error::NotFound);
            }
            let content = before.clone().delete(drafts::actor(change, keys)?, now());
            Ok((drafts::replace(change, keys, id, &before, &content)?.by(Deed::Deleted), ()))
        })?;
        Ok(saved)
    }
}
