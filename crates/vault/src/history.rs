//! What a credential was before.

use std::cmp::Reverse;

use keymoor_protocol::RecordId;

use crate::content::version::Alternate;
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

/// A version of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Names it on every device: its number and a hash, such as `3-1f0c22ab`.
    pub id: String,
    /// Its number. Two devices that edit unseen of each other give the same one.
    pub version: u64,
    /// Whether it is a value that the version has and does not show: the other one of a conflict.
    pub alternate: bool,
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

/// A version with what it says.
pub(crate) struct Version {
    pub(crate) past: Past,
    pub(crate) content: Content,
}

impl Vault {
    /// The versions of a credential, each once, newest first, the one in use among them. One in which two devices' values
    /// stand beside each other comes as it is shown, and then once for each value that it does not show.
    pub fn history(&mut self, id: RecordId) -> Result<Vec<Past>, Error> {
        Ok(self.versions(id)?.into_iter().map(|version| version.past).collect())
    }

    /// The same with their contents. Of one version only the newest: a draft and the base that it became say the same.
    pub(crate) fn versions(&mut self, id: RecordId) -> Result<Vec<Version>, Error> {
        let current = self.heal(id)?;
        let keys = &self.keys;
        let mut versions = self.cache.read(|view| {
            let draft = view.draft(id)?;
            let saved_at = draft.as_ref().map_or(current.meta.updated, |draft| draft.saved_at);
            let mut versions = vec![(current, saved_at, true)];
            // Under a draft lies what the server has; it goes into the cache's history only when it is replaced.
            let base = view.base(id).ok().flatten().and_then(|base| keys.open(&base.record).ok());
            let base = base.map(|content| (content.meta.updated, content));
            let past = view.history(id)?.into_iter();
            // What does not open is left out here and named by `doctor`.
            let past = past.filter_map(|past| Some((past.saved_at, keys.open(&past.record).ok()?)));
            for (saved_at, content) in past.chain(base) {
                let same = |known: &Content| {
                    (&known.meta.seen, &known.meta.removed) == (&content.meta.seen, &content.meta.removed)
                };
                if versions.iter().all(|(known, ..)| !same(known)) {
                    versions.push((content, saved_at, false));
                }
            }
            Ok::<_, Error>(versions)
        })?;
        versions.sort_by_cached_key(|(content, saved_at, current)| {
            (Reverse(content.meta.version()), !current, Reverse(*saved_at), content.meta.version_id(None))
        });
        Ok(versions.into_iter().flat_map(|(content, at, current)| rows(content, at, current)).collect())
    }
}

/// A version as it is shown, and then as each other device wrote it.
fn rows(content: Content, saved_at: u64, current: bool) -> Vec<Version> {
    let row = |content: Content, alternate: Option<Alternate>, id: String| {
        let past = Past {
            id,
            version: content.meta.version(),
            alternate: alternate.is_some(),
            saved_at,
            deleted: content.meta.deleted(),
            name: content.meta.text(field::NAME).to_owned(),
            last_four: (content.meta.key())
                .and_then(|parts| parts.values().next())
                .map(|shadow| shadow.last_four.clone())
                .filter(|text| !text.is_empty()),
            home: PastHome::Here,
            current: current && alternate.is_none(),
        };
        Version { past, content }
    };
    let others: Vec<(Alternate, Content)> = content.as_alternates();
    let named = |alternate| content.meta.version_id(alternate);
    let ids: Vec<String> = others.iter().map(|(alternate, _)| named(Some(*alternate))).collect();
    let id = named(None);
    let mut rows = vec![row(content, None, id)];
    rows.extend(others.into_iter().zip(ids).map(|((alternate, as_of), id)| row(as_of, Some(alternate), id)));
    rows
}
