//! Back to an older version: its values are written again, as a new edit.

use keymoor_protocol::RecordId;

use crate::clock::now;
use crate::content::field;
use crate::drafts::{self, Saved};
use crate::error::Error;
use crate::find;
use crate::vault::Vault;

impl Vault {
    /// Gives a credential the values that it had at `version`; what it has now stays in the history.
    ///
    /// # Errors
    /// [`Error::NameTaken`] if its name of then is another's by now.
    pub fn revert(&mut self, id: RecordId, version: u64) -> Result<Saved, Error> {
        let old = self.versions(id)?.into_iter().find(|(content, ..)| content.meta.version() == version);
        let (old, ..) = old.ok_or(Error::NoSuchVersion)?;
        let (saved, ()) = self.save(|change, keys| {
            let (provider, name) = (old.meta.text(field::PROVIDER), old.meta.text(field::NAME));
            find::must_be_free(change, keys, provider, name, Some(id))?;
            let mut action = drafts::current(change, keys, id)?.act(drafts::actor(change, keys)?, now());
            action.revert_to(&old);
            let content = action.finish();
            drafts::write(change, keys, id, &content)?;
            Ok((id, content.meta.version(), ()))
        })?;
        Ok(saved)
    }
}
