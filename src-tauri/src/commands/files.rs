//! Choosing files in the system's own dialog: the web view gets a path, never access.

use tauri::{AppHandle, command};
use tauri_plugin_dialog::DialogExt as _;

use crate::desk::Answer;
use crate::failure::Failure;
use crate::requests::FilePurpose;

#[command]
pub(crate) async fn choose_file(app: AppHandle, purpose: FilePurpose) -> Answer<Option<String>> {
    let chosen = tauri::async_runtime::spawn_blocking(move || ask(&app, purpose)).await;
    chosen.unwrap_or_else(|_| Err(Failure::new(Failure::UNEXPECTED)))
}

fn ask(app: &AppHandle, purpose: FilePurpose) -> Answer<Option<String>> {
    let dialog = app.dialog().file();
    let chosen = match purpose {
        FilePurpose::SaveKit => dialog.set_file_name("keymoor-kit.txt").blocking_save_file(),
        FilePurpose::SaveRecovery => dialog.set_file_name("keymoor-recovery.txt").blocking_save_file(),
        FilePurpose::OpenKit | FilePurpose::OpenRecovery => dialog.blocking_pick_file(),
    };
    let path = chosen.map(tauri_plugin_dialog::FilePath::into_path).transpose();
    let path = path.map_err(|_| Failure::new(Failure::FILE_FAILED))?;
    Ok(path.map(|path| path.display().to_string()))
}
