//! Showing one credential: everything but its secrets.

use std::collections::BTreeSet;

use keymoor_protocol::RecordId;

use crate::content::{Entry, Meta, Value, field};
use crate::devices::Used;
use crate::drafts;
use crate::error::Error;
use crate::find;
use crate::keys::is_newer;
use crate::list::{self, Listing};
use crate::vault::Vault;
use crate::verification::Values;

/// A credential without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// What a list shows.
    pub listing: Listing,
    /// Its fields, the secret ones first.
    pub fields: Vec<ShownField>,
    /// What two devices changed unseen of each other, for the user to settle.
    pub conflicts: Vec<Conflict>,
    /// On which devices its secrets were last shown or copied, the newest first.
    pub used: Vec<Used>,
}

/// A field without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownField {
    /// Its name.
    pub name: String,
    /// Whether it is secret.
    pub secret: bool,
    /// The value of an open field.
    pub value: Option<String>,
    /// The last four characters of a secret that is long enough to give them away.
    pub last_four: Option<String>,
    /// Tells whether two versions of this credential have the same secret, and nothing else.
    pub fingerprint: Option<String>,
}

/// A field with several values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// `provider`, `name`, `note`, `secret` (the secret fields together) or an open field's name.
    pub field: String,
    /// The values, the shown one first.
    pub choices: Vec<Choice>,
}

/// One of several values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Names it in [`Vault::settle`].
    pub key: String,
    /// Whether it is the one in use until the user settles.
    pub shown: bool,
    /// The text, or the secret's last four characters and fingerprint.
    pub summary: String,
}

impl Vault {
    /// Everything about a credential but its secrets.
    pub fn show(&mut self, id: RecordId) -> Result<Detail, Error> {
        self.heal(id)?;
        self.shown(id)
    }

    /// The same for whoever asks often: the envelope of the secrets stays shut, and is not looked at. What does not open is
    /// healed.
    ///
    /// # Errors
    /// As [`Vault::show`].
    pub fn glance(&mut self, id: RecordId) -> Result<Detail, Error> {
        match self.shown(id) {
            Err(Error::Unreadable { .. } | Error::Cache(keymoor_cache::Error::Record(_))) => self.show(id),
            shown => shown,
        }
    }

    fn shown(&mut self, id: RecordId) -> Result<Detail, Error> {
        self.read_beside(|view, keys, beside| {
            let device = drafts::device(view, keys)?;
            let current = view.current(id)?.ok_or(Error::NotFound)?;
            let record = current.record();
            let meta = keys.open_meta(record).map_err(|_| Error::Unreadable { id, homes: Vec::new() })?;
            let mut listing = list::listing(id, &meta, current.draft.is_some() && device.server.is_some());
            listing.read_only = current.base.iter().map(|base| &base.record).chain([record]).any(is_newer);
            if !listing.trashed {
                listing.display = find::displayed(view, keys, id, &meta)?;
            }
            let known = beside.open(view, keys);
            listing.know(&known, Values::of(&meta));
            let used = known.devices.of(id);
            Ok((Detail { listing, fields: fields(&meta), conflicts: conflicts(&meta), used }, known))
        })
    }
}

fn fields(meta: &Meta) -> Vec<ShownField> {
    let secrets = meta.key().into_iter().flatten().map(|(name, shadow)| ShownField {
        name: name.clone(),
        secret: true,
        value: None,
        last_four: (!shadow.last_four.is_empty()).then(|| shadow.last_four.clone()),
        fingerprint: Some(hex(&shadow.fingerprint.0[..8])),
    });
    let open = meta.open_fields().map(|(name, value)| ShownField {
        name: name.to_owned(),
        secret: false,
        value: Some(value.to_owned()),
        last_four: None,
        fingerprint: None,
    });
    secrets.chain(open).collect()
}

fn conflicts(meta: &Meta) -> Vec<Conflict> {
    let conflict = |(name, entries): (&str, &BTreeSet<Entry>)| Conflict {
        field: shown_name(name).to_owned(),
        choices: (entries.iter().rev().enumerate())
            .map(|(place, entry)| Choice {
                key: choice_key(entries, entry),
                shown: place == 0,
                summary: summary(&entry.value),
            })
            .collect(),
    };
    meta.alternates().map(conflict).collect()
}

/// What people call a field of the merge.
pub(crate) fn shown_name(name: &str) -> &str {
    if name == field::KEY { "secret" } else { name.strip_prefix(field::OPEN).unwrap_or(name) }
}

/// Names one value of a field: its counter, the beginning of its author, and which one it is where one action wrote several
/// (bringing a record with alternates back from the trash does).
pub(crate) fn choice_key(entries: &BTreeSet<Entry>, entry: &Entry) -> String {
    let before = entries.iter().filter(|other| other.stamp == entry.stamp && *other < entry).count();
    let which = if before == 0 { String::new() } else { format!("-{}", before + 1) };
    format!("{}-{}{which}", entry.stamp.counter, hex(&entry.stamp.actor.0[..4]))
}

fn summary(value: &Value) -> String {
    match value.parts().0 {
        Value::Text(text) => text.clone(),
        Value::Other(json) => json.0.to_string(),
        Value::With(value, _) => summary(value),
        Value::Key(parts) => {
            let part = |(name, shadow): (&String, &crate::content::Shadow)| {
                let end = if shadow.last_four.is_empty() {
                    String::new()
                } else {
                    format!(" …{}", shadow.last_four)
                };
                format!("{name}{end} ({})", hex(&shadow.fingerprint.0[..4]))
            };
            parts.iter().map(part).collect::<Vec<_>>().join(", ")
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
