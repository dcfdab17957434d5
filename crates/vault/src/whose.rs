//! A key that was found somewhere: which credential it is.
//!
//! Told by the keyed fingerprints that lie beside the names, or by the id of a key: no secret is opened for it.

use keymoor_cache::View;
use keymoor_protocol::RecordId;
use secrecy::{ExposeSecret as _, SecretString};

use crate::content::Meta;
use crate::content::edit::fingerprint;
use crate::error::Error;
use crate::keys::Keys;
use crate::list;
use crate::vault::Vault;

/// Characters of an open value that tells a credential; a region or an account's name is none.
const SHORTEST_ID: usize = 16;

/// A credential that has a key, or had it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its record.
    pub id: RecordId,
    /// Whose API it is for.
    pub provider: String,
    /// Its name.
    pub name: String,
    /// The field that has it.
    pub field: String,
    /// Where the key is in it.
    pub held: Held,
}

/// Where a key is in a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// It is in use.
    Now,
    /// It is the other value of a conflict.
    InConflict,
    /// The credential is in the trash.
    InTrash,
    /// It was replaced; this device's history has it.
    Before,
}

impl Vault {
    /// The credentials that have this key, or had it as far as this device knows. Those that have it now come first.
    pub fn whose(&mut self, secret: &SecretString) -> Result<Vec<Owner>, Error> {
        // Exposed to be compared as a fingerprint, the text and what is left without spaces around it.
        let text = secret.expose_secret();
        let keys = &self.keys;
        self.cache.read(|view| {
            let mut owners = Vec::new();
            // As it stands in a request, too.
            let bare = text.trim();
            let bare = bare.strip_prefix("Bearer ").map_or(bare, str::trim);
            for candidate in [text, text.trim(), bare] {
                for trashed in [false, true] {
                    list::each_meta(view, keys, trashed, |row| {
                        owners.extend(owner(row.id, &row.meta, candidate, false));
                        if let Ok(past) = past(view, keys, row.id) {
                            owners
                                .extend(past.iter().filter_map(|meta| owner(row.id, meta, candidate, true)));
                        }
                    })?;
                }
                if !owners.is_empty() {
                    break;
                }
            }
            owners.sort_by(|a, b| (a.held, &a.provider, &a.name).cmp(&(b.held, &b.provider, &b.name)));
            let mut seen = std::collections::BTreeSet::new();
            owners.retain(|owner| seen.insert(owner.id));
            Ok(owners)
        })
    }
}

/// The credentials in use that have this secret now, also as the other value of a conflict, and whatever blanks stand
/// around it there: with their titles.
pub(crate) fn in_use(
    view: &View<'_>,
    keys: &Keys,
    secret: &SecretString,
) -> Result<Vec<(RecordId, String)>, Error> {
    // Exposed to be compared as a fingerprint.
    let text = secret.expose_secret();
    let line = zeroize::Zeroizing::new(format!("{}\n", text.trim()));
    let mut found = Vec::new();
    list::each_meta(view, keys, false, |row| {
        if [text, text.trim(), &line].iter().any(|text| owner(row.id, &row.meta, text, false).is_some()) {
            found.push((row.id, row.meta.title()));
        }
    })?;
    Ok(found)
}

fn owner(id: RecordId, meta: &Meta, text: &str, before: bool) -> Option<Owner> {
    let wanted = fingerprint(&meta.salt, text);
    let shown = meta.key().into_iter().flatten().map(|part| (part, false));
    let others = meta.entries().filter_map(|entry| entry.value.key()).flatten().map(|part| (part, true));
    let secret = shown.chain(others).find(|((_, shadow), _)| shadow.fingerprint == wanted);
    // A leak notice may name a key by its id, which is no secret.
    let open = || meta.open_fields().find(|(_, value)| *value == text && text.len() >= SHORTEST_ID);
    let (name, alternate) = match secret {
        Some(((name, _), alternate)) => (name.as_str(), alternate),
        None => (open()?.0, false),
    };
    Some(Owner {
        id,
        provider: meta.text(crate::content::field::PROVIDER).to_owned(),
        name: meta.text(crate::content::field::NAME).to_owned(),
        field: name.to_owned(),
        held: match (before, meta.deleted(), alternate) {
            (true, ..) => Held::Before,
            (_, true, _) => Held::InTrash,
            (_, _, true) => Held::InConflict,
            _ => Held::Now,
        },
    })
}

/// What a credential was before, and the server's version under a draft.
fn past(view: &View<'_>, keys: &Keys, id: RecordId) -> Result<Vec<Meta>, Error> {
    let base = view.base(id).ok().flatten().map(|base| base.record);
    let past = view.history(id)?.into_iter().map(|past| past.record);
    Ok(past.chain(base).filter_map(|record| keys.open_meta(&record).ok()).collect())
}
