//! Testing a service: the provider is asked whether its credential and its settings go together.
//!
//! In two steps, as with verifying, so that the vault is not held while providers take their time. The answer is about both
//! together, and so nothing of it is put down with the credential.

use std::collections::BTreeMap;

use keymoor_providers::verify::{Fields, Job, Report, verify_all};
use keymoor_providers::{Provider, Service, provider};

use super::document::Document;
use super::resolve::{Resolved, resolve};
use crate::drafts;
use crate::error::Error;
use crate::vault::Vault;
use crate::verify::{self, VerifyOptions, fields_of};

/// A service taken out to be asked about. The secrets in it go when it does.
pub struct ServiceQuestion {
    service: &'static Service,
    provider: &'static Provider,
    uses: Resolved,
    conflicts: BTreeMap<String, Vec<String>>,
    fields: Fields,
}

/// A service, and what was heard of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAsked {
    /// Its id in the catalogue.
    pub id: String,
    /// The credential that it uses.
    pub uses: Resolved,
    /// What two devices set unseen of each other, the value that was asked about first ([`crate::ServiceState::conflicts`]).
    pub conflicts: BTreeMap<String, Vec<String>>,
    /// What was found out.
    pub report: Report,
}

impl Vault {
    /// Takes a service out to be asked about, whether it is switched on or not.
    ///
    /// # Errors
    /// [`Error::NoSuchService`]; [`Error::NothingToUse`]; [`Error::WhichCredential`]; [`Error::Unsettled`] where two devices
    /// changed at the same time where a key goes.
    pub fn service_question(&mut self, id: &str) -> Result<ServiceQuestion, Error> {
        let service = super::known(id)?;
        self.heal_services()?;
        // All of one moment: a setting is not sent with the credential that was used before.
        let (uses, conflicts, settings, content) = self.healing(|vault| {
            let keys = &vault.keys;
            vault.cache.read(|view| {
                let document = Document::read(view, keys)?;
                let settings = service.settings.iter().filter_map(|setting| {
                    Some((setting.key.clone(), document.setting(&service.id, &setting.key)?))
                });
                let uses = resolve(view, keys, &document, service)?;
                super::must_be_of_one_change(view, keys, &document, service)?;
                let content = drafts::current(view, keys, uses.id);
                let conflicts = super::conflicts(view, keys, &document, &service.id)?;
                Ok::<_, Error>((uses, conflicts, settings.collect::<Vec<_>>(), content))
            })
        })?;
        let content = match content {
            Err(Error::Unreadable { .. } | Error::NewerRecord) => self.heal(uses.id)?,
            read => read?,
        };
        verify::must_be_of_one_change(&content)?;
        let mut fields = fields_of(&content);
        for (key, value) in settings {
            fields.set(&key, value);
        }
        let provider = provider(&uses.provider).ok_or(Error::NothingToUse)?;
        Ok(ServiceQuestion { service, provider, uses, conflicts, fields })
    }
}

/// Asks them all; each is handed over as its answer comes.
pub fn test_services(
    questions: Vec<ServiceQuestion>,
    options: &VerifyOptions,
    mut on_done: impl FnMut(ServiceAsked),
) {
    let (jobs, asked): (Vec<_>, Vec<_>) = questions
        .into_iter()
        .map(|ServiceQuestion { service, provider, uses, conflicts, fields }| {
            (Job { provider, service: Some(service), fields }, (service.id.clone(), uses, conflicts))
        })
        .unzip();
    verify_all(&jobs, options.concurrency, &options.ask, &options.cancel, |at, report| {
        if let Some((id, uses, conflicts)) = asked.get(at).cloned() {
            on_done(ServiceAsked { id, uses, conflicts, report });
        }
    });
}
