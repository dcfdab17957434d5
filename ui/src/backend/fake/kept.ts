import type { Care, Conflict, Listing, NewField, Said, Using } from "../backend";
import { PROVIDERS } from "./catalogue";

const DAY = 86_400_000;

/** One credential as the fake keeps it: every version in full, secrets included, in memory only. */
export interface Kept {
  id: string;
  createdAt: number;
  trashed: boolean;
  versions: Version[];
  conflicts: Conflict[];
  /** What its provider said last, and when it was accepted last. */
  said?: Said;
  goodAt?: number;
  tried?: { at: number; reason: string };
  identity?: string;
  fallback?: boolean;
  /** When any device last used it. */
  lastUsed?: number;
}

/** A service of one provider, and the key that was chosen for it. */
export interface Service {
  name: string;
  provider: string;
  chosen?: string;
}

export interface Version {
  at: number;
  name: string;
  provider: string;
  labels: string[];
  note?: string;
  fields: NewField[];
  expires?: number;
  off?: boolean;
}

export function versionId(version: number): string {
  return `${version}-0000beef`;
}

export function now(kept: Kept): Version {
  return kept.versions[kept.versions.length - 1] as Version;
}

export function verifiable(kept: Kept): boolean {
  return PROVIDERS.some(({ id, name }) => [id, name].includes(now(kept).provider));
}

/** When the secret that is shown was put in. */
export function since(kept: Kept): number {
  const secret = (version: Version) => version.fields.find((field) => field.secret)?.value;
  return kept.versions.filter((version) => secret(version) === secret(now(kept)))[0]?.at ?? kept.createdAt;
}

/** What a service uses: the chosen key, or the only own one, or a fallback; of several none. */
export function usedBy({ name, provider, chosen }: Service, all: readonly Kept[]): Using {
  const fit = all.filter((kept) => !kept.trashed && !now(kept).off && now(kept).provider === provider);
  const own = fit.filter((kept) => !kept.fallback);
  const fallbacks = fit.filter((kept) => kept.fallback);
  const wanted = fit.find(({ id }) => id === chosen);
  const title = (kept: Kept) => `${now(kept).provider}/${now(kept).name}`;
  const could = wanted ? [wanted] : chosen === undefined && own.length > 0 ? own : fallbacks.length > 0 ? fallbacks : own;
  const [one] = could;
  const certain = one !== undefined && (one === wanted || (could.length === 1 && (one.fallback === true || chosen === undefined)));
  if (certain) return { service: name, uses: title(one), fallback: one.fallback ?? false, which: [] };
  return { service: name, fallback: false, which: could.map(title) };
}

function careOf(kept: Kept, policy: number | undefined): Care[] {
  const { expires, off } = now(kept);
  const found: Care[] = kept.conflicts.length > 0 ? [{ kind: "conflict" }] : [];
  if (off || kept.trashed) return found;
  if (expires !== undefined && expires <= Date.now()) found.push({ kind: "expired", at: expires });
  if (kept.said && !kept.said.verdict.startsWith("valid")) found.push({ kind: "refused" });
  if (expires !== undefined && expires > Date.now() && expires <= Date.now() + 14 * DAY) found.push({ kind: "expiring", at: expires });
  if (policy !== undefined && Date.now() - since(kept) > policy * DAY) found.push({ kind: "old", at: since(kept), days: policy });
  return found;
}

export function listingOf(kept: Kept, policy: number | undefined): Listing {
  const { name, provider, labels, note, at, fields, expires, off } = now(kept);
  const good = kept.said?.verdict.startsWith("valid");
  return {
    id: kept.id, name, display: name, provider, labels, note, status: off ? "disabled" : kept.said === undefined ? "unchecked" : good ? "connected" : "error",
    said: kept.said, care: careOf(kept, policy), expires, on: !off, fallback: kept.fallback ?? false, createdAt: kept.createdAt, updatedAt: at, version: kept.versions.length, versionId: versionId(kept.versions.length),
    alternates: kept.conflicts.length, trashed: kept.trashed, waiting: false, lastUsed: kept.lastUsed, lastFour: lastFour(fields.find((field) => field.secret)?.value ?? ""),
  };
}

export function lastFour(value: string): string | undefined {
  return value.length >= 12 && /^\w{4}$/.test(value.slice(-4)) ? value.slice(-4) : undefined;
}
