//! What is known of credentials beside their records.

use std::collections::BTreeSet;
use std::sync::Arc;

use keymoor_cache::View;
use keymoor_protocol::RecordId;

use crate::clock::now;
use crate::devices::Devices;
use crate::differences::shared_names;
use crate::error::Error;
use crate::keys::Keys;
use crate::policies::Policies;
use crate::services::document::Document;

/// What is known of credentials beside their records.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) devices: Arc<Devices>,
    pub(crate) policies: Arc<Policies>,
    /// The credentials whose provider and name another has, too.
    pub(crate) sharing: Arc<BTreeSet<RecordId>>,
    /// Milliseconds since 1970.
    pub(crate) now: u64,
    /// Whether all of it could be read, or will be no better the next time.
    all_read: bool,
}

impl Known {
    /// With what the devices know. While the record of policies cannot be read, no secret is too old.
    pub(crate) fn new(view: &View<'_>, keys: &Keys, devices: Devices) -> Self {
        let mut all_read = true;
        let policies = Document::read(view, keys).map(|document| document.policies());
        let policies = or_nothing(policies, &mut all_read);
        let shared = or_nothing(shared_names(view, keys), &mut all_read);
        let sharing = shared.into_iter().flat_map(|shared| shared.ids).collect();
        Self {
            devices: Arc::new(devices),
            policies: Arc::new(policies),
            sharing: Arc::new(sharing),
            now: now(),
            all_read,
        }
    }

    /// Whether it holds until somebody writes.
    pub(crate) fn is_all_read(&self) -> bool {
        self.all_read
    }

    /// The same, now.
    pub(crate) fn renewed(&self) -> Self {
        Self { now: now(), ..self.clone() }
    }
}

/// What was read, or nothing. `all_read` is no more if that was for a moment: a record that does not open stays so.
fn or_nothing<T: Default>(read: Result<T, Error>, all_read: &mut bool) -> T {
    use keymoor_cache::Error::Record;
    *all_read &=
        matches!(read, Ok(_) | Err(Error::Unreadable { .. } | Error::NewerRecord | Error::Cache(Record(_))));
    read.unwrap_or_default()
}
