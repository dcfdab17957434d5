//! What a credential was before.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use keymoor_protocol::{ActorId, RecordId};

use crate::content::version::Alternate;
use crate::content::{Content, Fingerprint, Meta, field};
use crate::drafts;
use crate::error::Error;
use crate::vault::Vault;

/// Where an older version lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PastHome {
    /// In this device's cache.
    Here,
}

/// What a version changed, never to what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "what", content = "field")]
pub enum Changed {
    /// It was added.
    Added,
    /// It went into the trash.
    Trashed,
    /// It came back from there.
    Restored,
    /// A field, secret or open, got another value.
    Set(String),
    /// A field was taken away.
    Removed(String),
    /// It got another name.
    Name,
    /// It is of another provider.
    Provider,
    /// Its labels.
    Labels,
    /// Its note.
    Note,
    /// When it expires.
    Expiry,
    /// It was switched on.
    On,
    /// It was switched off.
    Off,
    /// It became a fallback.
    Fallback,
    /// It is a fallback no more.
    NoFallback,
    /// Two devices' values stand beside each other.
    Conflict,
    /// One of them was chosen.
    Settled,
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
    /// What is other than in the version before it that is kept here; nothing where none is.
    pub changed: Vec<Changed>,
    /// Whether it was made on this device, as far as its cache remembers.
    pub here: bool,
}

/// A version with what it says.
pub(crate) struct Version {
    pub(crate) past: Past,
    pub(crate) content: Content,
}

impl Vault {
    /// The versions of a credential, each once, newest first, the one in use among them. One in which two devices' values
    /// stand beside each other comes as it is shown, and then once for each value that it does not show. Where the one in
    /// use cannot be read, those before it come alone.
    pub fn history(&mut self, id: RecordId) -> Result<Vec<Past>, Error> {
        Ok(self.versions(id)?.into_iter().map(|version| version.past).collect())
    }

    /// The same with their contents. Of one version only the newest: a draft and the base that it became say the same.
    pub(crate) fn versions(&mut self, id: RecordId) -> Result<Vec<Version>, Error> {
        let (current, lost) = match self.heal(id) {
            Ok(current) => (Some(current), None),
            Err(lost @ Error::Unreadable { .. }) => (None, Some(lost)),
            Err(error) => return Err(error),
        };
        let keys = &self.keys;
        let mut versions = self.cache.read(|view| {
            let draft = view.draft(id).ok().flatten();
            let current = current.map(|content| {
                let saved_at = draft.as_ref().map_or(content.meta.updated, |draft| draft.saved_at);
                (content, saved_at, true)
            });
            let mut versions: Vec<_> = current.into_iter().collect();
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
        if let (Some(lost), true) = (lost, versions.is_empty()) {
            return Err(lost);
        }
        versions.sort_by_cached_key(|(content, saved_at, current)| {
            (Reverse(content.meta.version()), !current, Reverse(*saved_at), content.meta.version_id(None))
        });
        let own = self.cache.read(|view| drafts::actor(view, keys))?;
        let told: Vec<(Vec<Changed>, bool)> = (0..versions.len())
            .map(|at| {
                let meta = &versions[at].0.meta;
                let older = versions[at + 1..].iter().map(|(content, ..)| &content.meta);
                (changes(meta, before(meta, older)), is_by(meta, own))
            })
            .collect();
        let rows = versions.into_iter().zip(told).flat_map(|((content, at, current), (changed, here))| {
            let mut rows = rows(content, at, current);
            if let Some(shown) = rows.first_mut() {
                (shown.past.changed, shown.past.here) = (changed, here);
            }
            rows
        });
        Ok(rows.collect())
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
            changed: Vec::new(),
            here: false,
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

/// Whether its newest change is of this actor alone.
fn is_by(meta: &Meta, own: ActorId) -> bool {
    let newest = meta.version();
    let mut by = meta.seen.iter().filter(|(_, counter)| **counter == newest).map(|(actor, _)| *actor);
    by.next() == Some(own) && by.next().is_none()
}

/// The version that a version was made from: of those whose every edit went into it, the one with the most.
fn before<'m>(meta: &Meta, older: impl Iterator<Item = &'m Meta>) -> Option<&'m Meta> {
    let is_in = |(actor, counter): (&ActorId, &u64)| meta.seen.get(actor) >= Some(counter);
    let edits = |meta: &&Meta| (meta.seen.values().sum::<u64>(), meta.removed.values().sum::<u64>());
    let known = older.filter(|older| older.seen.iter().all(is_in));
    known.fold(None, |most, one| most.filter(|most| edits(most) >= edits(&one)).or(Some(one)))
}

fn changes(meta: &Meta, before: Option<&Meta>) -> Vec<Changed> {
    let Some(before) = before else {
        return if meta.version() == 1 { vec![Changed::Added] } else { Vec::new() };
    };
    let mut found = BTreeSet::new();
    let mut put = |is: bool, change: Changed| {
        if is {
            found.insert(change);
        }
    };
    put(meta.deleted() && !before.deleted(), Changed::Trashed);
    put(!meta.deleted() && before.deleted(), Changed::Restored);
    put(meta.is_in_conflict() && !before.is_in_conflict(), Changed::Conflict);
    put(!meta.is_in_conflict() && before.is_in_conflict(), Changed::Settled);
    let differs = |name: &str| meta.text(name) != before.text(name);
    for (name, change) in [
        (field::NAME, Changed::Name),
        (field::PROVIDER, Changed::Provider),
        (field::NOTE, Changed::Note),
        (field::EXPIRES, Changed::Expiry),
    ] {
        put(differs(name), change);
    }
    let is_off = meta.text(field::OFF) == "yes";
    put(differs(field::OFF), if is_off { Changed::Off } else { Changed::On });
    let is_fallback = meta.text(field::FALLBACK) == "yes";
    put(differs(field::FALLBACK), if is_fallback { Changed::Fallback } else { Changed::NoFallback });
    put(meta.labels() != before.labels(), Changed::Labels);
    let names = meta.field_names().into_iter().chain(before.field_names());
    for name in names {
        let (now, then) = (value_of(meta, &name), value_of(before, &name));
        put(now.is_some() && now != then, Changed::Set(name.clone()));
        put(now.is_none() && then.is_some(), Changed::Removed(name));
    }
    found.into_iter().collect()
}

/// What tells one value of a field from another: of a secret its fingerprint.
fn value_of<'m>(meta: &'m Meta, name: &str) -> Option<(Option<Fingerprint>, &'m str)> {
    if let Some(shadow) = meta.key().and_then(|parts| parts.get(name)) {
        return Some((Some(shadow.fingerprint), ""));
    }
    meta.open_fields().find(|(known, text)| *known == name && !text.is_empty()).map(|(_, text)| (None, text))
}

#[cfg(test)]
pub(crate) mod tests;
