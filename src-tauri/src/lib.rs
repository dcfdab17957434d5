//! The Keymoor window: a Tauri shell, one-line commands over the vault.
//!
//! What the web view is told never contains a secret, but for [`commands`]' `reveal` and `reveal_recovery`, which the
//! person asked for. Secrets come from it once, as an argument, and are wrapped on arrival.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod answers;
mod background;
mod clipboard;
mod commands;
mod desk;
mod failure;
mod pasted;
mod preferences;
mod requests;
mod system;
#[cfg(test)]
mod types;
mod verifying;

use std::process::ExitCode;
use std::time::Duration;

use tauri::Manager as _;
use tauri_plugin_window_state::StateFlags;

use crate::commands::{account, activity, catalogue, devices, files, keys, services, settings, state};
use crate::preferences::Chosen;
use crate::system::picker::PICKER;

/// How long running work may keep the program from ending.
const LONGEST_GOODBYE: Duration = Duration::from_secs(8);

/// What is kept of the window between two starts; whether it is shown is decided at each.
const PLACE: StateFlags = StateFlags::SIZE.union(StateFlags::POSITION).union(StateFlags::MAXIMIZED);

/// Forbids core dumps, and on Linux also that another process of the same user attaches.
#[cfg(unix)]
fn keep_memory_private() {
    use rustix::process::{Resource, Rlimit, setrlimit};

    // Lowering one's own limit cannot fail; were it to, a window that works serves its user better than none.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Windows writes no dump of a process unless an administrator asked for it.
#[cfg(not(unix))]
fn keep_memory_private() {}

/// Opens the window and stays until it is closed.
#[must_use]
pub fn run() -> ExitCode {
    keep_memory_private();
    verifying::read_environment();
    if automated() && !cfg!(debug_assertions) {
        return refuse(
            "TAURI_WEBVIEW_AUTOMATION is set: a released Keymoor cannot be driven by another program.",
        );
    }
    let home = keymoor_vault::Config::from_environment().ok().map(|config| config.home);
    let mut builder = tauri::Builder::default();
    // The first of them: a second instance ends here, before it does anything.
    if let Some(single) = home.as_deref().and_then(system::instance::plugin) {
        builder = builder.plugin(single);
    }
    let built = builder
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(
            tauri_plugin_window_state::Builder::new()
                .with_state_flags(PLACE)
                .with_denylist(&[PICKER])
                .build(),
        )
        .plugin(system::autostart::plugin())
        .plugin(system::shortcut::plugin())
        .setup(move |app| {
            let chosen = Chosen::read(home.as_deref());
            let preferences = chosen.preferences();
            let desk = desk::Desk::new(app.handle());
            app.manage(chosen);
            app.manage(system::shortcut::Granted::default());
            app.manage(clipboard::Lent::default());
            app.manage(desk.clone());
            background::start(desk);
            settings::set_theme(app.handle(), preferences.theme);
            system::shortcut::set(app.handle(), &preferences.shortcut);
            if !system::autostart::is_hidden() {
                system::show_window(app.handle());
            }
            Ok(())
        })
        .on_window_event(|window, event| {
            if let (system::MAIN, tauri::WindowEvent::CloseRequested { api, .. }) = (window.label(), event) {
                if window.state::<Chosen>().preferences().stays {
                    api.prevent_close();
                    let _ = window.hide(); // a window that cannot be hidden stays where it is
                } else {
                    window.app_handle().exit(0);
                }
            }
        })
        .invoke_handler(tauri::generate_handler![
            keys::show,
            keys::add,
            keys::edit,
            keys::reveal,
            keys::copy,
            keys::copy_as,
            keys::trash,
            keys::restore,
            keys::erase,
            keys::history,
            keys::revert,
            keys::settle,
            keys::unsettle,
            keys::verify,
            keys::verify_many,
            keys::stop_asking,
            keys::stop_verifying,
            catalogue::catalogue,
            catalogue::copy_console,
            catalogue::recognise,
            services::services,
            services::enable_service,
            services::disable_service,
            services::set_service,
            services::check_setting,
            services::test_service,
            activity::activity,
            activity::activity_programs,
            activity::verifications,
            devices::devices,
            state::overview,
            state::stop_waiting,
            state::set_habits,
            account::sync_now,
            account::account_create,
            account::reveal_recovery,
            account::copy_recovery,
            account::account_join,
            account::unlock_with_kit,
            account::unlock_with_recovery,
            account::unlock_with_password,
            files::choose_file,
            settings::settings,
            settings::set_settings,
            settings::set_tray,
            settings::notify,
            settings::close_picker,
        ])
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            let code = app.run_return(|app, event| {
                if let tauri::RunEvent::ExitRequested { .. } = event {
                    // Gone at once for whoever closed it; what is being saved is saved.
                    for window in app.webview_windows().values() {
                        let _ = window.hide();
                    }
                    app.state::<desk::Desk>().finish(LONGEST_GOODBYE);
                    clipboard::clear_on_exit(app);
                }
            });
            ExitCode::from(u8::try_from(code).unwrap_or(1))
        }
        Err(error) => refuse(&format!("The window cannot be opened: {error}")),
    }
}

/// WebKit takes remote commands when this is set; see the driver of the window's tests.
fn automated() -> bool {
    std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some()
}

#[expect(clippy::print_stderr, reason = "there is no window to say it in")]
fn refuse(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::FAILURE
}
