import type { Listing } from "../backend/backend";
import { fold } from "./fold";
import { parsed, statusesMeant, type FilterGroup, type Wanted } from "./query";
import { statusesOf, type StatusKind } from "./statuses";

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** What was chosen in the menu: one of each group that has any. */
export type Filters = Readonly<Record<FilterGroup, readonly string[]>>;

export const NO_FILTERS: Filters = { status: [], provider: [], label: [] };

/** A listing with what a search compares, folded once. */
export interface Indexed {
  listing: Listing;
  /** What the texts below are made of. */
  source: string;
  name: string;
  text: string;
  /** Its id and its name. */
  provider: readonly string[];
  labels: readonly string[];
  statuses: readonly StatusKind[];
}

/**
 * In order of name, then provider; made once for each reading, not for each letter that is typed. What was there `before` keeps
 * its place and its folded texts: with ten thousand keys, comparing names as people do takes longer than everything else.
 */
export function indexed(listings: readonly Listing[], providerName: (id: string) => string = (id) => id, before: readonly Indexed[] = []): Indexed[] {
  const known = new Map(before.map((one, rank) => [one.listing.id, { one, rank }]));
  const kept: { one: Indexed; rank: number }[] = [];
  const fresh: Indexed[] = [];
  for (const listing of listings) {
    const was = known.get(listing.id);
    const source = sourceOf(listing, providerName);
    const now = was?.one.source === source ? { ...was.one, listing, statuses: statusesOf(listing) } : folded(listing, source, providerName);
    if (was && was.one.listing.name === listing.name && was.one.listing.provider === listing.provider) kept.push({ one: now, rank: was.rank });
    else fresh.push(now);
  }
  kept.sort((a, b) => a.rank - b.rank);
  fresh.sort(inOrder);
  return merged(kept.map(({ one }) => one), fresh);
}

/** Those that fit the filters and contain every word of the query, names that begin with it first; otherwise in their order. */
export function search(index: readonly Indexed[], query: string, filters: Filters = NO_FILTERS): Listing[] {
  const { terms, wanted } = parsed(query);
  const tests = [...chosen(filters), ...wanted.map(test)];
  const fit = tests.length === 0 ? index : index.filter((one) => tests.every((fits) => fits(one)));
  const [first] = terms;
  if (first === undefined) return fit.map(({ listing }) => listing);
  const begins: Listing[] = [];
  const others: Listing[] = [];
  for (const { listing, name, text } of fit) {
    if (terms.every((term) => text.includes(term))) (name.startsWith(first) ? begins : others).push(listing);
  }
  return [...begins, ...others];
}

type Test = (one: Indexed) => boolean;

function chosen({ status, provider, label }: Filters): Test[] {
  const tests: Test[] = [];
  if (status.length > 0) tests.push(({ statuses }) => statuses.some((kind) => status.includes(kind)));
  if (provider.length > 0) tests.push(({ listing }) => provider.includes(listing.provider));
  if (label.length > 0) tests.push(({ listing }) => listing.labels.some((one) => label.includes(one)));
  return tests;
}

/** What was typed counts by its beginning, so that it narrows the list with each letter. */
function test(wanted: Wanted): Test {
  const { group, value, exact } = wanted;
  const is = (text: string) => (exact ? text === value : text.startsWith(value));
  if (group === "provider") return ({ provider }) => provider.some(is);
  if (group === "label") return ({ labels }) => labels.some(is);
  const meant = statusesMeant(wanted);
  return ({ statuses }) => statuses.some((kind) => meant.includes(kind));
}

/** What the folded texts are made of. */
function sourceOf(listing: Listing, providerName: (id: string) => string): string {
  const { name, provider, labels, note = "", lastFour = "", identity = "" } = listing;
  return [name, provider, providerName(provider), ...labels, note, lastFour, identity].join("\n");
}

function folded(listing: Listing, source: string, providerName: (id: string) => string): Indexed {
  return {
    listing,
    source,
    name: fold(listing.name),
    text: fold(source),
    provider: [listing.provider, providerName(listing.provider)].map(fold),
    labels: listing.labels.map(fold),
    statuses: statusesOf(listing),
  };
}

function inOrder({ listing: a }: Indexed, { listing: b }: Indexed): number {
  return collator.compare(a.name, b.name) || collator.compare(a.provider, b.provider) || (a.id < b.id ? -1 : 1);
}

/** Two lists in order become one: each of the fewer finds its place by halves. */
function merged(all: Indexed[], fresh: readonly Indexed[]): Indexed[] {
  if (all.length === 0) return [...fresh];
  const result: Indexed[] = [];
  let taken = 0;
  for (const one of fresh) {
    let [low, high] = [taken, all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (inOrder(all[middle] as Indexed, one) < 0) low = middle + 1;
      else high = middle;
    }
    while (taken < low) result.push(all[taken++] as Indexed);
    result.push(one);
  }
  while (taken < all.length) result.push(all[taken++] as Indexed);
  return result;
}
