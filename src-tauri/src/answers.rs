//! What the web view is told. No type here can hold a secret; the two reveals answer with bare text.

mod activity;
mod detail;
mod devices;
mod past;
mod said;
mod services;

use keymoor_vault as vault;
use serde::Serialize;

#[cfg(test)]
pub(crate) use self::activity::EVENT_MEMBERS;
#[cfg_attr(
    not(test),
    expect(unused_imports, reason = "the web view's types name every part of an answer")
)]
pub(crate) use self::activity::{ActivityDay, ActivityPage, Happened};
pub(crate) use self::detail::Detail;
#[cfg(test)]
pub(crate) use self::detail::{Choice, Conflict, ShownField, Used};
pub(crate) use self::devices::DeviceInfo;
#[cfg(test)]
pub(crate) use self::past::Changed;
pub(crate) use self::past::Past;
pub(crate) use self::said::{Care, Said, Tried};
#[cfg_attr(
    not(test),
    expect(unused_imports, reason = "the web view's types name every part of an answer")
)]
pub(crate) use self::services::{
    ServiceConflict, ServiceInfo, ServiceTested, Services, SettingInfo, TemplateInfo, UsedKey, WhyNone,
};
use crate::failure::alarm_code;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct Listing {
    id: String,
    provider: String,
    name: String,
    display: String,
    labels: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_four: Option<String>,
    status: CheckState,
    /// What the provider said last, in stable words.
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<Said>,
    /// The last attempt, if it learned nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    tried: Option<Tried>,
    /// Whose key it is, in the provider's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    /// When any device last showed or copied it.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<u64>,
    care: Vec<Care>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<u64>,
    on: bool,
    fallback: bool,
    alternates: u64,
    created_at: u64,
    updated_at: u64,
    version: u64,
    version_id: String,
    trashed: bool,
    waiting: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum CheckState {
    Connected,
    Error,
    Disabled,
    Unchecked,
    Unreadable,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Saved {
    id: String,
    version: u64,
    version_id: String,
    /// Whether anything is other than before.
    pub(crate) changed: bool,
    /// Fields of which this action made one of two devices' values the only one.
    settled: Vec<String>,
    keychain: Kept,
    waiting: u64,
    /// The services that use another credential since, or none.
    services: Vec<Using>,
}

/// What a service uses now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct Using {
    /// As people write it.
    service: String,
    /// `provider/name`, if it uses any.
    #[serde(skip_serializing_if = "Option::is_none")]
    uses: Option<String>,
    /// Whether that is a fallback.
    fallback: bool,
    /// It uses none, because these could be meant.
    which: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Kept {
    Yes,
    Off,
    Failed,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Copied {
    pub(crate) seconds: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct Kits {
    kit_path: String,
    /// Left out when the recovery kit made before stays good.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_path: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SyncReport {
    pulled: u64,
    pushed: u64,
    conflicts: u64,
    deleted: u64,
}

/// What the vault did by itself: `code` names it, as with failures.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct Notice {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<u64>,
}

impl From<vault::Listing> for Listing {
    fn from(listing: vault::Listing) -> Self {
        let known = listing.verification.as_ref();
        Self {
            tried: known.and_then(|known| known.tried.as_ref()).map(Tried::from),
            identity: known.and_then(|known| known.answer.as_ref()?.identity.clone()),
            last_used: listing.last_used,
            id: listing.id.to_string(),
            provider: listing.provider,
            name: listing.name,
            display: listing.display,
            labels: listing.labels,
            note: listing.note,
            last_four: listing.last_four,
            status: match listing.status {
                vault::CheckStatus::Connected => CheckState::Connected,
                vault::CheckStatus::Error => CheckState::Error,
                vault::CheckStatus::Disabled => CheckState::Disabled,
                vault::CheckStatus::Unchecked => CheckState::Unchecked,
                vault::CheckStatus::Unreadable => CheckState::Unreadable,
            },
            said: listing.verification.and_then(|known| known.answer).map(Said::from),
            care: listing.care.into_iter().map(Care::from).collect(),
            expires: listing.expires,
            on: listing.on,
            fallback: listing.fallback,
            alternates: listing.alternates,
            created_at: listing.created_at,
            updated_at: listing.updated_at,
            version: listing.version,
            version_id: listing.version_id,
            trashed: listing.trashed,
            waiting: listing.waiting,
        }
    }
}

impl From<vault::Saved> for Saved {
    fn from(saved: vault::Saved) -> Self {
        let keychain = match saved.keychain {
            vault::Kept::Yes => Kept::Yes,
            vault::Kept::Off => Kept::Off,
            vault::Kept::Failed(_) => Kept::Failed,
        };
        let vault::Saved { id, version, version_id, changed, settled, waiting, .. } = saved;
        let services = Vec::new();
        Self { id: id.to_string(), version, version_id, changed, settled, keychain, waiting, services }
    }
}

impl Saved {
    /// With what services use since.
    pub(crate) fn using(self, services: impl Iterator<Item = vault::ServiceState>) -> Self {
        Self { services: services.map(Using::from).collect(), ..self }
    }
}

impl From<vault::ServiceState> for Using {
    fn from(state: vault::ServiceState) -> Self {
        let fallback = |uses: &vault::Resolved| matches!(uses.because, vault::Because::Fallback { .. });
        Self {
            service: state.name,
            fallback: state.uses.as_ref().is_some_and(fallback),
            uses: state.uses.map(|uses| format!("{}/{}", uses.provider, uses.name)),
            which: match state.why_none {
                Some(vault::WhyNone::Which(titles)) => titles,
                Some(vault::WhyNone::Nothing | vault::WhyNone::Unreadable(_)) | None => Vec::new(),
            },
        }
    }
}

impl From<vault::Kits> for Kits {
    fn from(kits: vault::Kits) -> Self {
        let text = |path: std::path::PathBuf| path.display().to_string();
        Self { kit_path: text(kits.join_kit), recovery_path: kits.recovery_kit.map(text) }
    }
}

impl From<vault::SyncReport> for SyncReport {
    fn from(report: vault::SyncReport) -> Self {
        let vault::SyncReport { pulled, pushed, conflicts, deleted, .. } = report;
        Self { pulled, pushed, conflicts, deleted }
    }
}

impl From<vault::Notice> for Notice {
    fn from(notice: vault::Notice) -> Self {
        let (code, records) = match notice {
            vault::Notice::CacheRebuilt { records } => ("CACHE_REBUILT", Some(records)),
            vault::Notice::CacheSetAside { .. } => ("CACHE_SET_ASIDE", None),
            vault::Notice::CacheWasOlder { .. } => ("CACHE_WAS_OLDER", None),
            vault::Notice::Healed { .. } => ("HEALED", None),
            vault::Notice::Misnamed { records } => ("MISNAMED", Some(records)),
            vault::Notice::Quarantined { .. } => ("QUARANTINED", None),
            vault::Notice::Back { .. } => ("BACK_AGAIN", None),
            vault::Notice::OnlyTrashed { .. } => ("ONLY_TRASHED", None),
            vault::Notice::PasswordWaits => ("PASSWORD_WAITS", None),
            vault::Notice::PasswordChanged => ("PASSWORD_CHANGED", None),
            vault::Notice::ActivityBroken => ("ACTIVITY_BROKEN", None),
            vault::Notice::UseNotNoted => ("USE_NOT_NOTED", None),
            vault::Notice::NotInBackground => ("NOT_IN_BACKGROUND", None),
            vault::Notice::Alarm(alarm) => (alarm_code(alarm), None),
        };
        Self { code, records }
    }
}
