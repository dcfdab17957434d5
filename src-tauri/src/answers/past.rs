//! A version of a key, as its history tells of it.

use keymoor_vault as vault;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct Past {
    id: String,
    version: u64,
    /// Whether it is a value that the version has and does not show: the other one of a conflict.
    alternate: bool,
    saved_at: u64,
    deleted: bool,
    current: bool,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_four: Option<String>,
    /// What is other than in the version before it; empty where that one is not kept.
    changed: Vec<Changed>,
    /// Whether it was made on this device, as far as that is known.
    here: bool,
}

/// What changed, never to what.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct Changed {
    what: &'static str,
    /// Which field.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

impl From<vault::Past> for Past {
    fn from(past: vault::Past) -> Self {
        let vault::Past { id, version, alternate, saved_at, deleted, name, last_four, current, here, .. } =
            past;
        let changed = past.changed.into_iter().map(Changed::from).collect();
        Self { id, version, alternate, saved_at, deleted, current, name, last_four, changed, here }
    }
}

impl From<vault::Changed> for Changed {
    fn from(changed: vault::Changed) -> Self {
        use vault::Changed as It;
        let (what, field) = match changed {
            It::Added => ("added", None),
            It::Trashed => ("trashed", None),
            It::Restored => ("restored", None),
            It::Set(field) => ("set", Some(field)),
            It::Removed(field) => ("removed", Some(field)),
            It::Name => ("name", None),
            It::Provider => ("provider", None),
            It::Labels => ("labels", None),
            It::Note => ("note", None),
            It::Expiry => ("expiry", None),
            It::On => ("on", None),
            It::Off => ("off", None),
            It::Fallback => ("fallback", None),
            It::NoFallback => ("no_fallback", None),
            It::Conflict => ("conflict", None),
            It::Settled => ("settled", None),
        };
        Self { what, field }
    }
}
