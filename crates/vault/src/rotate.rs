//! Rotation: a new key takes the place of an old one, in steps that each are one transaction.
//!
//! The new key is stored beside the old one, switched off. Once its provider accepts it the two change places: the new one
//! gets the name and every service, the old one is switched off and kept. Only then the old one is revoked, and goes to the
//! trash. What the new record says of the other is all that is kept of it, so that the same command goes on after any death.

mod steps;

use keymoor_protocol::RecordId;
use keymoor_providers::rotate::{self, NotMade, Outcome};
use keymoor_providers::verify::{Fields, Options};
use keymoor_providers::{Provider, provider};
use secrecy::ExposeSecret as _;

use crate::activity::{Event, Subject};
use crate::add::{Field, Value};
use crate::content::{Content, field};
use crate::drafts::{self, Saved};
use crate::error::Error;
use crate::list;
use crate::vault::Vault;
use crate::verify::fields_of;

/// A rotation that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// The credential that is replaced.
    pub old: RecordId,
    /// The one that takes its place.
    pub new: RecordId,
    /// Whether it did. If not, it is stored beside the old one, which is in use.
    pub switched: bool,
}

/// A key that the provider made, or why there is none.
pub type MadeOrNot = Result<Saved, NotMade>;

impl Vault {
    /// The rotation of a credential that is under way, by the name of either.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn rotation(&mut self, id: RecordId) -> Result<Option<Rotation>, Error> {
        let content = self.content(id)?;
        let keys = &self.keys;
        self.cache.read(|view| {
            if let Some(of) = steps::Rotates::of(&content.meta) {
                let Some(old) = of.find(view, keys)?.filter(|old| *old != id) else { return Ok(None) };
                return Ok(Some(Rotation { old, new: id, switched: of.switched }));
            }
            let (mut found, title) = (None, content.meta.title());
            list::each_meta(view, keys, false, |row| {
                let of = steps::Rotates::of(&row.meta).filter(|of| !of.switched);
                if of.is_some_and(|of| of.id == Some(id) || of.title == title) {
                    found = found.max(Some(row.id));
                }
            })?;
            Ok(found.map(|new| Rotation { old: id, new, switched: false }))
        })
    }

    /// Has the provider make a key beside this one, and stores it as [`Vault::store_rotation`] does, before anything else.
    ///
    /// # Errors
    /// As there. Why the provider made none is no error of the vault's.
    pub fn make_rotation(&mut self, id: RecordId, options: &Options) -> Result<MadeOrNot, Error> {
        let content = self.content(id)?;
        let Some(provider) = provider_of(&content) else { return Ok(Err(NotMade::ByHand)) };
        let made = match rotate::make(provider, &fields_of(&content), options) {
            Ok(made) => made,
            Err(why) => return Ok(Err(why)),
        };
        let value = |(name, value): (String, _)| {
            let secret = provider.field(&name).is_none_or(|field| field.secret);
            // Exposed if it is none: what stands open beside a secret.
            let open = |value: secrecy::SecretString| Value::Open(value.expose_secret().to_owned());
            Field { value: if secret { Value::Secret(value) } else { open(value) }, name }
        };
        let fields = made.into_values().map(value).collect();
        Ok(Ok(self.store_beside(id, fields, false)?))
    }

    /// Stores the key that is to take the place of this one, switched off: what is not given is as in the old one. If one is
    /// stored already, it gets these values.
    ///
    /// # Errors
    /// Nothing is stored after an error. [`Error::NothingToChange`] for the key that is in use.
    pub fn store_rotation(&mut self, id: RecordId, fields: Vec<Field>) -> Result<Saved, Error> {
        if self.has_values(id, &fields)? {
            return Err(Error::NothingToChange);
        }
        match self.rotation(id)? {
            Some(Rotation { new, switched: false, .. }) => {
                self.edit(new, crate::edit::Edit { fields, ..Default::default() })
            }
            _ => self.store_beside(id, fields, true),
        }
    }

    /// Whether a credential has all of these secret values now.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn has_values(&mut self, id: RecordId, fields: &[Field]) -> Result<bool, Error> {
        let content = self.content(id)?;
        let parts = content.meta.key();
        let mut secrets = fields.iter().filter_map(|given| match &given.value {
            Value::Secret(secret) => Some((&given.name, secret)),
            _ => None,
        });
        Ok(secrets.all(|(name, secret)| {
            let held = parts.and_then(|parts| content.secrets.get(&parts.get(name)?.fingerprint));
            // Exposed to be compared.
            held.is_some_and(|held| held.expose_secret() == secret.expose_secret())
        }))
    }

    /// Has the provider revoke the old key, now that the new one is in its place. Nothing is sent before.
    ///
    /// # Errors
    /// What cannot be read. What the provider did is no error of the vault's.
    pub fn revoke_rotated(&mut self, rotation: &Rotation, options: &Options) -> Result<Outcome, Error> {
        let (old, new) = (self.content(rotation.old)?, self.content(rotation.new)?);
        let Some(provider) = provider_of(&new).filter(|_| rotation.switched) else {
            return Ok(Outcome::ByHand);
        };
        let fields: [Fields; 2] = [fields_of(&old), fields_of(&new)];
        let outcome = rotate::revoke(provider, &fields[0], &fields[1], options);
        if !matches!(outcome, Outcome::InUse | Outcome::ByHand) {
            let subject = Subject { id: rotation.old, name: old.meta.title() };
            self.note_done(&Event::Revoked { subject, done: matches!(outcome, Outcome::Revoked(_)) });
        }
        Ok(outcome)
    }

    /// A credential in use, with both envelopes opened.
    fn content(&mut self, id: RecordId) -> Result<Content, Error> {
        self.heal(id)?;
        let keys = &self.keys;
        let content = self.cache.read(|view| drafts::current(view, keys, id))?;
        match content.meta.deleted() || !content.meta.is_credential() {
            true => Err(Error::NotFound),
            false => Ok(content),
        }
    }
}

fn provider_of(content: &Content) -> Option<&'static Provider> {
    provider(content.meta.text(field::PROVIDER))
}
