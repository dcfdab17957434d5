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
