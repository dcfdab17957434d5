//! Showing one credential: everything but its secrets.

use std::collections::BTreeSet;

use keymoor_protocol::{ActorId, RecordId};

use crate::content::{Entry, Meta, Stamp, Value, field};
use crate::copy_as::{self, CopyForm};
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
    /// The variables in which programs look for its fields, the usual one of each.
    pub environment: Vec<String>,
    /// As what texts it can be copied.
    pub forms: Vec<CopyForm>,
    /// Whether its copy in the keychain is that of before, or is still to be written. Never without a keychain.
    pub mirror_behind: bool,
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
    /// Whether it was written on this device, as far as its cache remembers.
    pub here: bool,
    /// When, by the clock of the device that wrote it, milliseconds since 1970. `None`: no version of it alone is kept.
    pub at: Option<u64>,
}

impl Vault {
    /// Everything about a credential but its secrets.
    pub fn show(&mut self, id: RecordId) -> Result<Detail, Error> {
        self.heal(id)?;
        let (mut detail, stamps) = self.shown(id)?;
        if !stamps.is_empty() {
            let times = self.written_at(id, &stamps)?;
            let choices = detail.conflicts.iter_mut().flat_map(|conflict| &mut conflict.choices);
            choices.zip(times).for_each(|(choice, at)| choice.at = at);
        }
        Ok(detail)
    }

    /// The same for whoever asks often: the envelope of the secrets stays shut, and is not looked at. What does not open is
    /// healed.
    ///
    /// # Errors
    /// As [`Vault::show`].
    pub fn glance(&mut self, id: RecordId) -> Result<Detail, Error> {
        match self.shown(id) {
            Err(Error::Unreadable { .. } | Error::Cache(keymoor_cache::Error::Record(_))) => self.show(id),
            shown => Ok(shown?.0),
        }
    }

    /// When each of these values was written: when the first version that has it was.
    fn written_at(&mut self, id: RecordId, stamps: &[Stamp]) -> Result<Vec<Option<u64>>, Error> {
        let versions = self.versions(id)?;
        let alone = versions
            .iter()
            .filter(|version| !version.past.alternate && !version.content.meta.is_in_conflict());
        let metas: Vec<&Meta> = alone.map(|version| &version.content.meta).collect();
        let first = |stamp: &Stamp| {
            let has = |meta: &&&Meta| meta.entries().any(|entry| entry.stamp == *stamp);
            metas.iter().filter(has).map(|meta| meta.updated).min()
        };
        Ok(stamps.iter().map(first).collect())
    }

    /// With the stamps of its choices, in their order.
    fn shown(&mut self, id: RecordId) -> Result<(Detail, Vec<Stamp>), Error> {
        let mirrors = self.keychain.is_some();
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
            let (conflicts, stamps) = conflicts(&meta, device.actor);
            let detail = Detail {
                listing,
                fields: fields(&meta),
                conflicts,
                used,
                environment: copy_as::environment(&meta),
                forms: copy_as::forms(&meta),
                mirror_behind: mirrors && view.is_unmirrored(id)?,
            };
            Ok(((detail, stamps), known))
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

/// Also the stamps of their choices, in the same order.
fn conflicts(meta: &Meta, own: ActorId) -> (Vec<Conflict>, Vec<Stamp>) {
    let conflict = |(name, entries): (&str, &BTreeSet<Entry>)| Conflict {
        field: shown_name(name).to_owned(),
        choices: (entries.iter().rev().enumerate())
            .map(|(place, entry)| Choice {
                key: choice_key(entries, entry),
                shown: place == 0,
                summary: summary(&entry.value),
                here: entry.stamp.actor == own,
                at: None,
            })
            .collect(),
    };
    let stamps = meta.alternates().flat_map(|(_, entries)| entries.iter().rev().map(|entry| entry.stamp));
    (meta.alternates().map(conflict).collect(), stamps.collect())
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
