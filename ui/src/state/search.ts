import type { Listing } from "../backend/backend";

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** A listing with the texts that a search compares, folded once. */
export interface Indexed {
  listing: Listing;
  name: string;
  text: string;
}

/** In order of name, then provider; made once for each reading, not for each letter that is typed. */
export function indexed(listings: readonly Listing[]): Indexed[] {
  const sorted = [...listings].sort(
    (a, b) => collator.compare(a.name, b.name) || collator.compare(a.provider, b.provider) || (a.id < b.id ? -1 : 1),
  );
  return sorted.map((listing) => ({
    listing,
    name: plain(listing.name),
    text: plain([listing.name, listing.provider, ...listing.labels, listing.note ?? "", listing.lastFour ?? ""].join("\n")),
  }));
}

/** Those that contain every word of the query, names that begin with it first; otherwise in their order. */
export function search(index: readonly Indexed[], query: string): Listing[] {
  const terms = plain(query).split(/\s+/).filter(Boolean);
  const [first] = terms;
  if (first === undefined) return index.map(({ listing }) => listing);
  const found = index.filter(({ text }) => terms.every((term) => text.includes(term)));
  const begins = found.filter(({ name }) => name.startsWith(first));
  const others = found.filter(({ name }) => !name.startsWith(first));
  return [...begins, ...others].map(({ listing }) => listing);
}

/** Without capitals and accents: "clave" finds "Clavé". */
function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
