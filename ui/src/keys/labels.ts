import type { ProviderInfo } from "../backend/backend";
import { words } from "../words/words";

/** The field a credential with one secret has; it is shown in the person's language. */
export const PRIMARY_FIELD = "secret";

/** A field's name within a sentence. */
export function fieldName(name: string): string {
  if (name === PRIMARY_FIELD) return words.detail.defaultField;
  return words.history.parts[name] ?? name;
}

/** A field's name as a heading. */
export function fieldLabel(name: string): string {
  const said = fieldName(name);
  return said.charAt(0).toLocaleUpperCase() + said.slice(1);
}

/** What the provider's form calls a field, within a sentence too; where it has none of that name, as `fieldName`. */
export function nameIn(known: ProviderInfo | undefined, name: string): string {
  return known?.fields.find((field) => field.name === name)?.label ?? fieldName(name);
}

/** The same as a heading. */
export function labelIn(known: ProviderInfo | undefined, name: string): string {
  return known?.fields.find((field) => field.name === name)?.label ?? fieldLabel(name);
}

/** In the order of the provider's form; what it does not have comes last, as it was. */
export function inFormOrder<T extends { name: string }>(known: ProviderInfo | undefined, fields: readonly T[]): T[] {
  const place = ({ name }: T) => (known?.fields.findIndex((field) => field.name === name) ?? -1) + 1 || Infinity;
  return fields.toSorted((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
}
