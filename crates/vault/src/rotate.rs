//! Rotation: a new key takes the place of an old one, in steps that each are one transaction.
//!
//! The new key is stored beside the old one, switched off. Once its provider accepts it the two change places: the new one
//! gets the name and every service, the old one is switched off and kept. Only then the old one is revoked, and goes to the
//! trash. What the new record says of the other is all that is kept of it, so that the same command goes on after any death.

pub(crate) mod asked;
mod make;
mod pair;
mod revoke;
mod room;
mod steps;
mod used;

use keymoor_protocol::RecordId;
use keymoor_providers::{Provider, provider};
use secrecy::ExposeSecret as _;

use crate::add::{Field, Value};
use crate::content::{Content, field};
use crate::drafts::{self, Saved};
use crate::error::Error;
use crate::meant::{place_of, unnamed_in};
use crate::vault::Vault;
pub use make::{MadeOrNot, NoKey};
pub use pair::{Before, Rotation};
pub use revoke::Revoking;
pub use used::StillUsed;

impl Vault {
    /// What a rotation of this credential begins with: whether one is under way, by the name of either.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Unreadable`] also for another credential: it may be the other of the two.
    pub fn before_rotation(&mut self, id: RecordId) -> Result<Before, Error> {
        self.content(id)?;
        self.healing(|vault| {
            let keys = &vault.keys;
            vault.cache.read(|view| Before::of(view, keys, id))
        })
    }

    /// The rotation of a credential that is under way, by the name of either.
    ///
    /// # Errors
    /// As [`Vault::before_rotation`].
    pub fn rotation(&mut self, id: RecordId) -> Result<Option<Rotation>, Error> {
        Ok(self.before_rotation(id)?.under_way)
    }

    /// Stores the key that is to take the place of another, switched off: what is not given is as in the old one. If one is
    /// stored already, it gets these values.
    ///
    /// # Errors
    /// Nothing is stored after an error. [`Error::NothingToChange`] for the key that is in use; [`Error::Unsettled`];
    /// [`Error::ChangedMeanwhile`] if it is not as it was, or an earlier rotation is not over.
    pub fn store_rotation(&mut self, before: &Before, fields: Vec<Field>) -> Result<Saved, Error> {
        if self.has_values(before.old, &fields)? {
            return Err(Error::NothingToChange);
        }
        self.still_before(before)?;
        match &before.under_way {
            None => self.store_beside(before, fields),
            Some(rotation) if !rotation.switched => self.store_again(before, rotation.new, fields),
            Some(_) => Err(Error::ChangedMeanwhile),
        }
    }

    /// Whether a credential has all of these secret values now. No: there are none among them.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn has_values(&mut self, id: RecordId, fields: &[Field]) -> Result<bool, Error> {
        let content = self.content(id)?;
        let parts = content.meta.key();
        let place = |given: &Field| match &given.value {
            Value::One(_) => unnamed_in(&content.meta).map(|name| name.map(str::to_owned)),
            _ => Ok(Some(place_of(&content.meta, &given.name).to_owned())),
        };
        let places = fields.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let secrets = places.iter().zip(fields).filter_map(|(place, given)| match &given.value {
            Value::Secret(secret) | Value::One(secret) => Some((place, secret)),
            _ => None,
        });
        let secrets: Vec<_> = secrets.collect();
        Ok(!secrets.is_empty()
            && secrets.into_iter().all(|(place, secret)| {
                let held =
                    parts.and_then(|parts| content.secrets.get(&parts.get(place.as_ref()?)?.fingerprint));
                // Exposed to be compared.
                held.is_some_and(|held| held.expose_secret() == secret.expose_secret())
            }))
    }

    /// The key that is to be replaced, if all is as it was. What does not open is healed first, as nothing is inside a
    /// transaction.
    fn still_before(&mut self, before: &Before) -> Result<Content, Error> {
        self.healing(|vault| {
            let keys = &vault.keys;
            vault.cache.read(|view| before.still(view, keys))
        })
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
