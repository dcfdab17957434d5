//! Editing a credential: only what is given changes, in one action.

use crate::add::{Field, check};
use crate::care::expiry_text;
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
    /// Only while it is the credential of this provider and name.
    pub called: Option<(String, String)>,
    /// Fields to set or to remove; an open field with an empty value is removed, too.
    pub fields: Vec<Field>,
    /// The labels, all of them.
    pub labels: Option<Vec<String>>,
    /// The note; empty removes it.
    pub note: Option<String>,
    /// Whether services and programs may use it.
    pub on: Option<bool>,
    /// Whether it is a fallback ([`crate::NewCredential::fallback`]).
    pub fallback: Option<bool>,
    /// When it expires, milliseconds since 1970; none takes away what was said before. A new secret has none, unless it is
    /// given here.
    pub expires: Option<Option<u64>>,
}

impl Vault {
    /// Changes a credential; the values before stay in its history.
    ///
    /// # Errors
    /// Nothing is changed after an error. [`Error::ChangedMeanwhile`] if it is not called so; [`Error::AddressAlone`] for a program that was let in ([`Vault::act_for`]).
    pub fn edit(&mut self, id: keymoor_protocol::RecordId, edit: Edit) -> Result<Saved, Error> {
        let Edit { name, called, fields, labels, note, on, fallback, expires } = edit;
        let switches = on.is_some() || fallback.is_some() || expires.is_some();
        if name.is_none() && fields.is_empty() && labels.is_none() && note.is_none() && !switches {
            return Err(Error::NothingToChange);
        }
        let name = name.as_deref().map(input::name).transpose()?;
        let called = match called {
            Some((provider, name)) => Some((input::provider(&provider)?, input::name(&name)?)),
            None => None,
        };
        let replace_labels = labels.is_some();
        let mut checked = check(fields, labels.unwrap_or_default(), note)?;
        self.heal(id)?;
        let by = self.by.clone();
        let (saved, ()) = self.save(|change, keys| {
            let before = drafts::current(change, keys, id)?;
            if before.meta.deleted() {
                return Err(Error::NotFound);
            }
            let is = |provider, name| {
                before.meta.text(field::PROVIDER) == provider && before.meta.text(field::NAME) == name
            };
            if called.as_ref().is_some_and(|(provider, name)| !is(provider, name)) {
                return Err(Error::ChangedMeanwhile);
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
            if let Some(fallback) = fallback {
                action.set_text(field::FALLBACK, if fallback { "yes" } else { "" });
            }
            checked.fit(action.meta())?;
            checked.must_not_lead_away(by.as_ref(), action.meta())?;
            checked.apply(&mut action)?;
            if let Some(expires) = expires {
                action.set_text(field::EXPIRES, &expiry_text(expires));
            }
            let content = action.finish();
            input::size(content.shown_bytes())?;
            Ok((drafts::replace(change, keys, id, &before, &content)?, ()))
        })?;
        Ok(Saved { replaced: saved.changed, ..saved })
    }
}
