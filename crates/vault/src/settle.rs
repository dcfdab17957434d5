//! Settling a conflict: one of a field's values becomes its only one.

use keymoor_protocol::RecordId;

use crate::clock::now;
use crate::content::field;
use crate::drafts::{self, Saved};
use crate::error::Error;
use crate::show::choice_key;
use crate::vault::Vault;

impl Vault {
    /// Chooses the value named `choice` ([`crate::Choice::key`]) for `field`; the others stay in the history.
    pub fn settle(&mut self, id: RecordId, field: &str, choice: &str) -> Result<Saved, Error> {
        self.heal(id)?;
        let open = format!("{}{field}", field::OPEN);
        let (saved, ()) = self.save(|change, keys| {
            let content = drafts::current(change, keys, id)?;
            let name =
                content.meta.alternates().map(|(name, _)| name).find(|name| *name == field || *name == open);
            let name = name.ok_or(Error::NoSuchChoice)?.to_owned();
            let entries = &content.meta.fields[&name];
            let chosen = entries.iter().find(|entry| choice_key(entries, entry) == choice);
            let value = chosen.ok_or(Error::NoSuchChoice)?.value.clone();
            let mut action = content.act(drafts::actor(change, keys)?, now());
            action.choose(&name, value);
            let content = action.finish();
            drafts::write(change, keys, id, &content)?;
            Ok((id, content.meta.version(), ()))
        })?;
        Ok(saved)
    }
}
