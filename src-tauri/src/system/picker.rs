//! A small window over everything else: find a key, copy it, be gone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tauri::{AppHandle, Manager as _, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};

/// The label of its window.
pub(crate) const PICKER: &str = "picker";

/// For so long the focus may be nobody's while the keys of the shortcut are down.
const UNSTEADY: Duration = Duration::from_millis(200);

/// How often it was shown: what was seen before says nothing of now.
static SHOWN: AtomicU64 = AtomicU64::new(0);

/// Shows it, or hides it when it is there. It is made when it is first wanted: until then it costs nothing.
pub(crate) fn toggle(app: &AppHandle) {
    match app.get_webview_window(PICKER) {
        Some(window) if window.is_visible().unwrap_or(false) => hide(app),
        Some(window) => {
            SHOWN.fetch_add(1, Ordering::Relaxed);
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

/// While the keys of the shortcut are down, X takes the focus away and gives it back within some milliseconds: whoever hid at
/// once would never come up a second time.
fn hide_unless_focused_again(app: &AppHandle) {
    let (app, shown) = (app.clone(), SHOWN.load(Ordering::Relaxed));
    thread::spawn(move || {
        thread::sleep(UNSTEADY);
        let gone = |window: &WebviewWindow| !window.is_focused().unwrap_or(false);
        let still = SHOWN.load(Ordering::Relaxed) == shown;
        if still && app.get_webview_window(PICKER).as_ref().is_some_and(gone) {
            hide(&app);
        }
    });
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
            hide_unless_focused_again(&app);
        }
    });
}
