//! Settling a conflict: one of a field's values becomes its only one.

use keymoor_protocol::RecordId;

use crate::activity::Deed;
use crate::clock::now;
use crate::drafts::{self, Saved};
use crate::error::Error;
use crate::show::{choice_key, shown_name};
use crate::vault::Vault;

impl Vault {
    /// Chooses the value named `choice` ([`crate::Choice::key`]) for `field` ([`crate::Conflict::field`]); the others stay in
    /// the history. The secret fields together also answer to `key`.
    pub fn settle(&mut self, id: RecordId, field: &str, choice: &str) -> Result<Saved, Error> {
        self.heal(id)?;
        let (saved, ()) = self.save(|change, keys| {
            let before = drafts::current(change, keys, id)?;
            // An open field may be called as another is shown; the choice tells them apart.
            let named = |name: &str| shown_name(name) == field || name == field;
            let chosen =
                before.meta.alternates().filter(|(name, _)| named(name)).find_map(|(name, entries)| {
                    let entry = entries.iter().find(|entry| choice_key(entries, entry) == choice)?;
                    Some((name.to_owned(), entry.value.clone()))
                });
            let (name, value) = chosen.ok_or(Error::NoSuchChoice)?;
            let mut action = before.clone().act(drafts::actor(change, keys)?, now());
            action.choose(&name, value);
            Ok((drafts::replace(change, keys, id, &before, &action.finish())?.by(Deed::Settled), ()))
        })?;
        Ok(saved)
    }
}
