//! One key without its secrets: what the details show.

use keymoor_providers::provider;
use keymoor_vault as vault;
use serde::Serialize;

use super::Listing;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct Detail {
    #[serde(flatten)]
    listing: Listing,
    /// Whether the provider can be asked about it.
    verifiable: bool,
    /// When it was accepted last.
    #[serde(skip_serializing_if = "Option::is_none")]
    good_at: Option<u64>,
    /// When the user said that it expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_as_set: Option<u64>,
    /// Since when it has had its secret.
    since: u64,
    fields: Vec<ShownField>,
    conflicts: Vec<Conflict>,
    /// The variables in which programs look for its fields.
    environment: Vec<String>,
    /// As what texts it can be copied.
    #[cfg_attr(test, ts(type = "Array<CopyForm>"))]
    forms: Vec<vault::CopyForm>,
    /// Whether its copy in the keychain is still to be written.
    mirror_behind: bool,
    /// When each device last showed, copied or lent its secrets, the newest first.
    used: Vec<Used>,
    /// The services that use it now, as people write them.
    services: Vec<String>,
}

/// When a device last used a key, by its own clock.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Used {
    device: String,
    at: u64,
    /// Whether it is this one.
    here: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct ShownField {
    name: String,
    secret: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_four: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Conflict {
    field: String,
    choices: Vec<Choice>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct Choice {
    key: String,
    shown: bool,
    summary: String,
    /// Whether it was written on this device.
    here: bool,
    /// When, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<u64>,
}

impl Detail {
    /// `services`: all that are set up.
    pub(crate) fn of(detail: vault::Detail, services: Vec<vault::ServiceState>) -> Self {
        let vault::Detail { listing, fields, conflicts, used, environment, forms, mirror_behind } = detail;
        let id = listing.id;
        let uses = |state: &vault::ServiceState| state.uses.as_ref().is_some_and(|uses| uses.id == id);
        let known = listing.verification.as_ref();
        Self {
            fields: fields.into_iter().map(ShownField::from).collect(),
            conflicts: conflicts.into_iter().map(Conflict::from).collect(),
            verifiable: provider(&listing.provider).is_some_and(|provider| provider.verify.is_some()),
            good_at: known.and_then(|known| known.good_at),
            expires_as_set: listing.expires_as_set,
            since: listing.since,
            environment,
            forms,
            mirror_behind,
            used: used.into_iter().map(Used::from).collect(),
            services: services.into_iter().filter(uses).map(|state| state.name).collect(),
            listing: listing.into(),
        }
    }
}

impl From<vault::ShownField> for ShownField {
    fn from(field: vault::ShownField) -> Self {
        let vault::ShownField { name, secret, value, last_four, fingerprint } = field;
        Self { name, secret, value, last_four, fingerprint }
    }
}

impl From<vault::Conflict> for Conflict {
    fn from(conflict: vault::Conflict) -> Self {
        let choices = conflict.choices.into_iter().map(Choice::from).collect();
        Self { field: conflict.field, choices }
    }
}

impl From<vault::Choice> for Choice {
    fn from(choice: vault::Choice) -> Self {
        let vault::Choice { key, shown, summary, here, at } = choice;
        Self { key, shown, summary, here, at }
    }
}

impl From<vault::Used> for Used {
    fn from(used: vault::Used) -> Self {
        Self { device: used.device.to_string(), at: used.at, here: used.here }
    }
}
