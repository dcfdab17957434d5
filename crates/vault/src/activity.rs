//! Activity: what the vault did by itself, sealed, on this device alone.

use keymoor_protocol::{Class, RecordId};
use keymoor_sealing::{Context, seal};
use serde::Serialize;

use crate::clock::now;
use crate::error::{Alarm, Error, HomeName};
use crate::vault::Vault;

/// Something that happened.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub(crate) enum Event {
    /// A broken copy was replaced.
    Healed {
        /// Which record.
        id: RecordId,
        /// Whose copy was good.
        from: HomeName,
    },
    /// Something about the server.
    Alarm {
        /// What.
        alarm: Alarm,
    },
}

impl Vault {
    /// Adds an entry.
    pub(crate) fn note(&mut self, event: Event) -> Result<(), Error> {
        let context = Context {
            account: self.keys.account,
            vault: self.keys.vault,
            class: Class::Activity,
            id: [0; 16],
            version: 1,
            epoch: self.keys.root.epoch(),
        };
        // An event has only ids and words of ours.
        let text = serde_json::to_vec(&event).unwrap_or_default();
        let envelope = seal(&self.keys.root.vault_key(self.keys.vault), &context, 1, &text)?;
        self.cache.write(|change| change.add_activity(now(), &envelope).map(drop))?;
        Ok(())
    }
}
