//! One instance for a data directory: a second start shows the window of the first.

use std::path::Path;

use sha2::{Digest as _, Sha256};
use tauri::{Wry, plugin::TauriPlugin};

use super::{autostart::HIDDEN, show_window};

/// `None` where instances of several data directories could not be told apart: on Linux the name on the bus does, elsewhere
/// only the usual directory is guarded. Two instances on one directory lose nothing, they follow each other's changes.
pub(crate) fn plugin(home: &Path) -> Option<TauriPlugin<Wry>> {
    let usual = std::env::var_os("KEYMOOR_HOME").is_none_or(|home| home.is_empty());
    (cfg!(target_os = "linux") || usual).then(|| {
        tauri_plugin_single_instance::Builder::new()
            .dbus_id(bus_name(home))
            .callback(|app, arguments, _| {
                if !arguments.iter().any(|argument| argument == HIDDEN) {
                    show_window(app);
                }
            })
            .build()
    })
}

/// The same for a directory however it was written, and no path that others on the bus could read.
fn bus_name(home: &Path) -> String {
    let path = std::path::absolute(home).unwrap_or_else(|_| home.to_owned());
    let path = path.canonicalize().unwrap_or(path);
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    let name: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("app.keymoor.desktop.d{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_name_and_another_has_another() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let inside = one.path().join("x");
        std::fs::create_dir(&inside).unwrap();
        assert_eq!(bus_name(one.path()), bus_name(&inside.join("..")));
        assert_ne!(bus_name(one.path()), bus_name(other.path()));
        let name = bus_name(one.path());
        assert!(name.split('.').all(|part| part.starts_with(|c: char| c.is_ascii_alphabetic())), "{name}");
    }
}
