import type { Listing, Notification, Status } from "../backend/backend";
import { careStatus } from "../keys/status";
import { trouble, words } from "../words/words";

const DAY = 86_400_000;
/** So many names are said; of more, how many there are. */
const NAMES = 3;

/**
 * What a person who looks elsewhere is told: alarms, and keys that expire. Each once, by its keys: an alarm once a day while it
 * stands, a key when it is about to expire and when it has.
 */
export function alertsOf(status: Status | undefined, keys: readonly Listing[], now: number = Date.now()): Notification[] {
  const alarms = (status?.alarms ?? []).map((code) => {
    const { what, safe, next } = trouble({ code });
    return { keys: [`alarm:${code}:${Math.floor(now / DAY)}`], title: what, body: `${safe} ${next}`.trim() };
  });
  return [...alarms, ...expiry("expiring", keys, now), ...expiry("expired", keys, now)];
}

function expiry(kind: "expiring" | "expired", all: readonly Listing[], now: number): Notification[] {
  const concerned = all.flatMap((key) => key.care.filter((care) => care.kind === kind).map((care) => ({ key, care })));
  const [first, ...others] = concerned;
  if (!first) return [];
  const names = concerned.slice(0, NAMES).map(({ key }) => key.name);
  const more = concerned.length - names.length;
  const say = kind === "expiring" ? words.alerts.expiring : words.alerts.expired;
  return [
    {
      keys: concerned.map(({ key, care }) => `${kind}:${key.id}:${care.at ?? 0}`),
      title: others.length === 0 ? first.key.name : say(concerned.length),
      body: others.length === 0 ? careStatus(first.care, undefined, now).text : words.alerts.names(names.join(", "), more),
    },
  ];
}
