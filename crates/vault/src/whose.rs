//! A key that was found somewhere: which credential it is. It may stand in the middle of a log.
//!
//! Told by the keyed fingerprints that lie beside the names, or by the id of a key: no secret is opened for it.

mod blocks;
mod pieces;
mod unread;

use std::collections::{HashMap, HashSet};

use keymoor_cache::View;
use keymoor_protocol::RecordId;
use secrecy::{ExposeSecret as _, SecretString};

use self::pieces::Piece;
use crate::content::fingerprint::fingerprint;
use crate::content::{Fingerprint, Meta, Shadow, field};
use crate::error::Error;
use crate::keys::Keys;
use crate::list;
use crate::vault::Vault;

/// Characters of an open value that tells a credential; a region or an account's name is none.
const SHORTEST_ID: usize = 16;
/// Bytes of pieces of which there may be many that are hashed for one text, to be compared. A second's work.
const HASHED: usize = 256 * 1024 * 1024;

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
    /// The first line of the text in which the key stands, from 1.
    pub line: usize,
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
    /// The credentials of which a key stands in this text, or did as far as this device knows: the text may be the key, a line
    /// of an `.env` file, JSON, a log. Those that have it now come first. What does not open is passed
    /// over: [`Vault::unread`] heals it, and says what is left.
    pub fn whose(&mut self, text: &SecretString) -> Result<Vec<Owner>, Error> {
        let keys = &self.keys;
        let mut known = self.cache.read(|view| {
            let mut known = Prints::new();
            for trashed in [false, true] {
                list::each_meta(view, keys, trashed, |row| {
                    known.add(row.id, &row.meta, false);
                    if let Ok(past) = past(view, keys, row.id) {
                        past.iter().for_each(|meta| known.add(row.id, meta, true));
                    }
                })?;
            }
            Ok::<_, Error>(known)
        })?;
        let ends = known.ends();
        // Exposed to be compared, piece by piece, as fingerprints.
        pieces::each(text.expose_secret(), |end| ends.contains(end), |piece| known.compare(piece));
        let mut owners = known.found;
        owners.sort_by(|a, b| {
            (a.held, &a.provider, &a.name, a.line).cmp(&(b.held, &b.provider, &b.name, b.line))
        });
        let mut seen = std::collections::BTreeSet::new();
        owners.retain(|owner| seen.insert(owner.id));
        Ok(owners)
    }
}

/// By what the secrets of all credentials are known, and what was found of them.
struct Prints {
    /// By the last four characters of the secret, empty where none are kept.
    secrets: HashMap<String, Vec<Print>>,
    /// A leak notice may name a key by its id, which is no secret.
    ids: HashMap<String, Vec<Owner>>,
    found: Vec<Owner>,
    /// What is left of [`HASHED`].
    left: usize,
}

struct Print {
    salt: [u8; 16],
    fingerprint: Fingerprint,
    owner: Owner,
    is_found: bool,
}

impl Prints {
    fn new() -> Self {
        Self { secrets: HashMap::new(), ids: HashMap::new(), found: Vec::new(), left: HASHED }
    }

    /// The last four characters of everything, empty if there is something of which none are kept.
    fn ends(&self) -> HashSet<String> {
        let four = |id: &String| {
            let from = id.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
            id[from..].to_owned()
        };
        self.secrets.keys().cloned().chain(self.ids.keys().map(four)).collect()
    }

    fn add(&mut self, id: RecordId, meta: &Meta, before: bool) {
        let owner = |field: &str, other: bool| Owner {
            id,
            provider: meta.text(field::PROVIDER).to_owned(),
            name: meta.text(field::NAME).to_owned(),
            field: field.to_owned(),
            held: match (before, meta.deleted(), other) {
                (true, ..) => Held::Before,
                (_, true, _) => Held::InTrash,
                (_, _, true) => Held::InConflict,
                _ => Held::Now,
            },
            line: 1,
        };
        for (name, shadow, other) in secrets(meta) {
            let (salt, fingerprint) = (meta.salt, shadow.fingerprint);
            let print = Print { salt, fingerprint, owner: owner(name, other), is_found: false };
            self.secrets.entry(shadow.last_four.clone()).or_default().push(print);
        }
        for (name, value) in meta.open_fields().filter(|(_, value)| value.len() >= SHORTEST_ID) {
            self.ids.entry(value.to_owned()).or_default().push(owner(name, false));
        }
    }

    /// Returns whether there is time for more of those of which there are many.
    fn compare(&mut self, piece: Piece<'_>) -> bool {
        let Piece { text, line, many, .. } = piece;
        if many && self.left < text.len() {
            return false;
        }
        let mut hashed = text.len();
        // Also the shortest costs as much as some bytes.
        let cost = text.len() + 256;
        let found = |owner: &Owner| Owner { line, ..owner.clone() };
        // What has several lines has no last four that are kept, however long it is.
        let no_end = piece.last_four.is_none() || piece.controls;
        for end in piece.last_four.into_iter().chain(no_end.then_some("")) {
            for print in self.secrets.get_mut(end).into_iter().flatten().filter(|print| !print.is_found) {
                hashed += cost;
                if fingerprint(&print.salt, text) == print.fingerprint {
                    print.is_found = true;
                    self.found.push(found(&print.owner));
                }
            }
        }
        if let Some(owners) = self.ids.remove(text) {
            self.found.extend(owners.iter().map(found));
        }
        if many {
            self.left = self.left.saturating_sub(hashed);
        }
        true
    }
}

/// The credentials in use that have this secret now, also as the other value of a conflict, and whatever blanks stand
/// around it there: with their titles.
///
/// # Errors
/// [`Error::Unreadable`] for one that does not open: it may have it, too.
pub(crate) fn in_use(
    view: &View<'_>,
    keys: &Keys,
    secret: &SecretString,
) -> Result<Vec<(RecordId, String)>, Error> {
    // Exposed to be compared as a fingerprint.
    let text = secret.expose_secret();
    let line = zeroize::Zeroizing::new(format!("{}\n", text.trim()));
    let mut found = Vec::new();
    list::every_meta(view, keys, |row| {
        if [text, text.trim(), &line].iter().any(|text| has(&row.meta, text)) {
            found.push((row.id, row.meta.title()));
        }
    })?;
    Ok(found)
}

/// Its secrets, of whichever value; and whether that is the other value of a conflict.
fn secrets(meta: &Meta) -> impl Iterator<Item = (&String, &Shadow, bool)> {
    let shown = meta.key().into_iter().flatten().map(|(name, shadow)| (name, shadow, false));
    let others = meta.entries().filter_map(|entry| entry.value.key()).flatten();
    shown.chain(others.map(|(name, shadow)| (name, shadow, true)))
}

fn has(meta: &Meta, text: &str) -> bool {
    let wanted = fingerprint(&meta.salt, text);
    let open = || meta.open_fields().any(|(_, value)| value == text && text.len() >= SHORTEST_ID);
    secrets(meta).any(|(_, shadow, _)| shadow.fingerprint == wanted) || open()
}

/// What a credential was before, and the server's version under a draft.
fn past(view: &View<'_>, keys: &Keys, id: RecordId) -> Result<Vec<Meta>, Error> {
    let base = view.base(id).ok().flatten().map(|base| base.record);
    let past = view.history(id)?.into_iter().map(|past| past.record);
    Ok(past.chain(base).filter_map(|record| keys.open_meta(&record).ok()).collect())
}
