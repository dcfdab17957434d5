#![allow(dead_code, reason = "the build script reads the names only, the shell the events")]

/// Every command that the window may be given. The build script declares them, so that each is denied unless a capability
/// names it.
pub(crate) const NAMES: &[&str] = &[
    "show",
    "add",
    "edit",
    "reveal",
    "copy",
    "copy_as",
    "trash",
    "restore",
    "erase",
    "history",
    "revert",
    "settle",
    "unsettle",
    "verify",
    "verify_many",
    "stop_asking",
    "stop_verifying",
    "catalogue",
    "copy_console",
    "recognise",
    "set_habits",
    "services",
    "enable_service",
    "disable_service",
    "set_service",
    "check_setting",
    "test_service",
    "activity",
    "activity_programs",
    "verifications",
    "devices",
    "overview",
    "sync_now",
    "account_create",
    "reveal_recovery",
    "copy_recovery",
    "account_join",
    "unlock_with_kit",
    "unlock_with_recovery",
    "unlock_with_password",
    "choose_file",
    "stop_waiting",
    "settings",
    "set_settings",
    "set_tray",
    "notify",
    "close_picker",
];

/// Sent whenever the vault changed, by this window or by another program.
pub(crate) const EVENT_CHANGED: &str = "changed";

/// Sent when the keychain lets us wait for longer than a second.
pub(crate) const EVENT_WAITING: &str = "waiting";

/// Sent with how far something is that takes longer, and with nothing when it is over.
pub(crate) const EVENT_PROGRESS: &str = "progress";

/// Sent when a key is to be added, from the tray.
pub(crate) const EVENT_ADD: &str = "add";

/// Sent with a failure of what was asked for outside the window.
pub(crate) const EVENT_TROUBLE: &str = "trouble";

/// Sent with how far the asking about many is.
pub(crate) const EVENT_VERIFIED: &str = "verified";
