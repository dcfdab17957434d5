//! The state of the three homes, and what the vault has to say.

use keymoor_vault as vault;
use serde::{Deserialize, Serialize};
use tauri::{State, command};

use super::keys::all;
use crate::answers::{Listing, Notice};
use crate::desk::{Answer, Desk};
use crate::failure::{Failure, raised_code};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct Status {
    homes: Homes,
    records: u64,
    trashed: u64,
    waiting: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_sync: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    alarms: Vec<String>,
    /// The code of what the last sync failed with, also one in the background; left out after one that went through.
    #[serde(skip_serializing_if = "Option::is_none")]
    sync_failure: Option<&'static str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Overview {
    listings: Vec<Listing>,
    status: Status,
    /// What the vault did by itself; each is told once.
    notices: Vec<Notice>,
    /// The ids of those that providers are being asked about.
    verifying: Vec<String>,
    habits: Habits,
    counts: Counts,
}

/// How much there is of what has a page of its own.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Counts {
    /// Services in use.
    services: usize,
    /// Devices that are known, this one among them.
    devices: usize,
}

/// When this device asks providers by itself.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Habits {
    on_save: bool,
    in_background: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Homes {
    keychain: Home,
    cache: Home,
    server: Home,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Home {
    #[cfg_attr(test, ts(type = "HomeState"))]
    state: vault::HomeState,
    waiting: u64,
}

/// Everything that the window shows, read under one lock. A keychain that was locked is asked again only if a person
/// wants it (`ask`): it would ask them.
#[command]
pub(crate) async fn overview(desk: State<'_, Desk>, ask: bool) -> Answer<Overview> {
    if ask {
        desk.keychain_may_be_asked();
    }
    let shut = desk.keychain_shut();
    let failure = desk.sync_failure();
    let (listings, status, habits, counts) = desk
        .look(move |vault| {
            let status = if shut { vault.status_unasked()? } else { vault.status()? };
            // What cannot be counted is said on its own page.
            let services = vault.services_in_use().unwrap_or_default();
            let counts = Counts { services, devices: vault.device_count().unwrap_or(1) };
            Ok((all(vault)?, status, vault.habits()?, counts))
        })
        .await?;
    if status.homes.keychain.state == vault::HomeState::Locked {
        desk.keychain_is_shut();
    }
    let notices = desk.notices().into_iter().map(Notice::from).collect();
    let status = Status::new(status, failure);
    let verifying = desk.verifying().ids();
    Ok(Overview { listings, status, notices, verifying, habits: habits.into(), counts })
}

#[command]
pub(crate) async fn set_habits(desk: State<'_, Desk>, habits: Habits) -> Answer<()> {
    desk.ask(move |vault| vault.set_habits(habits.into())).await
}

#[command]
pub(crate) async fn stop_waiting(desk: State<'_, Desk>) -> Answer<()> {
    desk.stop_waiting();
    Ok(())
}

impl From<vault::Habits> for Habits {
    fn from(vault::Habits { on_save, in_background }: vault::Habits) -> Self {
        Self { on_save, in_background }
    }
}

impl From<Habits> for vault::Habits {
    fn from(Habits { on_save, in_background }: Habits) -> Self {
        Self { on_save, in_background }
    }
}

impl Status {
    /// The vault asks nobody; how the last sync ended is ours to add.
    fn new(status: vault::Status, sync_failure: Option<&'static str>) -> Self {
        let home = |home: vault::Home| Home { state: home.state, waiting: home.waiting };
        let vault::Homes { keychain, cache, mut server } = status.homes;
        if sync_failure.is_some_and(Failure::is_silence)
            && matches!(server.state, vault::HomeState::Ok | vault::HomeState::Behind)
        {
            server.state = vault::HomeState::Unreachable;
        }
        let alarms = status.alarms.iter().map(|raised| raised_code(&raised.code));
        let broken = status.activity_broken.filter(|broken| *broken).map(|_| "ACTIVITY_BROKEN".to_owned());
        Self {
            homes: Homes { keychain: home(keychain), cache: home(cache), server: home(server) },
            records: status.records,
            trashed: status.trashed,
            waiting: status.waiting,
            last_sync: status.last_sync,
            server: status.server,
            alarms: alarms.chain(broken).collect(),
            sync_failure,
        }
    }
}
