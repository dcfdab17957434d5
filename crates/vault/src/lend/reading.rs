//! What wishes come to, all of it as one transaction has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use keymoor_cache::View;
use keymoor_protocol::RecordId;
use keymoor_providers::{Service, provider};
use secrecy::SecretString;

use super::claims::{Claim, Claims};
use super::{Claimed, Form, LendError, NotTheirs, Source, Told, Wish, all_fields, one_field, sent_to};
use crate::content::{Content, field};
use crate::drafts;
use crate::error::Error;
use crate::keys::Keys;
use crate::services::document::Document;
use crate::services::{self, Because};
use crate::verify::must_be_of_one_change;

/// What was read.
pub(super) struct Read {
    pub(super) claims: Claims,
    /// The credentials, `provider/name`, of which something is lent.
    pub(super) opened: BTreeMap<RecordId, String>,
    pub(super) told: Vec<Told>,
}

/// Why reading did not come to its end.
pub(super) enum Stopped {
    /// A credential does not open here. Another home may have it.
    Unopened(RecordId),
    /// Nothing can be lent.
    For(LendError),
}

/// Reading, under way.
pub(super) struct Reading<'r> {
    view: &'r View<'r>,
    keys: &'r Keys,
    /// What did not open before, from another home.
    healed: &'r BTreeMap<RecordId, Content>,
    read: Read,
}

impl<'r> Reading<'r> {
    pub(super) fn new(view: &'r View<'r>, keys: &'r Keys, healed: &'r BTreeMap<RecordId, Content>) -> Self {
        let read = Read { claims: Claims::default(), opened: BTreeMap::new(), told: Vec::new() };
        Self { view, keys, healed, read }
    }

    pub(super) fn all(mut self, wishes: &[Wish]) -> Result<Read, Stopped> {
        for wish in wishes {
            let claimed = match wish {
                Wish::Credential(id) => all_fields((*id, &self.usable(*id)?))?,
                Wish::Field { id, field, variable } => {
                    one_field((*id, &self.usable(*id)?), field.as_deref(), variable)?
                }
                Wish::Service(name) => self.service(name)?,
            };
            self.read.claims.add(claimed)?;
        }
        Ok(self.read)
    }

    /// A credential that may be lent.
    fn usable(&mut self, id: RecordId) -> Result<Content, Stopped> {
        let content = match drafts::current(self.view, self.keys, id) {
            Err(
                Error::Unreadable { .. } | Error::NewerRecord | Error::Cache(keymoor_cache::Error::Record(_)),
            ) => self.healed.get(&id).cloned().ok_or(Stopped::Unopened(id))?,
            read => read?,
        };
        if content.meta.deleted() || !content.meta.is_credential() {
            return Err(Error::NotFound.into());
        }
        must_be_of_one_change(&content)?;
        if content.meta.text(field::OFF) == "yes" {
            return Err(LendError::SwitchedOff(content.meta.title()).into());
        }
        self.read.opened.insert(id, content.meta.title());
        Ok(content)
    }

    fn service(&mut self, name: &str) -> Result<Claimed, Stopped> {
        let of_service = |error| match error {
            Error::NoSuchService
            | Error::ServiceOff
            | Error::NothingToUse
            | Error::Unsettled
            | Error::WhichCredential(_) => LendError::Service { service: name.to_owned(), error },
            error => error.into(),
        };
        let service = services::known(name).map_err(of_service)?;
        let (uses, document) = match services::in_use(self.view, self.keys, service) {
            Err(Error::Unreadable { id, .. }) if !self.healed.contains_key(&id) => {
                return Err(Stopped::Unopened(id));
            }
            read => read.map_err(of_service)?,
        };
        services::must_be_of_one_change(self.view, self.keys, &document, service).map_err(of_service)?;
        let choices = services::choices(self.view, self.keys, &document, &service.id)?;
        let Settings { claims, unset } = self.settings(service, &document)?;
        let mut claimed = all_fields((uses.id, &self.usable(uses.id)?))?;
        // What is set for the service goes before what stands in its credential.
        claimed.claims.retain(|claim| claims.iter().all(|set| set.name() != claim.name()));
        claimed.claims.extend(claims);
        let is_address = |key: &str| provider(&uses.provider).is_some_and(|uses| sent_to(uses, key));
        let others = unset.into_iter().filter(|(key, _)| is_address(key)).flat_map(|(_, env)| env);
        claimed.not_theirs.extend(others.map(|name| NotTheirs { name: name.clone(), is_address: true }));
        if let [_, _, ..] = choices.as_slice() {
            self.read.told.push(Told::ChoiceInConflict { service: service.id.clone(), choices });
        }
        if matches!(uses.because, Because::Fallback { .. }) {
            self.read.told.push(Told::Fallback { service: service.name.clone(), uses });
        }
        Ok(claimed)
    }

    fn settings(&mut self, service: &'static Service, document: &Document) -> Result<Settings, LendError> {
        let conflicts = document.conflicts(&service.id);
        let mut settings = Settings::default();
        let mut missing = Vec::new();
        for setting in &service.settings {
            let set = document.setting(&service.id, &setting.key);
            let Some(text) = set.or_else(|| setting.default.clone()) else {
                missing.extend(setting.required.then(|| setting.key.clone()));
                settings.unset.push((&setting.key, &setting.env));
                continue;
            };
            if conflicts.contains_key(&setting.key) {
                let setting = setting.key.clone();
                self.read.told.push(Told::SettingInConflict { service: service.id.clone(), setting });
            }
            let value = Arc::new(SecretString::from(text));
            let source = Source::Setting { service: service.id.clone(), setting: setting.key.clone() };
            let claim = |name: &String| Claim::new(name, Arc::clone(&value), Form::Text, source.clone());
            settings.claims.extend(setting.env.iter().map(claim));
        }
        match missing.is_empty() {
            true => Ok(settings),
            false => Err(LendError::SettingsMissing { service: service.id.clone(), settings: missing }),
        }
    }
}

/// The settings of a service.
#[derive(Default)]
struct Settings {
    claims: Vec<Claim>,
    /// Those that have no value: their names and variables.
    unset: Vec<(&'static String, &'static Vec<String>)>,
}

impl From<LendError> for Stopped {
    fn from(error: LendError) -> Self {
        Self::For(error)
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::For(error.into())
    }
}

impl From<keymoor_cache::Error> for Stopped {
    fn from(error: keymoor_cache::Error) -> Self {
        Self::For(Error::from(error).into())
    }
}
