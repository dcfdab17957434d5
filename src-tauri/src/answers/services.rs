//! Services as the window shows them: what each uses or why it uses none, its settings, and what a test of it found out.

use keymoor_providers::{Service, Template, Verdict, service, services, templates};
use keymoor_vault as vault;
use serde::Serialize;

/// Every service of the catalogue, and what sets up several at once.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Services {
    services: Vec<ServiceInfo>,
    templates: Vec<TemplateInfo>,
}

/// A service, set up or not.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct ServiceInfo {
    id: &'static str,
    /// As people write it.
    name: &'static str,
    /// The providers whose keys it takes.
    accepts: &'static [String],
    /// Whether it was ever set up.
    known: bool,
    on: bool,
    /// What it uses now, if it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    uses: Option<UsedKey>,
    /// Why it uses none, although it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    why_none: Option<WhyNone>,
    /// The key that was chosen for it, in use or not, if it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    chosen: Option<String>,
    settings: Vec<SettingInfo>,
    /// Settings without which it is of no use.
    missing: Vec<String>,
    /// What two devices set unseen of each other.
    conflicts: Vec<ServiceConflict>,
}

/// A key that a service uses.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct UsedKey {
    id: String,
    provider: String,
    name: String,
    fallback: bool,
    /// The own key that was chosen and cannot be used: `provider/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    instead_of: Option<String>,
}

/// Why a service that is on uses no key.
#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum WhyNone {
    /// There is none that it takes.
    Nothing,
    /// These could be meant: `provider/name`.
    Which { keys: Vec<String> },
    /// One that may be meant does not open.
    Unreadable { id: String },
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct SettingInfo {
    key: &'static str,
    label: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'static str>,
    required: bool,
    /// Taken where it is left empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

/// A field of a service that has several values: `on`, `credential` or a setting.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ServiceConflict {
    field: String,
    /// The one in use first.
    values: Vec<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct TemplateInfo {
    id: &'static str,
    name: &'static str,
    /// What it is for, in a sentence.
    about: &'static str,
    services: &'static [String],
}

/// What was found out of a service: its key and its settings together.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct ServiceTested {
    uses: UsedKey,
    /// As in `Said`, and `indeterminate` where nothing was learned.
    #[cfg_attr(test, ts(type = "string"))]
    verdict: Verdict,
    /// Why, where it was not the provider that said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The field that this is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The catalogue's words for this answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    say: Option<String>,
    /// Whose it is, in the provider's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
}

impl Services {
    /// The whole catalogue, with what was set up of it.
    pub(crate) fn of(mut states: Vec<vault::ServiceState>) -> Self {
        let mut state = |id: &str| {
            let at = states.iter().position(|state| state.id == id)?;
            Some(states.swap_remove(at))
        };
        Self {
            services: services().map(|service| ServiceInfo::new(service, state(&service.id))).collect(),
            templates: templates().map(TemplateInfo::from).collect(),
        }
    }
}

impl ServiceInfo {
    fn new(service: &'static Service, state: Option<vault::ServiceState>) -> Self {
        let known = state.is_some();
        let value = |key: &str| state.as_ref()?.settings.get(key)?.clone();
        let settings = service.settings.iter().map(|setting| SettingInfo {
            key: &setting.key,
            label: &setting.label,
            help: setting.help.as_deref(),
            required: setting.required,
            default: setting.default.as_deref(),
            value: value(&setting.key),
        });
        let settings: Vec<_> = settings.collect();
        let unset = settings.iter().filter(|setting| setting.required && setting.value.is_none());
        let missing = unset.map(|setting| setting.key.to_owned()).collect();
        let (on, uses, why_none, chosen, conflicts) = match state {
            Some(state) => (state.on, state.uses, state.why_none, state.chosen, state.conflicts),
            None => Default::default(),
        };
        let conflict = |(field, values)| ServiceConflict { field, values };
        Self {
            id: &service.id,
            name: &service.name,
            accepts: &service.accepts,
            known,
            on,
            uses: uses.map(UsedKey::from),
            why_none: why_none.map(WhyNone::from),
            chosen: chosen.map(|id| id.to_string()),
            settings,
            missing,
            conflicts: conflicts.into_iter().map(conflict).collect(),
        }
    }

    /// One as it was just set; nothing for one that the catalogue lacks.
    pub(crate) fn of(state: vault::ServiceState) -> Option<Self> {
        Some(Self::new(service(&state.id)?, Some(state)))
    }
}

impl From<vault::Resolved> for UsedKey {
    fn from(uses: vault::Resolved) -> Self {
        let (fallback, instead_of) = match uses.because {
            vault::Because::Fallback { instead_of } => (true, instead_of),
            vault::Because::Chosen | vault::Because::OnlyOne => (false, None),
        };
        Self { id: uses.id.to_string(), provider: uses.provider, name: uses.name, fallback, instead_of }
    }
}

impl From<vault::WhyNone> for WhyNone {
    fn from(why: vault::WhyNone) -> Self {
        match why {
            vault::WhyNone::Nothing => Self::Nothing,
            vault::WhyNone::Which(keys) => Self::Which { keys },
            vault::WhyNone::Unreadable(id) => Self::Unreadable { id: id.to_string() },
        }
    }
}

impl From<&'static Template> for TemplateInfo {
    fn from(template: &'static Template) -> Self {
        Self { id: &template.id, name: &template.name, about: &template.about, services: &template.services }
    }
}

impl From<vault::ServiceAsked> for ServiceTested {
    fn from(asked: vault::ServiceAsked) -> Self {
        let vault::ServiceAsked { uses, report, .. } = asked;
        let why = vault::Cause::of(&report.reason);
        Self {
            uses: uses.into(),
            verdict: report.verdict,
            reason: why.as_ref().map(|why| why.word().to_owned()),
            field: why.as_ref().and_then(|why| why.field()).map(str::to_owned),
            say: report.say,
            identity: report.identity,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_of_the_catalogue_is_there_set_up_or_not() {
        let state = vault::ServiceState {
            id: "google_sheets".to_owned(),
            name: "Google Sheets".to_owned(),
            on: true,
            uses: None,
            why_none: Some(vault::WhyNone::Which(vec!["a/b".to_owned()])),
            chosen: None,
            settings: [("sheet_name".to_owned(), Some("June".to_owned()))].into(),
            missing: vec!["spreadsheet_id".to_owned()],
            conflicts: [("sheet_name".to_owned(), vec!["June".to_owned(), "July".to_owned()])].into(),
        };
        let all = serde_json::to_value(Services::of(vec![state])).unwrap();
        let services = all["services"].as_array().unwrap();
        assert_eq!(services.len(), keymoor_providers::services().count());
        let of = |id: &str| services.iter().find(|service| service["id"] == id).unwrap();
        let sheets = of("google_sheets");
        assert_eq!((&sheets["known"], &sheets["on"]), (&true.into(), &true.into()));
        assert_eq!(sheets["whyNone"], serde_json::json!({ "kind": "which", "keys": ["a/b"] }));
        assert_eq!(sheets["missing"], serde_json::json!(["spreadsheet_id"]));
        assert_eq!(sheets["settings"][1]["value"], "June");
        assert_eq!(sheets["conflicts"][0]["values"][1], "July");
        assert_eq!(of("ga4")["missing"], serde_json::json!(["property_id"]), "also where nothing was set up");
        assert_eq!(of("openai")["known"], false);
        assert!(!all["templates"].as_array().unwrap().is_empty());
    }
}
