//! Copying a secret: kept out of clipboard histories, and cleared after a while if it is still ours.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tauri::{AppHandle, Manager as _};
use tauri_plugin_clipboard_manager::ClipboardExt as _;
use zeroize::Zeroizing;

use crate::answers::Copied;
use crate::failure::Failure;
use crate::preferences::Chosen;

/// What was put into the clipboard last, and not yet cleared. The number tells one copy from the next.
#[derive(Default)]
pub(crate) struct Lent(Mutex<(u64, Option<Arc<SecretString>>)>);

/// Copies `secret`; a thread of its own takes it back.
pub(crate) fn copy(app: &AppHandle, secret: Arc<SecretString>) -> Result<Copied, Failure> {
    // Exposed to the system's clipboard, as the person asked.
    app.clipboard().write_secret(secret.expose_secret()).map_err(|_| Failure::new(Failure::CLIPBOARD))?;
    let seconds = app.state::<Chosen>().preferences().clipboard_seconds;
    let turn = app.state::<Lent>().remember(secret);
    let app = app.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(seconds.into()));
        if let Some(secret) = app.state::<Lent>().take(Some(turn)) {
            clear_if_ours(&app, &secret);
        }
    });
    Ok(Copied { seconds })
}

/// The clipboard of Linux ends with its owner; elsewhere a secret would stay behind.
pub(crate) fn clear_on_exit(app: &AppHandle) {
    if !cfg!(target_os = "linux")
        && let Some(secret) = app.state::<Lent>().take(None)
    {
        clear_if_ours(app, &secret);
    }
}

/// Not on the main thread of Linux: the clipboard of the web view is served there.
fn clear_if_ours(app: &AppHandle, secret: &SecretString) {
    let held = app.clipboard().read_text().map(Zeroizing::new);
    // Exposed to be compared with what lies there now.
    if held.is_ok_and(|held| held.as_str() == secret.expose_secret()) {
        // A clipboard that cannot be cleared belongs to somebody else by now.
        let _ = app.clipboard().clear();
    }
}

impl Lent {
    fn remember(&self, secret: Arc<SecretString>) -> u64 {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *held = (held.0 + 1, Some(secret));
        held.0
    }

    /// What was lent, if nothing else was copied since that turn.
    fn take(&self, turn: Option<u64>) -> Option<Arc<SecretString>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if turn.is_none_or(|turn| turn == held.0) { held.1.take() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_copy_is_taken_back() {
        let lent = Lent::default();
        let first = lent.remember(Arc::new(SecretString::from("first")));
        let second = lent.remember(Arc::new(SecretString::from("second")));
        assert!(lent.take(Some(first)).is_none());
        assert_eq!(lent.take(Some(second)).unwrap().expose_secret(), "second");
        assert!(lent.take(None).is_none());
    }
}
