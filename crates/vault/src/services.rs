//! Services: what a credential is used for, with settings of its own; on every device the same.
//!
//! They lie in a record like any other, which is no credential: sealed, in all homes, merged field by field. Two devices that
//! set up their first service unseen of each other make two such records. Read, they are one: where they differ, both values
//! stand side by side until somebody sets one again.

pub(crate) mod document;
mod host;
mod resolve;
mod test;
mod why_none;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use keymoor_cache::{Change, View};
use keymoor_protocol::RecordId;
use keymoor_providers::{Service, Setting, service, template};

use self::document::{Chosen, Document};
use self::host::is_host;
pub(crate) use self::host::must_be_of_one_change;
pub(crate) use self::resolve::choices;
pub use self::resolve::{Because, Resolved};
pub use self::test::{ServiceAsked, ServiceQuestion, test_services};
pub use self::why_none::WhyNone;
use self::write::write;
use crate::activity::{Event, Who};
use crate::error::{Error, Input};
use crate::find;
use crate::keys::Keys;
use crate::vault::Vault;

/// A service as it is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceState {
    /// Its id in the catalogue.
    pub id: String,
    /// As people write it.
    pub name: String,
    /// Whether it is in use.
    pub on: bool,
    /// What it uses now, if it is in use.
    pub uses: Option<Resolved>,
    /// Why it uses none, although it is in use.
    pub why_none: Option<WhyNone>,
    /// The credential that was chosen for it, in use or not, if it is there and opens.
    pub chosen: Option<RecordId>,
    /// Its settings by name; those of the catalogue that are not set have no value.
    pub settings: BTreeMap<String, Option<String>>,
    /// Settings without which it is of no use.
    pub missing: Vec<String>,
    /// What two devices set unseen of each other: by field all its values, the one in use first. Setting it again settles it.
    pub conflicts: BTreeMap<String, Vec<String>>,
}

impl Vault {
    /// The services that were ever set up, by id. A credential that does not open is healed first.
    pub fn services(&mut self) -> Result<Vec<ServiceState>, Error> {
        self.heal_services()?;
        let mut tried = BTreeSet::new();
        loop {
            let states = self.states()?;
            let broken = states.iter().find_map(|state| match state.why_none {
                Some(WhyNone::Unreadable(id)) if !tried.contains(&id) => Some(id),
                _ => None,
            });
            match broken {
                Some(id) => drop((tried.insert(id), self.heal_once(id))), // what cannot be healed is said
                None => return Ok(states),
            }
        }
    }

    /// How many services are in use; what they use is not looked at.
    ///
    /// # Errors
    /// When the record of services cannot be read.
    pub fn services_in_use(&mut self) -> Result<usize, Error> {
        let keys = &self.keys;
        self.cache.read(|view| {
            let document = Document::read(view, keys)?;
            let known = document.services().into_iter().filter(|id| service(id).is_some());
            Ok(known.filter(|id| document.is_on(id)).count())
        })
    }

    fn states(&mut self) -> Result<Vec<ServiceState>, Error> {
        let keys = &self.keys;
        self.cache.read(|view| {
            let document = Document::read(view, keys)?;
            let ids = document.services();
            let state = |id: &String| {
                let Some(service) = service(id) else { return Ok(None) };
                let on = document.is_on(id);
                let resolved = on.then(|| resolve::resolve(view, keys, &document, service));
                let (uses, why_none) = match resolved {
                    None => (None, None),
                    Some(Ok(uses)) => (Some(uses), None),
                    Some(Err(error)) => (None, Some(WhyNone::of(error)?)),
                };
                let chosen = match resolve::chosen(view, keys, &document, service) {
                    Ok(chosen) => chosen.map(|listing| listing.id),
                    Err(Error::Unreadable { .. }) => None,
                    Err(error) => return Err(error),
                };
                let settings: BTreeMap<_, _> = (service.settings.iter())
                    .map(|setting| (setting.key.clone(), document.setting(id, &setting.key)))
                    .collect();
                let missing = (service.settings.iter())
                    .filter(|setting| setting.required && document.setting(id, &setting.key).is_none())
                    .map(|setting| setting.key.clone());
                Ok(Some(ServiceState {
                    id: id.clone(),
                    name: service.name.clone(),
                    on,
                    uses,
                    why_none,
                    chosen,
                    missing: missing.collect(),
                    settings,
                    conflicts: conflicts(view, keys, &document, id)?,
                }))
            };
            let states = ids.iter().map(state).collect::<Result<Vec<_>, Error>>()?;
            Ok(states.into_iter().flatten().collect())
        })
    }

    /// Takes a service into use with a credential, which becomes its default; returns its state.
    ///
    /// # Errors
    /// [`Error::NoSuchService`]; [`Error::NotAccepted`] for a credential of a provider that it does not take;
    /// [`Error::CredentialOff`] for one that is switched off, where no fallback is used instead.
    pub fn enable_service(&mut self, id: &str, credential: Option<RecordId>) -> Result<ServiceState, Error> {
        let service = known(id)?;
        self.healing(|vault| {
            vault.change_services(|document, view, keys| {
                let mut chosen = None;
                if let Some(credential) = credential {
                    let listed = resolve::usable(view, keys, credential)?;
                    if !service.accepts.contains(&listed.provider) {
                        return Err(Error::NotAccepted(service.accepts.clone()));
                    }
                    document.choose(&service.id, credential, &listed.title());
                    chosen = Some(listed.title());
                }
                document.turn(&service.id, true);
                // Said now and not when a program asks for it.
                let Err(error) = resolve::resolve(view, keys, document, service) else {
                    return Ok(Event::ServiceEnabled { service: service.id.clone(), credential: chosen });
                };
                match (&error, resolve::chosen(view, keys, document, service)?) {
                    (Error::WhichCredential(_) | Error::NothingToUse, Some(chosen)) if !chosen.on => {
                        Err(Error::CredentialOff(chosen.title()))
                    }
                    _ => Err(error),
                }
            })
        })?;
        self.service(&service.id)
    }

    /// Takes a service out of use; its credential and settings stay.
    ///
    /// # Errors
    /// [`Error::NoSuchService`].
    pub fn disable_service(&mut self, id: &str) -> Result<ServiceState, Error> {
        let service = known(id)?;
        self.change_services(|document, _, _| {
            document.turn(&service.id, false);
            Ok(Event::ServiceDisabled { service: service.id.clone() })
        })?;
        self.service(&service.id)
    }

    /// Sets settings of a service; an empty value removes one.
    ///
    /// # Errors
    /// [`Error::NoSuchService`]; [`Error::NoSuchField`] with the settings that it has; [`Error::Invalid`] for a value that
    /// none can be; [`Error::AddressAlone`], without names, for a program that was let in and would have a key go to another
    /// host. Nothing is set after an error.
    pub fn set_service(&mut self, id: &str, settings: &[(String, String)]) -> Result<ServiceState, Error> {
        let service = known(id)?;
        let mut values = Vec::new();
        for (key, value) in settings {
            let names = || service.settings.iter().map(|setting| setting.key.clone()).collect();
            let setting = service.setting(key).ok_or_else(|| Error::NoSuchField(names()))?;
            values.push((key, value_of(setting, value)?));
        }
        let by_program = matches!(self.by, Some(Who::Program(_)));
        self.change_services(|document, _, _| {
            for (key, value) in &values {
                let is_new = document.setting(&service.id, key).unwrap_or_default() != *value;
                // It goes before what stands in the credential.
                if by_program && is_new && is_host(service, key) {
                    return Err(Error::AddressAlone(Vec::new()));
                }
                document.set(&service.id, key, value);
            }
            let settings = values.iter().map(|(key, _)| (*key).clone()).collect();
            Ok(Event::ServiceSet { service: service.id.clone(), settings })
        })?;
        self.service(&service.id)
    }

    /// Sets up all services of a template that have a credential to use; returns them, and those that lack one.
    ///
    /// # Errors
    /// [`Error::NoSuchTemplate`].
    pub fn apply_template(&mut self, id: &str) -> Result<(Vec<ServiceState>, Vec<&'static Service>), Error> {
        let template = template(id).ok_or(Error::NoSuchTemplate)?;
        let (mut done, mut lacking) = (Vec::new(), Vec::new());
        for service in template.services.iter().filter_map(|id| service(id)) {
            match self.enable_service(&service.id, None) {
                Ok(state) => done.push(state),
                Err(Error::NothingToUse | Error::WhichCredential(_) | Error::CredentialOff(_)) => {
                    lacking.push(service);
                }
                Err(error) => return Err(error),
            }
        }
        Ok((done, lacking))
    }

    /// The credential that a service uses now, and why that one.
    ///
    /// # Errors
    /// [`Error::NoSuchService`]; [`Error::ServiceOff`]; [`Error::NothingToUse`]; [`Error::WhichCredential`] where none was
    /// chosen and several could be meant. Never another credential in silence.
    pub fn resolve_service(&mut self, id: &str) -> Result<Resolved, Error> {
        let service = known(id)?;
        self.heal_services()?;
        self.healing(|vault| {
            vault.cache.read(|view| in_use(view, &vault.keys, service)).map(|(uses, _)| uses)
        })
    }

    fn service(&mut self, id: &str) -> Result<ServiceState, Error> {
        self.services()?.into_iter().find(|state| state.id == id).ok_or(Error::NoSuchService)
    }

    /// What does not open here is taken from another home first. It has neither provider nor name.
    pub(crate) fn heal_services(&mut self) -> Result<(), Error> {
        let keys = &self.keys;
        let records = self.cache.read(|view| find::holders(view, keys, "", ""))?;
        records.into_iter().try_for_each(|id| self.heal_once(id).map(drop))
    }

    /// One action on the record of services, which is made if there is none.
    pub(crate) fn change_services(
        &mut self,
        act: impl FnOnce(&mut Document, &View<'_>, &Keys) -> Result<Event, Error>,
    ) -> Result<(), Error> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)?;
        self.heal_services()?;
        self.save(|change, keys| {
            let mut document = Document::read(change, keys)?;
            let event = act(&mut document, change, keys)?;
            Ok((write(&document, change, keys, salt)?.told(event), ()))
        })?;
        Ok(())
    }
}

/// The credential that a service uses now, and the record that has its settings, of the same moment.
///
/// # Errors
/// As [`Vault::resolve_service`].
pub(crate) fn in_use(view: &View<'_>, keys: &Keys, service: &Service) -> Result<(Resolved, Document), Error> {
    let document = Document::read(view, keys)?;
    if document.is_off(&service.id) {
        return Err(Error::ServiceOff);
    }
    Ok((resolve::resolve(view, keys, &document, service)?, document))
}

/// Has every service that uses a credential, known by its id or as it is called, use another.
pub(crate) fn hand_over(
    change: &mut Change<'_>,
    keys: &Keys,
    salt: [u8; 16],
    from: (RecordId, &str),
    to: (RecordId, &str),
) -> Result<(), Error> {
    let mut document = Document::read(change, keys)?;
    for service in chosen_for(&document, change, keys, from) {
        document.exchange(&service, to.0, to.1);
    }
    if document.is_changed() { write(&document, change, keys, salt).map(drop) } else { Ok(()) }
}

/// The services, on or off, for which a credential was chosen, known by its id or as it is called.
pub(crate) fn users(view: &View<'_>, keys: &Keys, of: (RecordId, &str)) -> Result<Vec<String>, Error> {
    Ok(chosen_for(&Document::read(view, keys)?, view, keys, of))
}

fn chosen_for(document: &Document, view: &View<'_>, keys: &Keys, of: (RecordId, &str)) -> Vec<String> {
    let uses = |chosen: Chosen| {
        // One that does not open is there all the same.
        let gone = |id| matches!(resolve::usable(view, keys, id), Err(Error::NotFound));
        let other = chosen.id.is_some_and(|id| id != of.0 && !gone(id));
        chosen.id == Some(of.0) || chosen.title == of.1 && !other
    };
    let services = document.services().into_iter();
    services.filter(|service| document.chosen(service).is_some_and(uses)).collect()
}

/// The fields of a service that two devices set unseen of each other: all values of each, the one in use first.
pub(crate) fn conflicts(
    view: &View<'_>,
    keys: &Keys,
    document: &Document,
    service: &str,
) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let mut found = document.conflicts(service);
    let choices = resolve::choices(view, keys, document, service)?;
    if choices.len() > 1 {
        found.insert("credential".to_owned(), choices);
    }
    Ok(found)
}

/// The service of the catalogue that is meant.
pub(crate) fn known(id: &str) -> Result<&'static Service, Error> {
    service(&id.trim().to_lowercase()).ok_or(Error::NoSuchService)
}

/// A value as it is kept: what people paste may have more around it.
fn value_of(setting: &Setting, text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    let value = setting.value_of(text).ok_or(Error::Invalid(Input::Setting))?;
    crate::input::open_value(&value)
}
