import type { Listing, ServiceInfo, UsedKey } from "../backend/backend";
import type { Status } from "../keys/status";
import type { Session } from "../state/session.svelte";
import { words } from "../words/words";

/** How a service is, in a few words: what needs care most. */
export function serviceStatus(service: ServiceInfo): Status {
  return service.conflicts.length > 0 ? { dot: "warn", text: words.services.state.differ } : useStatus(service);
}

/** The same, where what two devices disagree about stands beside it. */
export function useStatus(service: ServiceInfo): Status {
  const say = words.services.state;
  if (!service.known) return { dot: "faint", text: say.new };
  if (!service.on) return { dot: "faint", text: say.off };
  if (service.whyNone?.kind === "unreadable") return { dot: "bad", text: say.unreadable };
  if (service.whyNone?.kind === "which") return { dot: "warn", text: say.which };
  if (!service.uses) return { dot: "warn", text: say.needsKey };
  if (service.missing.length > 0) return { dot: "warn", text: say.needsSettings };
  return { dot: "ok", text: service.uses.fallback ? say.fallback : say.on };
}

/** The keys that it takes, switched on or not, by name. */
export function fitting(session: Session, service: ServiceInfo): Listing[] {
  const takes = ({ provider }: Listing) => service.accepts.includes(session.provider(provider)?.id ?? provider);
  return session.keys.filter(takes).sort((a, b) => a.display.localeCompare(b.display));
}

/** The providers whose keys it takes, as people write them. */
export function accepted(session: Session, service: ServiceInfo): string {
  return service.accepts.map((id) => session.providerName(id)).join(", ");
}

/** A key as it is called everywhere: `provider/name`. */
export function title({ provider, name }: Pick<UsedKey, "provider" | "name">): string {
  return `${provider}/${name}`;
}

/** What a service would use if it were switched on now, as far as can be told without asking the vault. */
export type Outlook = { kind: "one" | "fallback"; key: Listing } | { kind: "which"; keys: Listing[] } | { kind: "none" };

export function outlook(session: Session, service: ServiceInfo): Outlook {
  const usable = fitting(session, service).filter(({ on }) => on);
  const chosen = usable.find(({ id }) => id === service.chosen);
  if (chosen) return { kind: chosen.fallback ? "fallback" : "one", key: chosen };
  const own = usable.filter(({ fallback }) => !fallback);
  const [first] = own;
  if (first) return own.length === 1 && service.chosen === undefined ? { kind: "one", key: first } : { kind: "which", keys: own };
  const [fallback] = usable;
  if (fallback) return usable.length === 1 ? { kind: "fallback", key: fallback } : { kind: "which", keys: usable };
  return { kind: "none" };
}
