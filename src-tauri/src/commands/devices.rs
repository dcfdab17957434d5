//! The devices that share this vault.

use tauri::{State, command};

use crate::answers::DeviceInfo;
use crate::desk::{Answer, Desk};

/// This one first, then those that were heard of last.
#[command]
pub(crate) async fn devices(desk: State<'_, Desk>) -> Answer<Vec<DeviceInfo>> {
    desk.look(|vault| Ok(vault.devices()?.into_iter().map(DeviceInfo::from).collect())).await
}
