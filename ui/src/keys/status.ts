import type { Care, Listing, Said } from "../backend/backend";
import { sinceWhen } from "../words/dates";
import { words } from "../words/words";

/** What a dot tells by its colour; the words beside it tell the same. */
export type Dot = "ok" | "warn" | "bad" | "faint";

export const DOTS: Record<Dot, string> = { ok: "bg-ok", warn: "bg-warn", bad: "bg-bad", faint: "bg-faint" };
export const TEXTS: Record<Dot, string> = { ok: "text-soft", warn: "text-warn", bad: "text-bad", faint: "text-soft" };

export interface Status {
  dot: Dot;
  text: string;
}

const DAY = 86_400_000;
/** What a day may lack to be called one: an expiry in five days, set some minutes ago, is in five days. */
const SAVING = DAY / 24;

/** How a key is, in a few words: what needs care most, otherwise whether its provider accepts it. */
export function rowStatus(listing: Listing, verifying: boolean, now: number = Date.now()): Status {
  if (listing.status === "unreadable") return { dot: "bad", text: words.list.unreadable };
  if (verifying) return { dot: "faint", text: words.status.verifying };
  const [first] = listing.care;
  if (first) return careStatus(first, listing.said, now);
  if (!listing.on) return { dot: "faint", text: words.status.off };
  if (listing.tried) {
    const reason = why(listing.tried.reason);
    return { dot: "faint", text: listing.said ? words.main.row.notSince(sinceWhen(listing.said.at, now), reason) : words.main.row.notYet(reason) };
  }
  return listing.status === "connected" ? { dot: "ok", text: words.status.connected } : { dot: "faint", text: words.status.unchecked };
}

export function careStatus(care: Care, said: Said | undefined, now: number = Date.now()): Status {
  const at = care.at ?? now;
  switch (care.kind) {
    case "conflict":
      return { dot: "warn", text: words.list.twoValues };
    case "shared_name":
      return { dot: "warn", text: words.list.sharedName };
    case "expired":
      return { dot: "bad", text: words.status.expired(days(now - at)) };
    case "expiring":
      return { dot: "warn", text: words.status.expires(days(at - now + SAVING)) };
    case "old":
      return { dot: "warn", text: words.status.old(days(now - at)) };
    case "unreadable":
      return { dot: "bad", text: words.list.unreadable };
    default:
      return { dot: "bad", text: refusal(said) };
  }
}

/** What a provider said of a key that it does not accept, in its own words where the catalogue has them. */
export function refusal(said: Said | undefined): string {
  const say = words.status;
  if (!said) return say.refused;
  if (said.reason === "missing_field") return say.fieldEmpty(said.field ?? "");
  if (said.reason !== undefined && said.field !== undefined) return say.fieldWrong(said.field);
  if (said.verdict === "disabled") return said.say ?? say.switchedOff;
  if (said.verdict === "invalid_config") return said.say ?? say.besideWrong;
  return said.say === undefined ? say.refused : say.refusedBecause(said.say);
}

/** Why nothing was learned. */
export function why(reason: string): string {
  return words.status.reasons[reason] ?? words.status.reasons["unlisted"] ?? "";
}

/** Whole days, rounded down, so that nobody believes to have longer. */
function days(ms: number): number {
  return Math.max(0, Math.floor(ms / DAY));
}
