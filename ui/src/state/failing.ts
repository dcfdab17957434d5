/** What opens a closed vault: its key, a password, or a new password that begins it. */
export type Lock = "key" | "password" | "new-password";

/** What a sync that stopped wants of the person. */
export type SyncAsks = "password" | "deletions" | undefined;

/** The failures that mean a closed vault, and what opens it again. */
export const LOCKS: Record<string, Lock | undefined> = { LOCKED: "key", PASSWORD_NEEDED: "password", NEW_PASSWORD_NEEDED: "new-password" };

/** The failures after which the server wants the password again. */
export const SIGNED_OUT: readonly string[] = ["SIGN_IN", "SESSION_ENDED"];

/** What a failure with this code wants of the person before the next sync. */
export function asksOf(code: string): SyncAsks {
  if (SIGNED_OUT.includes(code)) return "password";
  return code === "MASS_DELETE" ? "deletions" : undefined;
}
