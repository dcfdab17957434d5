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
  name: string;
  text: string;
  /** Its id and its name. */
  provider: readonly string[];
  labels: readonly string[];
  statuses: readonly StatusKind[];
}

/** In order of name, then provider; made once for each reading, not for each letter that is typed. */
export function indexed(listings: readonly Listing[], providerName: (id: string) => string = (id) => id): Indexed[] {
  const sorted = [...listings].sort(
    (a, b) => collator.compare(a.name, b.name) || collator.compare(a.provider, b.provider) || (a.id < b.id ? -1 : 1),
  );
  return sorted.map((listing) => {
    const provider = [listing.provider, providerName(listing.provider)];
    return {
      listing,
      name: fold(listing.name),
      text: fold([listing.name, ...provider, ...listing.labels, listing.note ?? "", listing.lastFour ?? "", listing.identity ?? ""].join("\n")),
      provider: provider.map(fold),
      labels: listing.labels.map(fold),
      statuses: statusesOf(listing),
    };
  });
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
