/** What opens a closed vault: its key, a password, or a new password that begins it. */
export type Lock = "key" | "password" | "new-password";

/** What a sync that stopped wants of the person. */
export type SyncAsks = "password" | "deletions" | undefined;

/** The failures that mean a closed vault, and what opens it again. */
export const LOCKS: Record<string, Lock | undefined> = { LOCKED: "key", PASSWORD_NEEDED: "password", NEW_PASSWORD_NEEDED: "new-password" };

/** What a failure with this code wants of the person before the next sync. */
export function asksOf(code: string): SyncAsks {
  if (code === "SIGN_IN") return "password";
  return code === "MASS_DELETE" ? "deletions" : undefined;
}
