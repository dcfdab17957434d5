//! What devices did unseen of each other and somebody has to settle, beside the values of credentials: services, policies and
//! names.

use std::collections::{BTreeMap, BTreeSet};

use keymoor_cache::View;
use keymoor_protocol::RecordId;
use keymoor_providers::service;

use crate::content::field;
use crate::drafts;
use crate::error::Error;
use crate::keys::Keys;
use crate::policies::{self, Policy};
use crate::services::conflicts;
use crate::services::document::Document;
use crate::vault::Vault;

/// All of it. Nothing is lost meanwhile, and each part says what counts until then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// Services that were set up differently.
    pub services: Vec<ServiceDifference>,
    /// Policies that were set to different numbers of days; the strictest counts.
    pub policies: Vec<Policy>,
    /// Provider and name that several credentials have: a command that is given it cannot tell which is meant.
    pub names: Vec<SharedName>,
}

/// A service that was set up differently on two devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceDifference {
    /// Its id in the catalogue.
    pub id: String,
    /// As people write it.
    pub name: String,
    /// By field all its values, the one in use first ([`crate::ServiceState::conflicts`]).
    pub fields: BTreeMap<String, Vec<String>>,
}

/// Several credentials under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedName {
    /// Their provider.
    pub provider: String,
    /// Their name.
    pub name: String,
    /// Their records, the one first that is shown without a number.
    pub ids: Vec<RecordId>,
}

impl Differences {
    /// Whether there is nothing to settle.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty() && self.policies.is_empty() && self.names.is_empty()
    }
}

impl Vault {
    /// What is to be settled now.
    pub fn differences(&mut self) -> Result<Differences, Error> {
        self.heal_services()?;
        let keys = &self.keys;
        self.cache.read(|view| read(view, keys))
    }
}

/// The same of one moment.
pub(crate) fn read(view: &View<'_>, keys: &Keys) -> Result<Differences, Error> {
    let document = Document::read(view, keys)?;
    let mut services = Vec::new();
    for known in document.services().iter().filter_map(|id| service(id)) {
        let fields = conflicts(view, keys, &document, &known.id)?;
        if !fields.is_empty() {
            services.push(ServiceDifference { id: known.id.clone(), name: known.name.clone(), fields });
        }
    }
    let mut policies = policies::of(&document);
    policies.retain(|policy| !policy.others.is_empty());
    Ok(Differences { services, policies, names: shared_names(view, keys)? })
}

/// The names that several credentials share, sorted. One that does not open has none.
pub(crate) fn shared_names(view: &View<'_>, keys: &Keys) -> Result<Vec<SharedName>, Error> {
    let mut names: BTreeMap<(String, String), BTreeSet<RecordId>> = BTreeMap::new();
    for tag in view.shared_full_names()? {
        for id in view.by_full_name(tag)? {
            let current = drafts::legible(view.current(id))?;
            let meta = current.and_then(|current| keys.open_meta(current.record()).ok());
            if let Some(meta) = meta.filter(|meta| meta.is_credential()) {
                let title = (meta.text(field::PROVIDER).to_owned(), meta.text(field::NAME).to_owned());
                names.entry(title).or_default().insert(id);
            }
        }
    }
    let shared = names.into_iter().filter(|(_, ids)| ids.len() > 1);
    Ok(shared
        .map(|((provider, name), ids)| SharedName { provider, name, ids: ids.into_iter().collect() })
        .collect())
}
