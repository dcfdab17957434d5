//! Before it is said that nobody has a key: what does not open may have it.

use std::collections::BTreeSet;

use keymoor_protocol::RecordId;

use crate::error::Error;
use crate::list;
use crate::vault::Vault;

impl Vault {
    /// Heals every credential that does not open, in use or in the trash, as a list does. Returns those that no home within
    /// reach gives back: nobody can say what is in them.
    pub fn unread(&mut self) -> Result<Vec<RecordId>, Error> {
        let keys = &self.keys;
        let broken = self.cache.read(|view| {
            let mut broken = BTreeSet::new();
            for trashed in [false, true] {
                broken.extend(list::each_meta(view, keys, trashed, |_| {})?);
            }
            Ok::<_, Error>(broken)
        })?;
        Ok(broken.into_iter().filter(|id| self.heal(*id).is_err()).collect())
    }
}
