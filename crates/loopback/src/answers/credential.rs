//! A credential without its secrets.

use std::collections::BTreeMap;

use keymoor_vault::{Detail, Kept, Listing, Saved, rfc3339};
use schemars::JsonSchema;
use serde::Serialize;

use super::verification::{Status, Verified};
use crate::secret::mask;

/// A part of the list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Credentials {
    pub(crate) credentials: Vec<Listed>,
    /// How many there are in all.
    pub(crate) total: usize,
    pub(crate) limit: usize,
    pub(crate) offset: usize,
}

/// A credential in a list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Listed {
    #[schemars(extend("format" = "uuid"))]
    id: String,
    provider: String,
    name: String,
    labels: Vec<String>,
    note: Option<String>,
    status: Status,
    /// Whether services and programs may use it.
    enabled: bool,
    /// Used only where no other credential of its provider is.
    fallback: bool,
    /// The last four characters of its first secret, if that is long enough to give them away.
    last_four: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    checked_at: Option<String>,
    /// When it expires, as the provider or the user says, whichever is earlier.
    #[schemars(extend("format" = "date-time"))]
    expires_at: Option<String>,
    /// What needs care about it: unreadable, conflict, expired, refused, expiring, old.
    care: Vec<String>,
    #[schemars(extend("format" = "date-time"))]
    created_at: String,
    #[schemars(extend("format" = "date-time"))]
    updated_at: String,
    #[schemars(extend("format" = "date-time"))]
    last_used: Option<String>,
    version: u64,
    version_id: String,
    /// A newer version of Keymoor wrote it: it cannot be changed here.
    read_only: bool,
    /// Whether the sync server has yet to see the latest change.
    waiting: bool,
}

impl Listed {
    pub(crate) fn new(listing: Listing, verifying: bool) -> Self {
        let answer = listing.verification.as_ref().and_then(|known| known.answer.as_ref());
        Self {
            checked_at: answer.map(|answer| rfc3339(answer.at)),
            expires_at: listing.expires.map(rfc3339),
            care: listing.care.iter().map(|care| care.word().to_owned()).collect(),
            id: listing.id.to_string(),
            provider: listing.provider,
            name: listing.name,
            labels: listing.labels,
            note: listing.note,
            status: if verifying { Status::Verifying } else { listing.status.into() },
            enabled: listing.on,
            fallback: listing.fallback,
            last_four: listing.last_four.filter(|text| !text.is_empty()),
            created_at: rfc3339(listing.created_at),
            updated_at: rfc3339(listing.updated_at),
            last_used: listing.last_used.map(rfc3339),
            version: listing.version,
            version_id: listing.version_id,
            read_only: listing.read_only,
            waiting: listing.waiting,
        }
    }
}

/// Everything about a credential but its secrets.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Credential {
    #[serde(flatten)]
    listed: Listed,
    /// What was said of that by hand, here or on another device.
    #[schemars(extend("format" = "date-time"))]
    expires_as_set: Option<String>,
    /// Its secret fields, masked.
    secrets: BTreeMap<String, String>,
    /// Of each secret field a keyed fingerprint: the same as long as the secret is.
    fingerprints: BTreeMap<String, String>,
    /// Its other fields.
    fields: BTreeMap<String, String>,
    verification: Option<Verified>,
    /// What two devices changed unseen of each other. keymoor settle chooses.
    conflicts: Vec<Conflict>,
}

/// A field with several values.
#[derive(Serialize, JsonSchema)]
struct Conflict {
    field: String,
    /// The values, the one in use first; of secrets what may be shown.
    choices: Vec<String>,
}

impl Credential {
    pub(crate) fn new(detail: Detail, verifying: bool) -> Self {
        let verification = detail.listing.verification.as_ref().map(Verified::new);
        let (mut secrets, mut fingerprints, mut fields) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for field in detail.fields {
            if field.secret {
                secrets.insert(field.name.clone(), mask(&field));
                fingerprints.insert(field.name, field.fingerprint.unwrap_or_default());
            } else {
                fields.insert(field.name, field.value.unwrap_or_default());
            }
        }
        let conflicts = detail.conflicts.into_iter().map(|conflict| Conflict {
            field: conflict.field,
            choices: conflict.choices.into_iter().map(|choice| choice.summary).collect(),
        });
        Self {
            expires_as_set: detail.listing.expires_as_set.map(rfc3339),
            secrets,
            fingerprints,
            fields,
            verification,
            conflicts: conflicts.collect(),
            listed: Listed::new(detail.listing, verifying),
        }
    }
}

/// A credential after a save.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SavedCredential {
    #[serde(flatten)]
    credential: Credential,
    /// Whether it says anything else than before. An earlier value stays in the history.
    changed: bool,
    keychain: InKeychain,
}

/// Whether the system's keychain has a copy, too.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InKeychain {
    /// It has.
    Kept,
    /// None is in use.
    Off,
    /// It could not be written now; the next save or sync does it.
    Behind,
}

impl From<Kept> for InKeychain {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Yes => Self::Kept,
            Kept::Off => Self::Off,
            Kept::Failed(_) => Self::Behind,
        }
    }
}

impl SavedCredential {
    pub(crate) fn new(detail: Detail, verifying: bool, saved: Option<&Saved>) -> Self {
        Self {
            credential: Credential::new(detail, verifying),
            changed: saved.is_some_and(|saved| saved.changed),
            keychain: saved.map_or(InKeychain::Kept, |saved| saved.keychain.into()),
        }
    }
}

/// A credential that went to the trash.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Trashed {
    #[schemars(extend("format" = "uuid"))]
    pub(crate) id: String,
    /// It is in the trash, whole. keymoor restore brings it back, keymoor erase ends it.
    pub(crate) trashed: bool,
    pub(crate) keychain: InKeychain,
}
