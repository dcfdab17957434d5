//! The tray: the keys that were used last, to be copied without a window.
//!
//! Its words come from the window, which has them in every language.

use serde::Deserialize;
use tauri::menu::{Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::TrayIconBuilder;
use tauri::{AppHandle, Emitter as _, Manager as _};

use super::show_window;
use crate::clipboard;
use crate::commands::keys::{record, text_of};
use crate::commands::names::{EVENT_ADD, EVENT_TROUBLE};
use crate::desk::Desk;
use crate::failure::Failure;

/// The id of the tray.
const TRAY: &str = "tray";
/// Stands before the id of a record that a line of the menu copies.
const COPY: &str = "copy:";

/// What its menu says.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Tray {
    /// Keys that can be copied, in their order.
    keys: Vec<TrayKey>,
    /// The words for opening the window, adding a key, ending the program.
    open: String,
    add: String,
    quit: String,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct TrayKey {
    id: String,
    label: String,
}

/// Makes the tray, or gives it another menu.
///
/// To be called on the main thread. Without the system's library for trays there is none, and all else works.
pub(crate) fn set(app: &AppHandle, tray: &Tray) -> tauri::Result<()> {
    let menu = menu(app, tray)?;
    if let Some(tray) = app.tray_by_id(TRAY) {
        return tray.set_menu(Some(menu));
    }
    let mut builder = TrayIconBuilder::with_id(TRAY)
        .tooltip("Keymoor")
        .menu(&menu)
        .on_menu_event(|app, event| chosen(app, event.id().as_ref()));
    if let Some(icon) = app.default_window_icon() {
        builder = builder.icon(icon.clone());
    }
    builder.build(app).map(drop)
}

fn menu(app: &AppHandle, tray: &Tray) -> tauri::Result<Menu<tauri::Wry>> {
    let item = |id: &str, label: &str| MenuItem::with_id(app, id, label, true, None::<&str>);
    let menu = Menu::new(app)?;
    for key in &tray.keys {
        menu.append(&item(&format!("{COPY}{}", key.id), &key.label)?)?;
    }
    if !tray.keys.is_empty() {
        menu.append(&PredefinedMenuItem::separator(app)?)?;
    }
    menu.append(&item("open", &tray.open)?)?;
    menu.append(&item("add", &tray.add)?)?;
    menu.append(&PredefinedMenuItem::separator(app)?)?;
    menu.append(&item("quit", &tray.quit)?)?;
    Ok(menu)
}

fn chosen(app: &AppHandle, id: &str) {
    match id {
        "open" => show_window(app),
        "add" => {
            show_window(app);
            let _ = app.emit(EVENT_ADD, ()); // without a window there is nobody to tell
        }
        "quit" => app.exit(0),
        _ => {
            let Some(id) = id.strip_prefix(COPY).map(str::to_owned) else { return };
            let app = app.clone();
            tauri::async_runtime::spawn(async move {
                if let Err(failure) = copy(&app, &id).await {
                    // The window says why, and what to do.
                    show_window(&app);
                    let _ = app.emit(EVENT_TROUBLE, failure);
                }
            });
        }
    }
}

async fn copy(app: &AppHandle, id: &str) -> Result<(), Failure> {
    let id = record(id)?;
    let desk = app.state::<Desk>().inner().clone();
    let text = desk.ask(move |vault| text_of(vault, id, "")).await?;
    clipboard::copy(app, text).map(drop)
}
