//! Lending: what a program gets in its environment, under the names in which the catalogue says that programs look for it.
//!
//! All is decided before a secret is let out and before a use is noted: two that claim one variable, a credential that is
//! switched off, a service without its settings are errors, and then nothing is lent.

mod claims;
mod error;

use std::collections::BTreeMap;
use std::sync::Arc;

use keymoor_protocol::RecordId;
use keymoor_providers::{Provider, Service, provider};
use secrecy::SecretString;

use self::claims::{Claim, Claims};
pub use self::error::{LendError, Source};
use crate::activity::{Event, Subject};
use crate::content::{Content, field};
use crate::error::Error;
use crate::reveal::pick;
use crate::services::{self, Because, Resolved, ServiceState};
use crate::vault::Vault;
use crate::verify::name_in_catalogue;

/// What a program is to get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A credential, under all the names that the catalogue has for its fields.
    Credential(RecordId),
    /// One field of a credential, in one variable.
    Field {
        /// Which credential.
        id: RecordId,
        /// Which of its fields; `None` for the only secret one, or the one named `secret`.
        field: Option<String>,
        /// The variable that it goes into.
        variable: String,
    },
    /// The credential that a service uses now, and the settings of that service.
    Service(String),
}

/// What a program gets.
#[derive(Debug)] // A `SecretString` shows nothing of itself.
pub struct Lent {
    /// Each name once, sorted.
    pub variables: Vec<Variable>,
    /// Names of secrets which the credentials could have had and have not: what the environment has under them belongs to
    /// other credentials, and would be mixed with these.
    pub not_theirs: Vec<String>,
    /// What the user has to hear of it.
    pub told: Vec<Told>,
}

/// One variable.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value, or what the file is to hold whose path is its value.
    pub value: Arc<SecretString>,
    /// Which of both.
    pub form: Form,
}

/// How a program takes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The variable is the value.
    Text,
    /// The variable is the path of a file with it.
    File,
}

/// What is said, for it is not what the user may expect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A fallback is lent, for no own credential can be.
    Fallback {
        /// By which service.
        service: String,
        /// Which one.
        uses: Resolved,
    },
    /// Two devices changed this field at the same time; the value in use was lent.
    InConflict {
        /// Of which credential.
        id: RecordId,
        /// The conflict ([`crate::Conflict::field`]).
        field: String,
    },
    /// The same of the setting of a service.
    SettingInConflict {
        /// Which service.
        service: String,
        /// Which setting.
        setting: String,
    },
}

impl Vault {
    /// Opens what the wishes name, to be lent to `program`, which the activity names.
    ///
    /// # Errors
    /// [`LendError`]; then nothing is lent, and no use noted.
    pub fn lend(&mut self, wishes: &[Wish], program: &str) -> Result<Lent, LendError> {
        let (mut claims, mut told) = (Claims::default(), Vec::new());
        let mut opened: BTreeMap<RecordId, Content> = BTreeMap::new();
        for wish in wishes {
            let claimed = match wish {
                Wish::Credential(id) => all_fields(self.usable(&mut opened, *id)?)?,
                Wish::Field { id, field, variable } => {
                    one_field(self.usable(&mut opened, *id)?, field.as_deref(), variable)?
                }
                Wish::Service(name) => {
                    let (service, uses) = self.service_to_lend(name)?;
                    let settings = self.settings_to_lend(service, &mut told)?;
                    let mut claimed = all_fields(self.usable(&mut opened, uses.id)?)?;
                    // What is set for the service goes before what stands in its credential.
                    claimed.claims.retain(|claim| settings.iter().all(|set| set.name() != claim.name()));
                    claimed.claims.extend(settings);
                    if matches!(uses.because, Because::Fallback { .. }) {
                        told.push(Told::Fallback { service: service.name.clone(), uses });
                    }
                    claimed
                }
            };
            claims.add(claimed)?;
        }
        for (id, content) in &opened {
            let subject = Subject { id: *id, name: content.meta.title() };
            self.note_use(&Event::Lent { subject, program: program.to_owned() });
        }
        let (variables, not_theirs, conflicts) = claims.settled();
        told.extend(conflicts.into_iter().map(|(id, field)| Told::InConflict { id, field }));
        Ok(Lent { variables, not_theirs, told })
    }

    /// A credential, opened once, that may be lent.
    fn usable<'o>(
        &mut self,
        opened: &'o mut BTreeMap<RecordId, Content>,
        id: RecordId,
    ) -> Result<(RecordId, &'o Content), LendError> {
        use std::collections::btree_map::Entry;

        let content = match opened.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(self.opened(id)?),
        };
        if content.meta.deleted() || !content.meta.is_credential() {
            return Err(Error::NotFound.into());
        }
        if content.meta.text(field::OFF) == "yes" {
            return Err(LendError::SwitchedOff(content.meta.title()));
        }
        Ok((id, content))
    }

    fn service_to_lend(&mut self, name: &str) -> Result<(&'static Service, Resolved), LendError> {
        let of_service = |error| match error {
            Error::NoSuchService | Error::ServiceOff | Error::NothingToUse | Error::WhichCredential(_) => {
                LendError::Service { service: name.to_owned(), error }
            }
            error => error.into(),
        };
        let service = services::known(name).map_err(of_service)?;
        Ok((service, self.resolve_service(name).map_err(of_service)?))
    }

    fn settings_to_lend(&mut self, service: &Service, told: &mut Vec<Told>) -> Result<Vec<Claim>, LendError> {
        let state = self.services()?.into_iter().find(|state| state.id == service.id);
        let value = |state: &ServiceState, key: &str| state.settings.get(key).cloned().flatten();
        let (mut claims, mut missing) = (Vec::new(), Vec::new());
        for setting in &service.settings {
            let set = state.as_ref().and_then(|state| value(state, &setting.key));
            let Some(text) = set.or_else(|| setting.default.clone()) else {
                missing.extend(setting.required.then(|| setting.key.clone()));
                continue;
            };
            if state.as_ref().is_some_and(|state| state.conflicts.contains_key(&setting.key)) {
                let setting = setting.key.clone();
                told.push(Told::SettingInConflict { service: service.id.clone(), setting });
            }
            let value = Arc::new(SecretString::from(text));
            let source = Source::Setting { service: service.id.clone(), setting: setting.key.clone() };
            claims.extend(
                setting
                    .env
                    .iter()
                    .map(|name| Claim::new(name, Arc::clone(&value), Form::Text, source.clone())),
            );
        }
        if missing.is_empty() {
            Ok(claims)
        } else {
            Err(LendError::SettingsMissing { service: service.id.clone(), settings: missing })
        }
    }
}

/// What one wish comes to.
#[derive(Default)]
struct Claimed {
    claims: Vec<Claim>,
    not_theirs: Vec<String>,
    conflicts: Vec<(RecordId, String)>,
}

/// Every field of which the catalogue says where programs look for it.
fn all_fields((id, content): (RecordId, &Content)) -> Result<Claimed, LendError> {
    let meta = &content.meta;
    let provider = provider(meta.text(field::PROVIDER));
    let (mut claimed, mut has_secret) = (Claimed::default(), false);
    let (mut known, mut nameless) = (Vec::new(), Vec::new());
    for name in meta.field_names() {
        let is_secret = meta.key().is_some_and(|parts| parts.contains_key(&name));
        let key = name_in_catalogue(meta, &name);
        let places = provider.and_then(|provider| provider.field(key));
        let revealed = pick(content, Some(&name))?;
        let names = places.into_iter().flat_map(places_of);
        let before = claimed.claims.len();
        claimed.claims.extend(names.map(|(variable, form)| {
            Claim::new(variable, Arc::clone(&revealed.value), form, Source::Credential(meta.title()))
        }));
        let is_lent = claimed.claims.len() > before;
        has_secret |= is_secret && is_lent;
        known.push(key.to_owned());
        claimed.conflicts.extend(revealed.conflict.filter(|_| is_lent).map(|conflict| (id, conflict)));
        nameless.extend((is_secret && !is_lent).then_some(name));
    }
    if !has_secret {
        return Err(LendError::NoVariable { credential: meta.title(), fields: nameless });
    }
    claimed.not_theirs = provider.map(|provider| secrets_besides(provider, &known)).unwrap_or_default();
    Ok(claimed)
}

/// One field in a variable of the caller's choice.
fn one_field(
    (id, content): (RecordId, &Content),
    name: Option<&str>,
    variable: &str,
) -> Result<Claimed, LendError> {
    let credential = || content.meta.title();
    let revealed = pick(content, name).map_err(|error| match error {
        Error::WhichField(fields) => LendError::WhichField { credential: credential(), fields },
        Error::NoSuchField(fields) => LendError::NoSuchField { credential: credential(), fields },
        error => error.into(),
    })?;
    // Where programs expect a path under this name, a path is what they get.
    let provider = provider(content.meta.text(field::PROVIDER));
    let wants_file = |provider: &Provider| {
        provider.fields.iter().flat_map(places_of).any(|place| place == (variable, Form::File))
    };
    let form = if provider.is_some_and(wants_file) { Form::File } else { Form::Text };
    Ok(Claimed {
        claims: vec![Claim::new(variable, revealed.value, form, Source::Credential(credential()))],
        not_theirs: Vec::new(),
        conflicts: revealed.conflict.into_iter().map(|conflict| (id, conflict)).collect(),
    })
}

fn places_of(field: &keymoor_providers::Field) -> impl Iterator<Item = (&str, Form)> {
    let texts = field.env.iter().map(|name| (name.as_str(), Form::Text));
    texts.chain(field.env_file.iter().map(|name| (name.as_str(), Form::File)))
}

/// The variables of the provider's other secrets.
fn secrets_besides(provider: &Provider, known: &[String]) -> Vec<String> {
    let others = provider.fields.iter().filter(|field| field.secret && !known.contains(&field.key));
    others.flat_map(places_of).map(|(name, _)| name.to_owned()).collect()
}
