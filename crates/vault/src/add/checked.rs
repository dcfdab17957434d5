//! What was entered, checked and fitted to the credential that it is for: the same for whoever adds, edits or rotates.

use std::collections::BTreeSet;

use keymoor_providers::{is_sample, provider};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Field, Value};
use crate::activity::Who;
use crate::content::edit::Action;
use crate::content::{Meta, field};
use crate::error::{Error, Input};
use crate::input;
use crate::meant::{place_of, unnamed_in};

/// What was entered, checked.
pub(crate) struct Checked {
    secrets: Vec<(String, SecretString)>,
    one: Option<(String, SecretString)>,
    open: Vec<(String, String)>,
    removed: BTreeSet<String>,
    pub(crate) labels: BTreeSet<String>,
    note: Option<String>,
}

/// Checks fields, labels and note before anything is stored.
pub(crate) fn check(fields: Vec<Field>, labels: Vec<String>, note: Option<String>) -> Result<Checked, Error> {
    let mut checked = Checked {
        secrets: Vec::new(),
        one: None,
        open: Vec::new(),
        removed: BTreeSet::new(),
        labels: labels.iter().map(|label| input::label(label)).collect::<Result<_, _>>()?,
        note: note.as_deref().map(input::note).transpose()?,
    };
    let mut size = 0;
    for Field { name, value } in fields {
        let name = input::field_name(&name)?;
        match value {
            Value::Open(text) => {
                must_be_somebodys(&text)?;
                size += text.len();
                checked.open.push((name, input::open_value(&text)?));
            }
            Value::Secret(secret) => {
                size += secret_size(&secret)?;
                checked.secrets.push((name, secret));
            }
            Value::One(_) if checked.one.is_some() => return Err(Error::Invalid(Input::FieldName)),
            Value::One(secret) => {
                size += secret_size(&secret)?;
                checked.one = Some((name, secret));
            }
            Value::Removed if checked.removed.contains(&name) => {
                return Err(Error::Invalid(Input::FieldName));
            }
            Value::Removed => drop(checked.removed.insert(name)),
        }
    }
    input::size(size)?;
    checked.must_differ()?;
    Ok(checked)
}

/// How many bytes it has, if it can be a secret.
fn secret_size(secret: &SecretString) -> Result<usize, Error> {
    input::secret(secret)?;
    must_be_somebodys(secret.expose_secret())?; // exposed to be compared with the catalogue's
    Ok(secret.expose_secret().len()) // exposed to be counted
}

/// Refuses the catalogue's own examples: whichever way it is entered, none ever takes the place of a key.
fn must_be_somebodys(value: &str) -> Result<(), Error> {
    if is_sample(value) { Err(Error::Invalid(Input::Sample)) } else { Ok(()) }
}

impl Checked {
    /// Whether a secret was given.
    pub(crate) fn has_secret(&self) -> bool {
        !self.secrets.is_empty() || self.one.is_some()
    }

    /// Gives each value the place that it has in this credential, so that none comes to lie beside the one that it is to
    /// replace: a secret goes into the field that is meant ([`crate::meant`]). However it was given, what the catalogue calls
    /// secret is sealed as a secret, and what it does not is open; what lies sealed already stays so. Done twice, the second
    /// time changes nothing.
    ///
    /// # Errors
    /// [`Error::WhichField`] for a single secret that could be several fields; [`Error::Invalid`] if one field gets two values.
    pub(crate) fn fit(&mut self, meta: &Meta) -> Result<(), Error> {
        if let Some((name, secret)) = self.one.take() {
            self.secrets.push((unnamed_in(meta)?.map_or(name, str::to_owned), secret));
        }
        for at in 0..self.secrets.len() {
            let place = place_of(meta, &self.secrets[at].0).to_owned();
            if self.names().all(|name| name != place) {
                self.secrets[at].0 = place;
            }
        }
        let known = provider(meta.text(field::PROVIDER));
        let is = |name: &str, secret| {
            known.and_then(|known| known.field(name)).is_some_and(|field| field.secret == secret)
        };
        let is_sealed = |name: &str| meta.key().is_some_and(|parts| parts.contains_key(name));
        let secrets: Vec<_> = self
            .open
            .extract_if(.., |(name, text)| (is(name, true) || is_sealed(name)) && !text.is_empty())
            .collect();
        let open: Vec<_> =
            self.secrets.extract_if(.., |(name, _)| is(name, false) && !is_sealed(name)).collect();
        self.secrets.extend(secrets.into_iter().map(|(name, text)| (name, SecretString::from(text))));
        // Exposed to be kept open: the catalogue says that it is no secret.
        self.open.extend(open.into_iter().map(|(name, text)| (name, text.expose_secret().to_owned())));
        self.must_differ()
    }

    /// # Errors
    /// [`Error::Invalid`]: of two values of one field, one would be lost.
    fn must_differ(&self) -> Result<(), Error> {
        let names: BTreeSet<&str> = self.names().collect();
        if names.len() < self.names().count() { Err(Error::Invalid(Input::FieldName)) } else { Ok(()) }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let secrets = self.secrets.iter().map(|(name, _)| name);
        secrets.chain(self.open.iter().map(|(name, _)| name)).chain(&self.removed).map(String::as_str)
    }

    /// What a program that was let in may not do, of what was fitted: have a key go where it was not meant for. It is never given a secret, and an
    /// address of its own would bring it one. Whoever brings all of them anew loses nothing by it.
    ///
    /// # Errors
    /// [`Error::AddressAlone`].
    pub(crate) fn must_not_lead_away(&self, by: Option<&Who>, meta: &Meta) -> Result<(), Error> {
        let (Some(Who::Program(_)), Some(known)) = (by, provider(meta.text(field::PROVIDER))) else {
            return Ok(());
        };
        let is_there = |name: &str| meta.fields.contains_key(&format!("{}{name}", field::OPEN));
        let stays = |name: &str, text: &str| meta.text(&format!("{}{name}", field::OPEN)) == text;
        let open = self.open.iter().filter(|(name, text)| !stays(name, text)).map(|(name, _)| name);
        let secrets = self.secrets.iter().map(|(name, _)| name);
        let removed = self.removed.iter().filter(|name| is_there(name));
        if !open.chain(secrets).chain(removed).any(|name| known.part_in_address(name).is_some()) {
            return Ok(());
        }
        let is_new =
            |name: &String| self.secrets.iter().any(|(new, _)| new == name) || self.removed.contains(name);
        let kept = meta.key().into_iter().flatten().map(|(name, _)| name).filter(|name| !is_new(name));
        let kept: Vec<String> = kept.cloned().collect();
        if kept.is_empty() { Ok(()) } else { Err(Error::AddressAlone(kept)) }
    }

    /// Writes the values. Labels are added to those that are there.
    ///
    /// # Errors
    /// As [`Checked::fit`]; [`Error::NoSuchField`] for a field to remove that is not there; [`Error::LastSecret`] if no secret
    /// one is left.
    pub(crate) fn apply(mut self, action: &mut Action) -> Result<(), Error> {
        self.fit(action.meta())?;
        let meta = action.meta();
        let secret = |name: &String| meta.key().is_some_and(|parts| parts.contains_key(name));
        let open = |name: &String| meta.fields.contains_key(&format!("{}{name}", field::OPEN));
        if self.removed.iter().any(|name| !secret(name) && !open(name)) {
            return Err(Error::NoSuchField(meta.field_names()));
        }
        let secrets = !self.secrets.is_empty() || self.removed.iter().any(secret);
        // A field that becomes secret is not left open beside it.
        let closed: Vec<String> =
            self.secrets.iter().map(|(name, _)| name).filter(|name| open(name)).cloned().collect();
        for name in self.removed.iter().chain(&closed) {
            action.set_text(&format!("{}{name}", field::OPEN), "");
        }
        for (name, text) in &self.open {
            action.set_text(&format!("{}{name}", field::OPEN), text);
        }
        if secrets {
            action.set_secrets(self.secrets, &self.removed);
            if action.meta().key().is_none_or(|parts| parts.is_empty()) {
                return Err(Error::LastSecret);
            }
        }
        if !self.labels.is_empty() {
            action.add_labels(&self.labels);
        }
        if let Some(note) = &self.note {
            action.set_text(field::NOTE, note);
        }
        Ok(())
    }
}
