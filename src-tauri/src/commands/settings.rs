//! What a person chose for the window on this device, and what the window wants of the system around it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Manager as _, State, command};
use tauri_plugin_notification::NotificationExt as _;

use crate::desk::Answer;
use crate::failure::Failure;
use crate::preferences::{Chosen, Preferences, Theme};
use crate::system::{self, autostart, picker, shortcut, tray};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Settings {
    #[serde(flatten)]
    preferences: Preferences,
    /// Whether it starts with the session, in the tray.
    autostart: bool,
    /// Whether the system lets the program have the shortcut.
    shortcut_works: bool,
}

/// A word to a person who looks elsewhere.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Notification {
    /// What it tells of; it is shown if one of these was not told before.
    keys: Vec<String>,
    title: String,
    body: String,
}

#[command]
pub(crate) async fn settings(app: AppHandle) -> Answer<Settings> {
    Ok(Settings {
        preferences: app.state::<Chosen>().preferences(),
        autostart: autostart::is_on(&app),
        shortcut_works: app.state::<shortcut::Granted>().get(),
    })
}

#[command]
pub(crate) async fn set_settings(
    app: AppHandle,
    preferences: Preferences,
    autostart: bool,
) -> Answer<Settings> {
    autostart::set(&app, autostart)?;
    let chosen = app.state::<Chosen>();
    let before = chosen.preferences();
    chosen.choose(preferences).map_err(|_| Failure::new(Failure::SETTINGS))?;
    let now = chosen.preferences();
    if now.shortcut != before.shortcut {
        shortcut::set(&app, &now.shortcut);
    }
    set_theme(&app, now.theme);
    settings(app).await
}

/// Gives the frames of the windows a theme; the pages have it from their own style.
pub(crate) fn set_theme(app: &AppHandle, theme: Theme) {
    app.set_theme(match theme {
        Theme::System => None,
        Theme::Light => Some(tauri::Theme::Light),
        Theme::Dark => Some(tauri::Theme::Dark),
    });
}

#[command]
pub(crate) async fn set_tray(app: AppHandle, tray: tray::Tray) -> Answer<()> {
    let handle = app.clone();
    // Where the system's library for trays is missing, its binding panics. There is no tray then, and all else works.
    let set = move || drop(catch_unwind(AssertUnwindSafe(|| tray::set(&handle, &tray))));
    app.run_on_main_thread(set).map_err(|_| Failure::new(Failure::UNEXPECTED))
}

/// Shows a notification, unless all of it was told before. Without a service for them there is nobody to tell.
#[command]
pub(crate) async fn notify(
    app: AppHandle,
    chosen: State<'_, Chosen>,
    notification: Notification,
) -> Answer<()> {
    let Notification { keys, title, body } = notification;
    let new: Vec<String> = keys.into_iter().filter(|key| !chosen.was_told(key)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let shown = tauri::async_runtime::spawn_blocking(move || {
        app.notification().builder().title(title).body(body).show().is_ok()
    });
    if matches!(shown.await, Ok(true)) {
        chosen.told(new).map_err(|_| Failure::new(Failure::SETTINGS))?;
    }
    Ok(())
}

/// With `to_window` the person goes on in the window itself: a locked vault is unlocked there.
#[command]
pub(crate) async fn close_picker(app: AppHandle, to_window: bool) -> Answer<()> {
    picker::hide(&app);
    if to_window {
        system::show_window(&app);
    }
    Ok(())
}
