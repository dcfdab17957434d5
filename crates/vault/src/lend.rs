//! Lending: what a program gets in its environment, under the names in which the catalogue says that programs look for it.
//!
//! All is decided before a secret is let out and before a use is noted: two that claim one variable, a credential that is
//! switched off, a service without its settings are errors, and then nothing is lent.

mod claims;
mod error;
mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use keymoor_protocol::RecordId;
use keymoor_providers::{Field, Part, Provider, provider, url_parts};
use secrecy::SecretString;

use self::claims::Claim;
pub use self::error::{LendError, Source};
use self::reading::{Read, Reading, Stopped};
use crate::activity::{Event, Subject};
use crate::content::{Content, field};
use crate::error::Error;
use crate::meant::name_in_catalogue;
use crate::reveal::pick;
use crate::services::Resolved;
use crate::vault::Vault;

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
    /// What the credentials could have had and have not, sorted by name.
    pub not_theirs: Vec<NotTheirs>,
    /// What the user has to hear of it.
    pub told: Vec<Told>,
}

/// A variable of a secret or an address which the credentials could have had and have not: what the environment has under this
/// name belongs to another credential, and would be mixed with these, or these be sent there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotTheirs {
    /// Its name.
    pub name: String,
    /// Whether programs send the key to where it says.
    pub is_address: bool,
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
    /// The credentials, `provider/name`, that are of use only with this value, and not with another's: it is a secret of
    /// theirs, or says where they are sent, or is required.
    pub tied: BTreeSet<String>,
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
    /// Two devices chose different credentials for a service; the one in use was lent.
    ChoiceInConflict {
        /// Which service.
        service: String,
        /// All that were chosen, `provider/name`, the one in use first.
        choices: Vec<String>,
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
        if wishes.iter().any(|wish| matches!(wish, Wish::Service(_))) {
            self.heal_services()?;
        }
        let mut healed = BTreeMap::new();
        let Read { claims, opened, mut told } = loop {
            let keys = &self.keys;
            // In one transaction: a setting that is changed meanwhile is not lent with the credential of before.
            match self.cache.read(|view| Reading::new(view, keys, &healed).all(wishes)) {
                Ok(read) => break read,
                Err(Stopped::For(error)) => return Err(error),
                Err(Stopped::Unopened(id)) => drop(healed.insert(id, self.heal(id)?)),
            }
        };
        for (id, name) in opened {
            let subject = Subject { id, name };
            self.note_use(&Event::Lent { subject, program: program.to_owned() });
        }
        let (variables, not_theirs, conflicts) = claims.settled();
        told.extend(conflicts.into_iter().map(|(id, field)| Told::InConflict { id, field }));
        Ok(Lent { variables, not_theirs, told })
    }
}

/// What one wish comes to.
#[derive(Default)]
struct Claimed {
    claims: Vec<Claim>,
    not_theirs: Vec<NotTheirs>,
    conflicts: Vec<(RecordId, String)>,
}

/// Every field of which the catalogue says where programs look for it.
fn all_fields((id, content): (RecordId, &Content)) -> Result<Claimed, LendError> {
    let meta = &content.meta;
    let provider = provider(meta.text(field::PROVIDER));
    let sent_to = |key: &str| provider.is_some_and(|provider| sent_to(provider, key));
    let (mut claimed, mut has_secret) = (Claimed::default(), false);
    let (mut known, mut nameless) = (Vec::new(), Vec::new());
    for name in meta.field_names() {
        let is_secret = meta.key().is_some_and(|parts| parts.contains_key(&name));
        let key = name_in_catalogue(meta, &name);
        let places = provider.and_then(|provider| provider.field(key));
        let is_tied = is_secret || places.is_some_and(|field| field.secret || field.required || sent_to(key));
        let revealed = pick(content, Some(&name))?;
        let names = places.into_iter().flat_map(places_of);
        let before = claimed.claims.len();
        claimed.claims.extend(names.map(|(variable, form)| {
            let source = Source::Credential(meta.title());
            Claim::new(variable, Arc::clone(&revealed.value), form, source).tied(is_tied)
        }));
        for (variable, part) in places.into_iter().flat_map(|field| url_parts(field, &revealed.value)) {
            match part {
                Some(part) => {
                    let source = Source::Credential(meta.title());
                    let claim = Claim::new(variable, Arc::new(part), Form::Text, source);
                    claimed.claims.push(claim.tied(is_tied));
                }
                // Another's would be taken for a part of it.
                None => {
                    claimed.not_theirs.push(NotTheirs { name: variable.to_owned(), is_address: false });
                }
            }
        }
        let is_lent = claimed.claims.len() > before;
        has_secret |= is_secret && is_lent;
        known.push(key.to_owned());
        claimed.conflicts.extend(revealed.conflict.filter(|_| is_lent).map(|conflict| (id, conflict)));
        nameless.extend((is_secret && !is_lent).then_some(name));
    }
    if !has_secret {
        return Err(LendError::NoVariable { credential: meta.title(), fields: nameless });
    }
    let is_other = |field: &Field| (field.secret || sent_to(&field.key)) && !known.contains(&field.key);
    claimed.not_theirs.extend(provider.into_iter().flat_map(|provider| variables_of(provider, is_other)));
    claimed.not_theirs.extend(provider.into_iter().flat_map(of_other_accounts));
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
    // Programs that look for the secret there look for its address, too: another's would be that of another server.
    let is_other = |provider: &Provider, field: &Field| {
        sent_to(provider, &field.key) && !content.meta.field_names().contains(&field.key)
    };
    let is_usual = |provider: &&Provider| {
        let secrets = provider.fields.iter().filter(|field| field.secret);
        secrets.flat_map(places_of).any(|(name, _)| name == variable)
    };
    let not_theirs = provider
        .filter(is_usual)
        .map(|provider| variables_of(provider, |field| is_other(provider, field)))
        .unwrap_or_default();
    Ok(Claimed {
        claims: vec![Claim::new(variable, revealed.value, form, Source::Credential(credential()))],
        not_theirs,
        conflicts: revealed.conflict.into_iter().map(|conflict| (id, conflict)).collect(),
    })
}

/// What programs read beside the fields, where a credential has nothing of that name.
fn of_other_accounts(provider: &Provider) -> impl Iterator<Item = NotTheirs> {
    let named = |is_address| move |name: &String| NotTheirs { name: name.clone(), is_address };
    let accounts = provider.environment.accounts.iter().map(named(false));
    accounts.chain(provider.environment.addresses.iter().map(named(true)))
}

fn places_of(field: &Field) -> impl Iterator<Item = (&str, Form)> {
    let texts = field.env.iter().map(|name| (name.as_str(), Form::Text));
    texts.chain(field.env_file.iter().map(|name| (name.as_str(), Form::File)))
}

/// Whether programs send a key of this provider to a host that this field names.
fn sent_to(provider: &Provider, key: &str) -> bool {
    provider.part_in_address(key) == Some(Part::Host)
}

/// The variables of some of the provider's fields, and those by which programs are told another address than the provider's.
fn variables_of(provider: &Provider, of: impl Fn(&Field) -> bool) -> Vec<NotTheirs> {
    let fields = provider.fields.iter().filter(|field| of(field)).flat_map(|field| {
        let is_address = sent_to(provider, &field.key);
        places_of(field).map(move |(name, _)| NotTheirs { name: name.to_owned(), is_address })
    });
    let base = provider.endpoint.iter().flat_map(|endpoint| &endpoint.base_env);
    fields.chain(base.map(|name| NotTheirs { name: name.clone(), is_address: true })).collect()
}
