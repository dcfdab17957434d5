//! Back from the trash: every value is written again, as a new edit.

use keymoor_protocol::RecordId;

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
        self.heal(id)?;
        let (saved, ()) = self.save(|change, keys| {
            let content = drafts::current(change, keys, id)?;
            if !content.meta.deleted() {
                return Err(Error::NotFound);
            }
            let (provider, name) = (content.meta.text(field::PROVIDER), content.meta.text(field::NAME));
            find::must_be_free(change, keys, provider, name, Some(id))?;
            let mut action = content.act(drafts::actor(change, keys)?, now());
            action.write_again();
            let content = action.finish();
            change.unmark_erased(id)?;
            drafts::write(change, keys, id, &content)?;
            Ok((id, content.meta.version(), ()))
        })?;
        Ok(saved)
    }
}
