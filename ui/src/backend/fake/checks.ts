import type { EditRequest, NewField } from "../backend";
import type { Version } from "./kept";

// What the real vault refuses, and by which codes.

export function failure(code: string): { code: string; message: string } {
  return { code, message: code };
}

export function check(provider: string, name: string, secrets: string[]): void {
  if (provider === "" || name === "" || name.length > 200) throw failure("INVALID_NAME");
  for (const secret of secrets) {
    if (secret === "") throw failure("EMPTY_SECRET");
    if (secret.includes("\0")) throw failure("INVALID_SECRET");
    if (new TextEncoder().encode(secret).length > 65_536) throw failure("SECRET_TOO_LARGE");
  }
}

export function replaced(fields: NewField[], changes: NewField[]): NewField[] {
  const kept = fields.map((field) => changes.find((change) => change.name === field.name) ?? field);
  return [...kept, ...changes.filter((change) => !fields.some((field) => field.name === change.name))];
}

export function defined({ name, labels, note, addLabels = [], removeLabels = [] }: EditRequest, before: Version): Partial<Version> {
  const kept = (labels ?? before.labels).filter((label) => !removeLabels.includes(label));
  return Object.fromEntries(Object.entries({ name, labels: [...new Set([...kept, ...addLabels])].sort(), note }).filter(([, value]) => value !== undefined));
}
