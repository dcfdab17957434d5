//! Editing a credential: only what is given changes, in one action.

use crate::add::{Field, check};
use crate::clock::now;
use crate::content::field;
use crate::drafts::{self, Saved};
use crate::error::Error;
use crate::vault::Vault;
use crate::{find, input};

/// What to change.
#[derive(Default)]
pub struct Edit {
    /// A new name.
    pub name: Option<String>,
    /// Fields to set or to remove; an open field with an empty value is removed, too.
    pub fields: Vec<Field>,
    /// The labels, all of them.
    pub labels: Option<Vec<String>>,
    /// The note; empty removes it.
    pub note: Option<String>,
    /// Whether services and programs may use it.
    pub on: Option<bool>,
}

impl Vault {
    /// Changes a credential; the values before stay in its history.
    ///
    /// # Errors
    /// Nothing is changed after an error.
    pub fn edit(&mut self, id: keymoor_protocol::RecordId, edit: Edit) -> Result<Saved, Error> {
        let Edit { name, fields, labels, note, on } = edit;
        if name.is_none() && fields.is_empty() && labels.is_none() && note.is_none() && on.is_none() {
            return Err(Error::NothingToChange);
        }
        let name = name.as_deref().map(input::name).transpose()?;
        let replace_labels = labels.is_some();
        let checked = check(fields, labels.unwrap_or_default(), note)?;
        self.heal(id)?;
        let (saved, ()) = self.save(|change, keys| {
            let before = drafts::current(change, keys, id)?;
            if before.meta.deleted() {
                return Err(Error::NotFound);
            }
            let provider = before.meta.text(field::PROVIDER).to_owned();
            let mut action = before.clone().act(drafts::actor(change, keys)?, now());
            if let Some(name) = &name {
                find::must_be_free(change, keys, &provider, name, Some(id))?;
                action.set_text(field::NAME, name);
            }
            if replace_labels {
                action.set_labels(&checked.labels);
            }
            if let Some(on) = on {
                action.set_text(field::OFF, if on { "" } else { "yes" });
            }
            checked.apply(&mut action)?;
            let content = action.finish();
            input::size(content.shown_bytes())?;
            Ok((drafts::replace(change, keys, id, &before, &content)?, ()))
        })?;
        Ok(Saved { replaced: saved.changed, ..saved })
    }
}
