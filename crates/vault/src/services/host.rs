//! Where the key of a service goes, if one of its settings says so.

use keymoor_cache::View;
use keymoor_providers::{Part, Service, Setting, provider};

use super::choices;
use super::document::Document;
use crate::error::Error;
use crate::keys::Keys;

/// Whether a key of a credential that the service takes goes to the host that this setting says.
pub(super) fn is_host(service: &Service, key: &str) -> bool {
    let accepted = service.accepts.iter().filter_map(|id| provider(id));
    accepted.into_iter().any(|provider| provider.part_in_address(key) == Some(Part::Host))
}

/// Refuses a service of which two devices set a host and a credential at the same time: the one may be of the first, and the
/// other of the second.
///
/// # Errors
/// [`Error::Unsettled`].
pub(crate) fn must_be_of_one_change(
    view: &View<'_>,
    keys: &Keys,
    document: &Document,
    service: &Service,
) -> Result<(), Error> {
    let is_set = |setting: &&Setting| {
        is_host(service, &setting.key) && document.setting(&service.id, &setting.key).is_some()
    };
    let hosts: Vec<_> = service.settings.iter().filter(is_set).collect();
    if hosts.is_empty() {
        return Ok(());
    }
    let conflicts = document.conflicts(&service.id);
    let mixed = hosts.iter().any(|setting| conflicts.contains_key(&setting.key))
        || choices(view, keys, document, &service.id)?.len() > 1;
    if mixed { Err(Error::Unsettled) } else { Ok(()) }
}
