import type { Changed, CopyForm } from "../backend";
import { ENVIRONMENT } from "./catalogue";
import { now, type Kept, type Version } from "./kept";

// A key as a text, and what changed from version to version, in the manner of the real vault.

export function forms(kept: Kept): CopyForm[] {
  const { provider, fields } = now(kept);
  const known = ENVIRONMENT[provider.toLowerCase()];
  const inEnvironment = fields.some(({ name, secret }) => secret && known?.[name] !== undefined);
  return [...(inEnvironment ? (["environment"] as const) : []), "json", ...(known && !("region" in known) ? (["curl"] as const) : [])];
}

export function textOf(kept: Kept, form: CopyForm): string {
  const { provider, fields } = now(kept);
  const known = ENVIRONMENT[provider.toLowerCase()] ?? {};
  if (form === "json") return JSON.stringify(Object.fromEntries(fields.map(({ name, value }) => [name, value])));
  if (form === "curl") return `curl --header 'authorization: Bearer ${fields[0]?.value ?? ""}' https://example.com`;
  return fields.flatMap(({ name, value }) => (known[name] === undefined ? [] : [`${known[name]}=${value}`])).join("\n");
}

export function changesOf(version: Version, before: Version | undefined): Changed[] {
  if (!before) return [{ what: "added" }];
  const changed: Changed[] = [];
  if (version.name !== before.name) changed.push({ what: "name" });
  if (version.labels.join() !== before.labels.join()) changed.push({ what: "labels" });
  if (version.note !== before.note) changed.push({ what: "note" });
  if (version.expires !== before.expires) changed.push({ what: "expiry" });
  if (version.off !== before.off) changed.push({ what: version.off ? "off" : "on" });
  for (const { name, value } of version.fields) {
    if (before.fields.find((field) => field.name === name)?.value !== value) changed.push({ what: "set", field: name });
  }
  return changed;
}
