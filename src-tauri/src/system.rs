//! What the program is to the system around it: one instance, a tray, a shortcut, a start with the session, and a word
//! when something needs the person while they look elsewhere.

pub(crate) mod autostart;
pub(crate) mod instance;
pub(crate) mod picker;
pub(crate) mod shortcut;
pub(crate) mod tray;

use tauri::{AppHandle, Manager as _};

/// The label of the window.
pub(crate) const MAIN: &str = "main";

/// Brings the window to the person.
pub(crate) fn show_window(app: &AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else { return };
    // A window that cannot be raised is on its way out.
    let _ = window.show();
    let _ = window.unminimize();
    let _ = window.set_focus();
}
