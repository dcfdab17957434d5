//! The keys that open the picker from anywhere.

use std::sync::atomic::{AtomicBool, Ordering};

use tauri::{AppHandle, Manager as _, Wry, plugin::TauriPlugin};
use tauri_plugin_global_shortcut::{GlobalShortcutExt as _, ShortcutState};

use super::picker;

/// Whether the system lets us have the keys that were chosen: another program may have them, and Wayland gives them to nobody.
#[derive(Default)]
pub(crate) struct Granted(AtomicBool);

impl Granted {
    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) fn plugin() -> TauriPlugin<Wry> {
    tauri_plugin_global_shortcut::Builder::new()
        .with_handler(|app, _, event| {
            if event.state() == ShortcutState::Pressed {
                picker::toggle(app);
            }
        })
        .build()
}

/// Takes these keys in place of those before; empty means none.
pub(crate) fn set(app: &AppHandle, keys: &str) {
    let shortcuts = app.global_shortcut();
    // What was not registered cannot be given back.
    let _ = shortcuts.unregister_all();
    let granted = keys.is_empty() || shortcuts.register(keys).is_ok();
    app.state::<Granted>().0.store(granted, Ordering::Relaxed);
}
