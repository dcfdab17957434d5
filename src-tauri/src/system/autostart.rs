//! Starting with the session, without a window.

use tauri::{AppHandle, Wry, plugin::TauriPlugin};
use tauri_plugin_autostart::ManagerExt as _;

use crate::failure::Failure;

/// The argument of a start that shows no window.
pub(crate) const HIDDEN: &str = "--hidden";

pub(crate) fn plugin() -> TauriPlugin<Wry> {
    tauri_plugin_autostart::Builder::new().app_name("keymoor").arg(HIDDEN).build()
}

/// Whether this start shows no window.
pub(crate) fn is_hidden() -> bool {
    std::env::args().any(|argument| argument == HIDDEN)
}

/// What cannot be found out is off.
pub(crate) fn is_on(app: &AppHandle) -> bool {
    app.autolaunch().is_enabled().unwrap_or(false)
}

pub(crate) fn set(app: &AppHandle, on: bool) -> Result<(), Failure> {
    if on == is_on(app) {
        return Ok(());
    }
    let autolaunch = app.autolaunch();
    if on { autolaunch.enable() } else { autolaunch.disable() }.map_err(|_| Failure::new(Failure::AUTOSTART))
}
