import type { Listing } from "../backend/backend";

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Those that contain every word of the query, names that begin with it first; otherwise by name, then provider. */
export function search(listings: readonly Listing[], query: string): Listing[] {
  const terms = plain(query).split(/\s+/).filter(Boolean);
  const fits = listings.filter((listing) => {
    const text = plain([listing.name, listing.provider, ...listing.labels, listing.note ?? "", listing.lastFour ?? ""].join("\n"));
    return terms.every((term) => text.includes(term));
  });
  const first = terms[0];
  const rank = (listing: Listing) => (first !== undefined && plain(listing.name).startsWith(first) ? 0 : 1);
  return fits.sort(
    (a, b) =>
      rank(a) - rank(b) || collator.compare(a.name, b.name) || collator.compare(a.provider, b.provider) || (a.id < b.id ? -1 : 1),
  );
}

/** Without capitals and accents: "clave" finds "Clavé". */
function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
