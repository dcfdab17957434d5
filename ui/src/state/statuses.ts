import type { Listing } from "../backend/backend";

/** What a key can be looked for by: its status, and what needs care about it. The words are those of the command line. */
export const STATUSES = ["care", "connected", "error", "expiring", "expired", "old", "conflict", "unchecked", "disabled", "unreadable"] as const;
export type StatusKind = (typeof STATUSES)[number];

const OF_CARE: Record<string, StatusKind | undefined> = { expiring: "expiring", expired: "expired", old: "old", conflict: "conflict" };

export function statusesOf({ status, care }: Listing): StatusKind[] {
  const found: StatusKind[] = [status];
  if (care.length > 0) found.push("care");
  for (const { kind } of care) {
    const known = OF_CARE[kind];
    if (known) found.push(known);
  }
  return found;
}
