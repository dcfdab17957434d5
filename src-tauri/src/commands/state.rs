//! The state of the three homes, and what the vault has to say.

use keymoor_vault as vault;
use serde::Serialize;
use tauri::{State, command};

use crate::answers::Notice;
use crate::desk::{Answer, Desk};
use crate::failure::raised_code;

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

#[command]
pub(crate) async fn status(desk: State<'_, Desk>) -> Answer<Status> {
    let silent = desk.server_silent();
    desk.ask(move |vault| Ok(Status::new(vault.status()?, silent))).await
}

#[command]
pub(crate) async fn notices(desk: State<'_, Desk>) -> Answer<Vec<Notice>> {
    desk.ask(|vault| Ok(vault.notices().into_iter().map(Notice::from).collect())).await
}

#[command]
pub(crate) async fn stop_waiting(desk: State<'_, Desk>) -> Answer<()> {
    desk.stop_waiting();
    Ok(())
}

impl Status {
    /// The vault asks nobody; whether the server answered last time is ours to add.
    fn new(status: vault::Status, server_silent: bool) -> Self {
        let home = |home: vault::Home| Home { state: home.state, waiting: home.waiting };
        let vault::Homes { keychain, cache, mut server } = status.homes;
        if server_silent && matches!(server.state, vault::HomeState::Ok | vault::HomeState::Behind) {
            server.state = vault::HomeState::Unreachable;
        }
        Self {
            homes: Homes { keychain: home(keychain), cache: home(cache), server: home(server) },
            records: status.records,
            trashed: status.trashed,
            waiting: status.waiting,
            last_sync: status.last_sync,
            server: status.server,
            alarms: status.alarms.iter().map(|raised| raised_code(&raised.code)).collect(),
        }
    }
}
