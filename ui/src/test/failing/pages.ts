import { ALARMS, CACHE, KEYCHAIN, SERVER } from "./ways";

// Failures that nobody's click or form brings about, by where they stand.

/** Why a vault does not open. */
export const AT_START = ["CONFIGURATION", "FILE_FAILED", "RECORD_DAMAGED", "UNEXPECTED", ...CACHE, ...KEYCHAIN, "KEYCHAIN_CHANGED"] as const;

/** Why it wants something of the person first. */
export const LOCKED = ["LOCKED", "PASSWORD_NEEDED", "NEW_PASSWORD_NEEDED"] as const;

/** What the sync in the background met. */
export const FOUND = [...SERVER.filter((code) => !["SERVER_UNREACHABLE", "SERVER_TIMED_OUT"].includes(code)), "SERVER_OVER_QUOTA", "SERVER_TOO_LARGE", "SERVER_UNKNOWN_ACCOUNT", "DISK_FULL", "UNEXPECTED", "MASS_DELETE"] as const;

/** What the vault did by itself, or met. */
export const NOTICES = [
  "MISNAMED", "QUARANTINED", "BACK_AGAIN", "ONLY_TRASHED", "PASSWORD_WAITS", "PASSWORD_CHANGED", "ACTIVITY_BROKEN", "USE_NOT_NOTED", "NOT_IN_BACKGROUND", ...ALARMS,
] as const;

/** What is asked for in the tray. */
export const STANDING = ["CLIPBOARD", "NOT_FOUND", "RECORD_DAMAGED"] as const;

/** What the person has to say before a sync goes on. */
export const WANTED = ["SIGN_IN", "SESSION_ENDED", "MASS_DELETE"] as const;

/** What was dropped on the window and cannot be added. */
export const DROPPED = ["DROPPED_SEVERAL", "DROPPED_UNREADABLE"] as const;

/** Every code of this file. */
export const ELSEWHERE = [...AT_START, ...LOCKED, ...FOUND, ...NOTICES, ...STANDING, ...WANTED, ...DROPPED];
