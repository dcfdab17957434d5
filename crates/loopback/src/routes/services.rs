//! Services: which credential each uses, with which settings. Google Sheets' settings have an address of their own.

use std::collections::BTreeMap;

use keymoor_providers::{Service, service, services};
use keymoor_vault::{Error, GrantScope, Input, Place};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::answers::service::{AllSettings, Services, Settings, Shown};
use crate::parameters::{Nothing, ServiceId};
use crate::refusal::{Code, Refusal};
use crate::table::{About, Call, Done, Method, Route, ok};
use crate::texts::{Text, given};
use crate::words;
use crate::wrong::Wrong;

const SHEETS: &str = "google_sheets";
const CHANGES: &[Code] = &[
    Code::InvalidValue,
    Code::NoSuchSetting,
    Code::AddressAlone,
    Code::ReadOnly,
    Code::Unreadable,
    Code::DiskFull,
];

pub(super) fn routes() -> Vec<Route> {
    let about = |method, path: &str, id: &str| About::new(method, path, id).whole();
    vec![
        about(Method::Get, "/api/services", "listServices")
            .says("services", "The services that were set up, and which credential each uses.")
            .route(list),
        about(Method::Post, "/api/services/{name}/enable", "enableService")
            .says("services", "Take a service into use, with the credential that is named, the one chosen before, or the only one.")
            .needs(GrantScope::Write)
            .optional_body()
            .refuses(&[
                Code::NoSuchService,
                Code::NotFound,
                Code::Ambiguous,
                Code::NotAccepted,
                Code::WhichCredential,
                Code::NothingToUse,
                Code::ReadOnly,
                Code::Unreadable,
                Code::DiskFull,
            ])
            .route(enable),
        about(Method::Post, "/api/services/{name}/disable", "disableService")
            .says("services", "Take a service out of use. Its credential and settings stay.")
            .needs(GrantScope::Write)
            .refuses(&[Code::NoSuchService, Code::ReadOnly, Code::Unreadable, Code::DiskFull])
            .route(disable),
        about(Method::Post, "/api/services/{name}/test", "testService")
            .says("services", "Ask whether a service's credential and settings go together, and wait for the answer.")
            .needs(GrantScope::Write)
            .refuses(&[
                Code::NoSuchService,
                Code::NothingToUse,
                Code::WhichCredential,
                Code::ReadOnly,
                Code::Unreadable,
                Code::DiskFull,
            ])
            .testing(),
        about(Method::Get, "/api/settings", "listSettings")
            .says("settings", "The settings of all services that were set up.")
            .route(all_settings),
        about(Method::Get, "/api/settings/{name}", "getSettings")
            .says("settings", "The settings of a service, and what there is to set.")
            .refuses(&[Code::NoSuchService])
            .route(settings),
        about(Method::Post, "/api/settings/{name}", "setSettings")
            .says("settings", "Set settings of a service. What is left out stays as it is.")
            .needs(GrantScope::Write)
            .refuses(&[CHANGES, &[Code::NoSuchService]].concat())
            .route(set),
        about(Method::Get, "/api/sheet-mappings", "getSheetMapping")
            .says("settings", "The settings of Google Sheets.")
            .route(sheets),
        about(Method::Post, "/api/sheet-mappings/set", "setSheetMapping")
            .says("settings", "Set which spreadsheet Google Sheets means. What is left out stays as it is.")
            .needs(GrantScope::Write)
            .refuses(CHANGES)
            .route(set_sheets),
    ]
}

/// Which services.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServicesQuery {
    /// Everything that the catalogue has, set up or not.
    all: Option<bool>,
}

/// Which credential a service is to use.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EnableRequest {
    /// The credential that it uses from now on: its id, or provider/name.
    credential: Option<String>,
}

/// Settings by name; null or an empty text removes one.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct SettingsRequest(BTreeMap<String, Option<Text>>);

/// Which spreadsheet.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SheetMapping {
    /// Its id, or its whole web address; null or an empty text removes it.
    #[serde(default, deserialize_with = "given")]
    #[schemars(
        with = "Option<String>",
        regex(pattern = r"^([A-Za-z0-9_-]{20,60})?$|/spreadsheets/d/[A-Za-z0-9_-]{20,60}")
    )]
    spreadsheet_id: Option<Option<String>>,
    /// The name on the tab; null or an empty text removes it.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<Text>")]
    sheet_name: Option<Option<Text>>,
}

fn list(
    call: &mut Call<'_>,
    _: Nothing,
    query: ServicesQuery,
    _: Nothing,
) -> Result<Done<Services>, Refusal> {
    let mut states: BTreeMap<_, _> =
        call.vault.services()?.into_iter().map(|state| (state.id.clone(), state)).collect();
    let all = query.all.unwrap_or(false);
    let shown = services().filter(|service| all || states.contains_key(&service.id)).collect::<Vec<_>>();
    let services = shown.into_iter().map(|service| Shown::new(service, states.remove(&service.id)));
    Ok(ok(Services { services: services.collect() }))
}

fn enable(
    call: &mut Call<'_>,
    ServiceId(id): ServiceId,
    _: Nothing,
    request: EnableRequest,
) -> Result<Done<Shown>, Refusal> {
    let service = known(&id)?;
    let credential = match &request.credential {
        Some(name) => Some(call.vault.find(name, Place::Active)?),
        None => None,
    };
    let state = call.vault.enable_service(&service.id, credential)?;
    Ok(ok(Shown::new(service, Some(state))))
}

fn disable(
    call: &mut Call<'_>,
    ServiceId(id): ServiceId,
    _: Nothing,
    _: Nothing,
) -> Result<Done<Shown>, Refusal> {
    let service = known(&id)?;
    let state = call.vault.disable_service(&service.id)?;
    Ok(ok(Shown::new(service, Some(state))))
}

fn all_settings(
    call: &mut Call<'_>,
    _: Nothing,
    _: Nothing,
    _: Nothing,
) -> Result<Done<AllSettings>, Refusal> {
    let states = call.vault.services()?.into_iter();
    let settings = states.filter_map(|state| Some(Settings::new(service(&state.id)?, Some(state))));
    Ok(ok(AllSettings { settings: settings.collect() }))
}

fn settings(
    call: &mut Call<'_>,
    ServiceId(id): ServiceId,
    _: Nothing,
    _: Nothing,
) -> Result<Done<Settings>, Refusal> {
    shown(call, known(&id)?)
}

fn sheets(call: &mut Call<'_>, _: Nothing, _: Nothing, _: Nothing) -> Result<Done<Settings>, Refusal> {
    shown(call, known(SHEETS)?)
}

fn shown(call: &mut Call<'_>, service: &Service) -> Result<Done<Settings>, Refusal> {
    let state = call.vault.services()?.into_iter().find(|state| state.id == service.id);
    Ok(ok(Settings::new(service, state)))
}

fn set(
    call: &mut Call<'_>,
    ServiceId(id): ServiceId,
    _: Nothing,
    SettingsRequest(values): SettingsRequest,
) -> Result<Done<Settings>, Refusal> {
    let values = values.into_iter().map(|(key, value)| (key, value.map(|Text(text)| text)));
    write(call, known(&id)?, values)
}

fn set_sheets(
    call: &mut Call<'_>,
    _: Nothing,
    _: Nothing,
    request: SheetMapping,
) -> Result<Done<Settings>, Refusal> {
    let given = [
        ("spreadsheet_id", request.spreadsheet_id),
        ("sheet_name", request.sheet_name.map(|name| name.map(|Text(text)| text))),
    ];
    let given = given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    write(call, known(SHEETS)?, given)
}

fn write(
    call: &mut Call<'_>,
    service: &Service,
    values: impl Iterator<Item = (String, Option<String>)>,
) -> Result<Done<Settings>, Refusal> {
    let values: Vec<_> = values.map(|(key, value)| (key, value.unwrap_or_default())).collect();
    if values.is_empty() {
        return shown(call, service);
    }
    match call.vault.set_service(&service.id, &values) {
        Ok(state) => Ok(ok(Settings::new(service, Some(state)))),
        Err(Error::NoSuchField(choices)) => {
            let says = choices.is_empty().then_some(words::NO_SETTINGS);
            Err(Refusal { choices, says, ..Refusal::new(Code::NoSuchSetting) })
        }
        Err(Error::AddressAlone(_)) => {
            Err(Refusal { says: Some(words::SETTING_LEADS), ..Refusal::new(Code::AddressAlone) })
        }
        Err(Error::Invalid(Input::Setting)) => Err(cannot_be(service, &values)),
        // Nothing was set, and nothing to be removed was there.
        Err(Error::NoSuchService) => shown(call, service),
        Err(error) => Err(error.into()),
    }
}

/// Which of the values the setting cannot have, and what settings there are.
fn cannot_be(service: &Service, values: &[(String, String)]) -> Refusal {
    let is_wrong = |(key, value): &&(String, String)| {
        let (setting, value) = (service.setting(key), value.trim());
        !value.is_empty() && setting.is_some_and(|setting| setting.value_of(value).is_none())
    };
    let setting = values.iter().find(is_wrong).and_then(|(key, _)| service.setting(key));
    let wrong = setting.map(|setting| Wrong {
        field: format!("/{}", setting.key),
        problem: match &setting.help {
            Some(help) => format!("is no {}: {help}", setting.label),
            None => format!("is no {}", setting.label),
        },
    });
    let choices = service.settings.iter().map(|setting| setting.key.clone()).collect();
    Refusal { choices, wrong, says: Some(words::BAD_SETTING), ..Refusal::new(Code::InvalidValue) }
}

fn known(id: &str) -> Result<&'static Service, Refusal> {
    service(id).ok_or_else(|| Code::NoSuchService.into())
}
