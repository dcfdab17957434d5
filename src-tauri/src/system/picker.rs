//! A small window over everything else: find a key, copy it, be gone.

use tauri::{AppHandle, Manager as _, WebviewUrl, WebviewWindowBuilder, WindowEvent};

/// The label of its window.
pub(crate) const PICKER: &str = "picker";

/// Shows it, or hides it when it is there. It is made when it is first wanted: until then it costs nothing.
pub(crate) fn toggle(app: &AppHandle) {
    match app.get_webview_window(PICKER) {
        Some(window) if window.is_visible().unwrap_or(false) => hide(app),
        Some(window) => {
            let _ = window.center();
            let _ = window.show();
            let _ = window.set_focus();
        }
        None => open(app),
    }
}

/// Hides it; its page forgets what was typed.
pub(crate) fn hide(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(PICKER) {
        let _ = window.hide();
    }
}

fn open(app: &AppHandle) {
    let built = WebviewWindowBuilder::new(app, PICKER, WebviewUrl::App("index.html#picker".into()))
        .title("Keymoor")
        .inner_size(520.0, 380.0)
        .resizable(false)
        .decorations(false)
        .always_on_top(true)
        .skip_taskbar(true)
        .center()
        .focused(true)
        .build();
    let Ok(window) = built else { return };
    let app = app.clone();
    window.on_window_event(move |event| {
        if let WindowEvent::Focused(false) = event {
            hide(&app);
        }
    });
}
