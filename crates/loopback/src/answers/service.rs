//! Services and their settings.

use std::collections::BTreeMap;

use keymoor_providers::Service;
use keymoor_providers::verify::Reason;
use keymoor_vault::{Because, Resolved, ServiceAsked, ServiceState, WhyNone};
use schemars::JsonSchema;
use serde::Serialize;

use super::verification::VerifyResult;

/// The services.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Services {
    pub(crate) services: Vec<Shown>,
}

/// A service.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Service")]
pub(crate) struct Shown {
    /// Its id.
    service: String,
    /// As people write it.
    name: String,
    enabled: bool,
    /// What it uses now.
    credential: Option<Uses>,
    /// Why it uses none, although it is enabled.
    why_none: Option<Why>,
    /// The providers whose credentials it takes.
    accepts: Vec<String>,
    settings: BTreeMap<String, Option<String>>,
    /// Settings without which it is of no use.
    missing: Vec<String>,
    /// What two devices set unseen of each other: all its values, the one in use first. Setting it again settles it.
    conflicts: BTreeMap<String, Vec<String>>,
}

/// The credential that a service uses.
#[derive(Serialize, JsonSchema)]
struct Uses {
    #[schemars(extend("format" = "uuid"))]
    id: String,
    provider: String,
    name: String,
    /// A fallback, for no own credential can be used.
    fallback: bool,
    /// The own one that was chosen and cannot be used.
    instead_of: Option<String>,
}

/// Why a service that is enabled uses no credential.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[schemars(rename = "WhyNone")]
enum Why {
    /// There is none that it takes.
    Nothing,
    /// None was chosen, or the chosen one cannot be used.
    Which {
        /// Those that could be meant: `provider/name`.
        choices: Vec<String>,
    },
    /// One that may be meant does not open.
    Unreadable {
        /// Which.
        #[schemars(extend("format" = "uuid"))]
        id: String,
    },
}

impl From<WhyNone> for Why {
    fn from(why: WhyNone) -> Self {
        match why {
            WhyNone::Nothing => Self::Nothing,
            WhyNone::Which(choices) => Self::Which { choices },
            WhyNone::Unreadable(id) => Self::Unreadable { id: id.to_string() },
        }
    }
}

impl Shown {
    pub(crate) fn new(service: &Service, state: Option<ServiceState>) -> Self {
        let state = state.unwrap_or_else(|| untouched(service));
        Self {
            service: state.id,
            name: state.name,
            enabled: state.on,
            credential: state.uses.map(Uses::new),
            why_none: state.why_none.map(Why::from),
            accepts: service.accepts.clone(),
            settings: state.settings,
            missing: state.missing,
            conflicts: state.conflicts,
        }
    }
}

/// A service that was never set up.
fn untouched(service: &Service) -> ServiceState {
    let required = service.settings.iter().filter(|setting| setting.required);
    ServiceState {
        id: service.id.clone(),
        name: service.name.clone(),
        on: false,
        uses: None,
        why_none: None,
        chosen: None,
        settings: service.settings.iter().map(|setting| (setting.key.clone(), None)).collect(),
        missing: required.map(|setting| setting.key.clone()).collect(),
        conflicts: BTreeMap::new(),
    }
}

impl Uses {
    fn new(resolved: Resolved) -> Self {
        let (fallback, instead_of) = match resolved.because {
            Because::Fallback { instead_of } => (true, instead_of),
            Because::Chosen | Because::OnlyOne => (false, None),
        };
        let Resolved { id, provider, name, .. } = resolved;
        Self { id: id.to_string(), provider, name, fallback, instead_of }
    }
}

/// What a provider says of a service's credential and settings together. Nothing of it is put down with the credential.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ServiceTest")]
pub(crate) struct Tested {
    service: String,
    credential: Uses,
    result: VerifyResult,
    /// The catalogue's words for that answer, where it has any.
    message: Option<String>,
    /// Why it learned nothing, or why the answer was found without asking.
    reason: Option<String>,
    /// Whose key it is, in the provider's words.
    identity: Option<String>,
    /// The HTTP status of the answer.
    http_status: Option<u16>,
    /// What two devices set unseen of each other, by field; the value that was asked about first.
    conflicts: BTreeMap<String, Vec<String>>,
}

impl Tested {
    pub(crate) fn new(asked: ServiceAsked) -> Self {
        let ServiceAsked { id, uses, conflicts, report } = asked;
        Self {
            service: id,
            credential: Uses::new(uses),
            result: report.verdict.into(),
            message: report.say,
            reason: (report.reason != Reason::Answered).then(|| report.reason.to_string()),
            identity: report.identity,
            http_status: report.status,
            conflicts,
        }
    }
}

/// The settings of a service.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Settings {
    service: String,
    enabled: bool,
    settings: BTreeMap<String, Option<String>>,
    missing: Vec<String>,
    /// What there is to set.
    available: Vec<Available>,
}

/// What can be set.
#[derive(Serialize, JsonSchema)]
struct Available {
    key: String,
    label: String,
    help: Option<String>,
    required: bool,
}

impl Settings {
    pub(crate) fn new(service: &Service, state: Option<ServiceState>) -> Self {
        let state = state.unwrap_or_else(|| untouched(service));
        let available = service.settings.iter().map(|setting| Available {
            key: setting.key.clone(),
            label: setting.label.clone(),
            help: setting.help.clone(),
            required: setting.required,
        });
        Self {
            service: state.id,
            enabled: state.on,
            settings: state.settings,
            missing: state.missing,
            available: available.collect(),
        }
    }
}

/// The settings of all services.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AllSettings {
    pub(crate) settings: Vec<Settings>,
}
