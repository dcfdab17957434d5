//! Adding a credential, or replacing the value of one.

mod checked;

use keymoor_protocol::RecordId;
use secrecy::SecretString;

pub(crate) use self::checked::check;
use crate::care::expiry_text;
use crate::clock::now;
use crate::content::{Content, field};
use crate::drafts::{self, Saved};
use crate::error::Error;
use crate::vault::Vault;
use crate::{find, input};

/// A credential as it is entered.
#[derive(Default)]
pub struct NewCredential {
    /// Whose API it is for.
    pub provider: String,
    /// Unique within the provider.
    pub name: String,
    /// At least one of them secret.
    pub fields: Vec<Field>,
    /// For finding it again.
    pub labels: Vec<String>,
    /// Free text.
    pub note: Option<String>,
    /// If the provider has a credential of that name: give it these values. What is not given stays.
    pub replace: bool,
    /// Used only where no other credential of its provider is, and shown as such.
    pub fallback: bool,
    /// When it expires, milliseconds since 1970.
    pub expires: Option<u64>,
}

/// One field of a credential.
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// A field's value.
pub enum Value {
    /// Shown in lists.
    Open(String),
    /// Sealed away from everything but an explicit read.
    Secret(SecretString),
    /// A secret of which nobody said which field it is: it goes into the one that [`Vault::reveal`] gives without a name. The
    /// field's name counts where there is none yet.
    One(SecretString),
    /// No longer there, secret or not. Not the last secret one.
    Removed,
}

impl Vault {
    /// Saves a new credential, in one transaction and only if provider and name are free. With `replace` it is an upsert.
    ///
    /// # Errors
    /// Nothing is stored after an error. [`Error::AddressAlone`] for a program that was let in ([`Vault::act_for`]).
    pub fn add(&mut self, new: NewCredential) -> Result<Saved, Error> {
        let (provider, name) = (input::provider(&new.provider)?, input::name(&new.name)?);
        let mut checked = check(new.fields, new.labels, new.note)?;
        if !checked.has_secret() {
            return Err(Error::NoSecret);
        }
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)?;
        if new.replace {
            self.heal_by_name(&provider, &name)?;
        }
        let by = self.by.clone();
        let (saved, replaced) = self.save(|change, keys| {
            let holders = find::holders(change, keys, &provider, &name)?;
            let (id, before) = match holders.as_slice() {
                [] => (RecordId::generate(), None),
                _ if !new.replace => return Err(Error::NameTaken),
                [one] => (*one, Some(drafts::current(change, keys, *one)?)),
                _ => return Err(find::ambiguous(change, keys, &holders)?),
            };
            let content = before.clone().unwrap_or_else(|| Content::empty(salt, now()));
            let mut action = content.act(drafts::actor(change, keys)?, now());
            if before.is_none() {
                action.set_text(field::PROVIDER, &provider);
                action.set_text(field::NAME, &name);
            }
            if new.fallback {
                action.set_text(field::FALLBACK, "yes");
            }
            checked.fit(action.meta())?;
            match before {
                Some(_) => checked.must_not_lead_away(by.as_ref(), action.meta())?,
                None if !checked.has_secret() => return Err(Error::NoSecret),
                None => {}
            }
            checked.apply(&mut action)?;
            if new.expires.is_some() {
                action.set_text(field::EXPIRES, &expiry_text(new.expires));
            }
            let content = action.finish();
            input::size(content.shown_bytes())?;
            let written = match &before {
                None => drafts::create(change, keys, id, &content)?,
                Some(before) => drafts::replace(change, keys, id, before, &content)?,
            };
            Ok((written, before.is_some()))
        })?;
        let replaced = replaced && saved.changed;
        Ok(Saved { replaced, ..saved })
    }
}

impl Vault {
    /// The credential of exactly this provider and name, the one that [`NewCredential::replace`] would replace.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what can be neither; [`Error::Ambiguous`] where two devices added it.
    pub fn holder(&mut self, provider: &str, name: &str) -> Result<Option<RecordId>, Error> {
        let (provider, name) = (input::provider(provider)?, input::name(name)?);
        self.heal_by_name(&provider, &name)?;
        let keys = &self.keys;
        self.cache.read(|view| match find::holders(view, keys, &provider, &name)?.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            several => Err(find::ambiguous(view, keys, several)?),
        })
    }

    /// All credentials of exactly this provider and name, opened or not.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what can be neither.
    pub fn holders(&mut self, provider: &str, name: &str) -> Result<Vec<RecordId>, Error> {
        let (provider, name) = (input::provider(provider)?, input::name(name)?);
        let keys = &self.keys;
        self.cache.read(|view| find::holders(view, keys, &provider, &name))
    }
}
