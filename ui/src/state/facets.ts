import type { Listing } from "../backend/backend";
import type { FilterGroup } from "./query";
import { STATUSES, statusesOf } from "./statuses";

/** Something the keys of a list have, and how many do. */
export interface Facet {
  value: string;
  count: number;
}

/** What the keys of a list can be told apart by. Statuses in their own order, the others by name. */
export function facets(listings: readonly Listing[], providerName: (id: string) => string): Record<FilterGroup, Facet[]> {
  const status = new Map<string, number>();
  const provider = new Map<string, number>();
  const label = new Map<string, number>();
  const add = (counts: Map<string, number>, value: string) => counts.set(value, (counts.get(value) ?? 0) + 1);
  for (const listing of listings) {
    statusesOf(listing).forEach((kind) => add(status, kind));
    if (listing.provider !== "") add(provider, listing.provider);
    listing.labels.forEach((one) => add(label, one));
  }
  const byName = (counts: Map<string, number>, name: (value: string) => string): Facet[] =>
    [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => name(a.value).localeCompare(name(b.value)));
  return {
    status: STATUSES.flatMap((value) => (status.has(value) ? [{ value, count: status.get(value) ?? 0 }] : [])),
    provider: byName(provider, providerName),
    label: byName(label, (value) => value),
  };
}
