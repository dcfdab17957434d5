//! What is known of providers, services and templates: one small file each under `catalogue/`, embedded at build time.
//!
//! A file is parsed when it is first asked for; asking for one provider costs some ten microseconds.

mod address;
mod check;
mod provider;
mod service;

use std::{collections::BTreeMap, sync::OnceLock};

use serde::de::DeserializeOwned;

pub use self::{
    address::Part,
    check::{Answer, Auth, Check, Condition, Failure, Instead, Kind, Method, Statuses, Verdict},
    provider::{
        Checksum, Endpoint, Environment, Field, FieldKind, Provider, Recognise, Revocation, RevocationKind,
        Rotation, UrlPart,
    },
    service::{Service, Setting, Template},
};

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

/// The provider of that id. `None`: the catalogue does not know it; its credentials are kept all the same.
pub fn provider(id: &str) -> Option<&'static Provider> {
    static SHELF: Shelf<Provider> = Shelf::new(embedded::PROVIDERS, Provider::called);
    SHELF.get(id)
}

/// All providers, in the order of their ids.
pub fn providers() -> impl Iterator<Item = &'static Provider> {
    embedded::PROVIDERS.iter().filter_map(|(id, _)| provider(id))
}

/// The service of that id. A provider without a file under `services/` is a service of the same id, without settings.
pub fn service(id: &str) -> Option<&'static Service> {
    static SHELF: Shelf<Service> = Shelf::new(embedded::SERVICES, Service::called);
    static OWN: OnceLock<BTreeMap<&'static str, Service>> = OnceLock::new();
    let own = || {
        let without_file = providers().filter(|provider| SHELF.get(&provider.id).is_none());
        without_file.map(|provider| (provider.id.as_str(), Service::of(provider))).collect()
    };
    SHELF.get(id).or_else(|| OWN.get_or_init(own).get(id))
}

/// All services, in the order of their ids.
pub fn services() -> impl Iterator<Item = &'static Service> {
    let mut ids: Vec<_> = embedded::PROVIDERS.iter().chain(embedded::SERVICES).map(|(id, _)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().filter_map(service)
}

/// The template of that id.
pub fn template(id: &str) -> Option<&'static Template> {
    static SHELF: Shelf<Template> = Shelf::new(embedded::TEMPLATES, Template::called);
    SHELF.get(id)
}

/// All templates, in the order of their ids.
pub fn templates() -> impl Iterator<Item = &'static Template> {
    embedded::TEMPLATES.iter().filter_map(|(id, _)| template(id))
}

/// Files of one folder, each read once.
struct Shelf<T: 'static> {
    files: &'static [(&'static str, &'static str)],
    named: fn(T, &str) -> T,
    read: OnceLock<Vec<OnceLock<Option<T>>>>,
}

impl<T: DeserializeOwned> Shelf<T> {
    const fn new(files: &'static [(&'static str, &'static str)], named: fn(T, &str) -> T) -> Self {
        Self { files, named, read: OnceLock::new() }
    }

    fn get(&'static self, id: &str) -> Option<&'static T> {
        let at = self.files.binary_search_by_key(&id, |(id, _)| id).ok()?;
        let read = self.read.get_or_init(|| self.files.iter().map(|_| OnceLock::new()).collect());
        let (id, json) = self.files.get(at)?;
        // A test reads every file; here one that does not fit its type is as good as none.
        read.get(at)?.get_or_init(|| Some((self.named)(serde_json::from_str(json).ok()?, id))).as_ref()
    }
}
