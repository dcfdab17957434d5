//! The devices of the account, as their own records tell of them.

use keymoor_vault as vault;
use serde::Serialize;

/// A device.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct DeviceInfo {
    id: String,
    /// Whether it is this one.
    here: bool,
    /// What its computer is called; left out where it did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// `linux`, `macos`, `windows` or another word of its system.
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    /// When it was heard of last, by its own clock, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<u64>,
    /// For how many keys it holds what their provider said.
    verified: u64,
}

impl From<vault::DeviceInfo> for DeviceInfo {
    fn from(device: vault::DeviceInfo) -> Self {
        let vault::DeviceInfo { id, here, name, platform, seen, verified } = device;
        Self { id: id.to_string(), here, name, platform, seen, verified }
    }
}
