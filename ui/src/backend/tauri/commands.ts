/** The commands of the desktop shell; a Rust test compares this list with what the shell answers to. */
export const COMMANDS = [
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
] as const;

export type Command = (typeof COMMANDS)[number];

/** Sent whenever the vault changed, by this window or by another program. */
export const EVENT_CHANGED = "changed";

/** Sent when the keychain lets us wait for longer than a second. */
export const EVENT_WAITING = "waiting";

/** Sent with how far something is that takes longer, and with nothing when it is over. */
export const EVENT_PROGRESS = "progress";

/** Sent when a key is to be added, from the tray. */
export const EVENT_ADD = "add";

/** Sent with a failure of what was asked for outside the window. */
export const EVENT_TROUBLE = "trouble";

/** Sent with how far the asking about many is. */
export const EVENT_VERIFIED = "verified";
