//! What a credential was before.

use keymoor_protocol::RecordId;

use crate::content::{Content, field};
use crate::error::Error;
use crate::vault::Vault;

/// Where an older version lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PastHome {
    /// In this device's cache.
    Here,
}

/// An older version of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Which.
    pub version: u64,
    /// When this device got it, milliseconds since 1970.
    pub saved_at: u64,
    /// Whether it was in the trash.
    pub deleted: bool,
    /// Its name then.
    pub name: String,
    /// The last four characters of its first secret.
    pub last_four: Option<String>,
    /// Where it lies.
    pub home: PastHome,
    /// Whether it is the one in use.
    pub current: bool,
}

impl Vault {
    /// The versions of a credential, newest first, the one in use among them.
    pub fn history(&mut self, id: RecordId) -> Result<Vec<Past>, Error> {
        let versions = self.versions(id)?;
        let past = |(content, saved_at, current): (Content, u64, bool)| Past {
            version: content.meta.version(),
            saved_at,
            deleted: content.meta.deleted(),
            name: content.meta.text(field::NAME).to_owned(),
            last_four: (content.meta.key())
                .and_then(|parts| parts.values().next())
                .map(|shadow| shadow.last_four.clone())
                .filter(|text| !text.is_empty()),
            home: PastHome::Here,
            current,
        };
        let mut history: Vec<Past> = versions.into_iter().map(past).collect();
        history.sort_by_key(|past| (std::cmp::Reverse(past.version), std::cmp::Reverse(past.saved_at)));
        Ok(history)
    }

    /// The contents of a credential with the time when this device got them, the one in use first. Of one version, only
    /// the newest: a draft and the base that it became say the same.
    pub(crate) fn versions(&mut self, id: RecordId) -> Result<Vec<(Content, u64, bool)>, Error> {
        let current = self.heal(id)?;
        let keys = &self.keys;
        self.cache.read(|view| {
            let saved_at = view.draft(id)?.map_or(current.meta.updated, |draft| draft.saved_at);
            let mut versions = vec![(current, saved_at, true)];
            for past in view.history(id)? {
                // What does not open is left out here and named by `doctor`.
                let Ok(content) = keys.open(&past.record) else { continue };
                if versions.iter().all(|(known, ..)| known.meta.seen != content.meta.seen) {
                    versions.push((content, past.saved_at, false));
                }
            }
            Ok(versions)
        })
    }
}
