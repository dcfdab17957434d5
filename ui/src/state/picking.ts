import type { Listing } from "../backend/backend";

export type Ids = ReadonlySet<string>;

export const NONE: Ids = new Set();

/** One more, or one less. The first one brings along the row that was `selected` already, as people expect of a list. */
export function toggled(ids: Ids, id: string, selected?: string): Ids {
  const next = new Set(ids);
  if (next.size === 0 && selected !== undefined && selected !== id) next.add(selected);
  if (!next.delete(id)) next.add(id);
  return next;
}

export function idsOf(list: readonly Listing[]): Ids {
  return new Set(list.map(({ id }) => id));
}

/** All from one row to another, in whichever order. Without the first, the second alone. */
export function between(from: string | undefined, to: string, list: readonly Listing[]): Ids {
  const end = list.findIndex(({ id }) => id === to);
  const start = list.findIndex(({ id }) => id === from);
  const [first, last] = start < 0 ? [end, end] : [Math.min(start, end), Math.max(start, end)];
  return end < 0 ? NONE : idsOf(list.slice(first, last + 1));
}
