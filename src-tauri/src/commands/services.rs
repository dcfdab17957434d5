//! Services: what keys are used for, with which settings, and whether they go together.

use keymoor_providers::service;
use keymoor_vault::{self as vault, RecordId, ServiceState, Vault};
use serde::Deserialize;
use tauri::{State, command};

use crate::answers::{ServiceInfo, ServiceTested, Services};
use crate::desk::{Answer, Desk};
use crate::failure::Failure;
use crate::verifying::options;

/// A setting as it was entered; an empty value removes it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct NewSetting {
    key: String,
    value: String,
}

#[command]
pub(crate) async fn services(desk: State<'_, Desk>) -> Answer<Services> {
    desk.look(|vault| Ok(Services::of(vault.services()?))).await
}

/// Takes a service into use: with a key, with the one chosen before, or with the only one.
#[command]
pub(crate) async fn enable_service(
    desk: State<'_, Desk>,
    id: String,
    credential: Option<String>,
) -> Answer<ServiceInfo> {
    let not_found = |_| Failure::new(Failure::NOT_FOUND);
    let credential = credential.map(|id| id.parse::<RecordId>().map_err(not_found)).transpose()?;
    changed(&desk, move |vault| vault.enable_service(&id, credential)).await
}

#[command]
pub(crate) async fn disable_service(desk: State<'_, Desk>, id: String) -> Answer<ServiceInfo> {
    changed(&desk, move |vault| vault.disable_service(&id)).await
}

#[command]
pub(crate) async fn set_service(
    desk: State<'_, Desk>,
    id: String,
    settings: Vec<NewSetting>,
) -> Answer<ServiceInfo> {
    let settings: Vec<_> = settings.into_iter().map(|one| (one.key, one.value)).collect();
    changed(&desk, move |vault| vault.set_service(&id, &settings)).await
}

/// What a setting would be kept as, of what was typed or pasted; nothing where it does not fit. The vault is not asked.
#[command]
pub(crate) async fn check_setting(id: &str, key: &str, text: &str) -> Answer<Option<String>> {
    Ok(service(id).and_then(|service| service.setting(key)?.value_of(text)))
}

/// Asks the provider whether key and settings go together. What it says is kept nowhere.
#[command]
pub(crate) async fn test_service(desk: State<'_, Desk>, id: String) -> Answer<ServiceTested> {
    let question = desk.ask(move |vault| vault.service_question(&id)).await?;
    let ask = move || {
        let mut heard = None;
        vault::test_services(vec![question], &options(true), |asked| heard = Some(asked));
        heard
    };
    // Not among what a closing window waits for: nothing is lost with it.
    let heard = tauri::async_runtime::spawn_blocking(ask).await;
    heard.ok().flatten().map(ServiceTested::from).ok_or_else(|| Failure::new(Failure::UNEXPECTED))
}

async fn changed(
    desk: &Desk,
    act: impl FnOnce(&mut Vault) -> Result<ServiceState, vault::Error> + Send + 'static,
) -> Answer<ServiceInfo> {
    let state = desk.ask(act).await?;
    ServiceInfo::of(state).ok_or_else(|| Failure::new(Failure::NO_SUCH_SERVICE))
}
