//! Where a test's vault lies, and short ways to use it.

use std::path::Path;

use keymoor_vault::{
    Backend, Config, Error, Field, Filter, Listing, NewCredential, Notice, Patience, RecordId, Saved, Value,
    Vault,
};
use secrecy::ExposeSecret as _;

pub(crate) const PASSWORD: &str = "correct horse battery";
/// The service name of the tests' keychain entries.
pub(crate) const SERVICE: &str = "keymoor-test";

pub(crate) fn config(home: &Path, keychain: Backend) -> Config {
    Config { home: home.to_owned(), keychain, keychain_service: SERVICE.to_owned() }
}

/// Opens a vault without a keychain.
pub(crate) fn open(home: &Path) -> Vault {
    open_with(home, Some(PASSWORD)).unwrap()
}

pub(crate) fn open_with(home: &Path, password: Option<&str>) -> Result<Vault, Error> {
    Vault::open(config(home, Backend::None), Patience::default(), &mut |_| password.map(Into::into))
}

/// Opens a vault with the system's keychain; nobody is there to be asked for a password.
pub(crate) fn open_system(home: &Path) -> Result<Vault, Error> {
    Vault::open(config(home, Backend::System), Patience::default(), &mut |_| panic!("no password is needed"))
}

pub(crate) fn new(provider: &str, name: &str, secret: &str) -> NewCredential {
    NewCredential {
        provider: provider.to_owned(),
        name: name.to_owned(),
        fields: vec![sealed("secret", secret)],
        ..NewCredential::default()
    }
}

pub(crate) fn sealed(name: &str, secret: &str) -> Field {
    Field { name: name.to_owned(), value: Value::Secret(secret.into()) }
}

pub(crate) fn plain(name: &str, text: &str) -> Field {
    Field { name: name.to_owned(), value: Value::Open(text.to_owned()) }
}

pub(crate) fn add(vault: &mut Vault, name: &str, secret: &str) -> Saved {
    vault.add(new("openai", name, secret)).unwrap()
}

pub(crate) fn secret(vault: &mut Vault, id: RecordId) -> String {
    vault.reveal(id, None).unwrap().expose_secret().to_owned()
}

pub(crate) fn all(vault: &mut Vault) -> Vec<Listing> {
    vault.list(&Filter::default()).unwrap()
}

pub(crate) fn trash(vault: &mut Vault) -> Vec<Listing> {
    vault.list(&Filter { trashed: true, ..Filter::default() }).unwrap()
}

pub(crate) fn names(listings: &[Listing]) -> Vec<&str> {
    listings.iter().map(|listing| listing.display.as_str()).collect()
}

pub(crate) fn quarantined(notices: &[Notice]) -> Vec<RecordId> {
    notices
        .iter()
        .filter_map(|notice| if let Notice::Quarantined { id } = notice { Some(*id) } else { None })
        .collect()
}
