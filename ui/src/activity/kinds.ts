import type { EventCode } from "../backend/backend";
import type { Words } from "../words/words";

/** The kinds of what can happen, as a person looks for them. A test sees to it that none is left out. */
export const GROUPS: Record<keyof Words["activity"]["groups"], readonly EventCode[]> = {
  keys: ["added", "edited", "revealed", "lent", "verified", "rotated", "revoked", "deleted", "restored", "erased", "reverted", "conflict", "settled", "deleted_elsewhere", "erased_elsewhere", "conflict_over", "only_trashed", "back", "forgotten"],
  services: ["service_enabled", "service_disabled", "service_set", "policy_set", "policy_removed", "granted", "grant_revoked"],
  sync: ["synced", "signed_in", "account_created", "joined", "password_waits", "password_changed", "alarm", "alarm_over"],
  care: ["healed", "quarantined", "cache_rebuilt", "cache_set_aside", "cache_was_older", "linked", "activity_broken", "unknown"],
};
