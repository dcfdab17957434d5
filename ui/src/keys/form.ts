import type { Listing } from "../backend/backend";

/** "a, b,,a" are the labels a and b. */
export function labelsOf(text: string): string[] {
  return [...new Set(text.split(",").map((label) => label.trim()).filter(Boolean))];
}

/** A copied line often brings its line end along; one is dropped, as on the command line. */
export function withoutFinalNewline(secret: string): string {
  return secret.replace(/\r?\n$/, "");
}

/** Providers are the same in capitals or not; names are not. */
export function isNamed(listing: Listing, provider: string, name: string): boolean {
  return listing.provider.toLowerCase() === provider.trim().toLowerCase() && listing.name === name.trim();
}
