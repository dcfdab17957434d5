import type { ActivityDay, CheckState, Listing } from "../backend/backend";

/** The order in which statuses are shown. */
export const STATES: readonly CheckState[] = ["connected", "error", "unchecked", "disabled", "unreadable"];

export function byStatus(keys: readonly Listing[]): { state: CheckState; count: number }[] {
  const counts = counted(keys.map(({ status }) => status));
  return STATES.map((state) => ({ state, count: counts.get(state) ?? 0 })).filter(({ count }) => count > 0);
}

/** Those with most keys first. */
export function byProvider(keys: readonly Listing[]): { provider: string; count: number }[] {
  const all = [...counted(keys.map(({ provider }) => provider))].map(([provider, count]) => ({ provider, count }));
  return all.sort((a, b) => b.count - a.count || a.provider.localeCompare(b.provider));
}

export interface Expiring {
  key: Listing;
  at: number;
}

/** Those with a date, the earliest first; what has expired stays until somebody renews it. */
export function expiring(keys: readonly Listing[]): Expiring[] {
  const dated = keys.flatMap((key) => (key.expires !== undefined && key.on ? [{ key, at: key.expires }] : []));
  return dated.sort((a, b) => a.at - b.at);
}

/** Those that nobody ever showed, copied or lent, the oldest first. */
export function unused(keys: readonly Listing[]): Listing[] {
  return keys.filter(({ lastUsed }) => lastUsed === undefined).sort((a, b) => a.createdAt - b.createdAt);
}

export const DAY = 86_400_000;

/** One entry for each of so many days of UTC up to today, also where nothing happened, the earliest first. */
export function everyDay(found: readonly ActivityDay[], days: number, now: number): ActivityDay[] {
  const today = Math.floor(now / DAY) * DAY;
  const at = new Map(found.map((day) => [day.at, day]));
  return Array.from({ length: days }, (_, i) => {
    const start = today - (days - 1 - i) * DAY;
    return at.get(start) ?? { at: start, total: 0, failed: 0 };
  });
}

function counted<T>(all: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return counts;
}
