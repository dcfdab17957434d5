import type { Listing, NewField } from "../backend/backend";
import { words } from "../words/words";

/** A secret may be so large, in bytes. */
export const LARGEST_SECRET = 65_536;

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

/** A new row for a further field. Secret, unless the person says otherwise: what is hidden by mistake harms nobody. */
export function emptyField(): NewField {
  return { name: "", value: "", secret: true };
}

/** A day as it is entered: its last second, in UTC, for the key is good on that day. `undefined` for none, and nothing at all for what is no day. */
export function dayOf(text: string): { at: number | undefined } | undefined {
  const day = text.trim();
  if (day === "") return { at: undefined };
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T23:59:59Z`) : NaN;
  return Number.isNaN(at) || at <= 0 ? undefined : { at };
}

/** A time as the day that it is entered as. */
export function dayText(at: number | undefined): string {
  return at === undefined ? "" : new Date(at).toISOString().slice(0, 10);
}

export interface FieldProblem {
  name?: string | undefined;
  value?: string | undefined;
}

/** What keeps each further field from being saved. Nothing that was entered is left out of a save; a row left empty is no field. */
export function fieldProblems(fields: readonly NewField[], taken: readonly string[]): FieldProblem[] {
  const names = [...taken, ...fields.map((field) => field.name.trim())];
  return fields.map(({ name, value, secret }) => {
    const called = name.trim();
    if (called === "") return value === "" ? {} : { name: words.edit.fieldNameEmpty };
    return {
      name: names.filter((other) => other === called).length > 1 ? words.edit.fieldTaken : undefined,
      value: secret && withoutFinalNewline(value) === "" ? words.edit.fieldValueEmpty : undefined,
    };
  });
}

/** The further fields as they are saved. */
export function filledFields(fields: readonly NewField[]): NewField[] {
  return fields
    .filter((field) => field.name.trim() !== "")
    .map(({ name, value, secret }) => ({ name: name.trim(), value: withoutFinalNewline(value), secret }));
}
