import type { Progress, Status } from "../backend/backend";
import { SIGNED_OUT } from "../state/failing";
import { number } from "../words/dates";
import { words } from "../words/words";

export interface Sentence {
  text: string;
  /** Something a person should look at. */
  care: boolean;
  /** A second line; when it is left out, the time of the last sync takes its place. */
  second?: string;
}

/** The one alarm that stops nothing: this device gave the server back what it had lost. */
const PUT_BACK = "ALARM_PUT_BACK";
const ACTIVITY_BROKEN = "ACTIVITY_BROKEN";

/** The state of the three homes as one plain sentence: what needs care first. */
export function homesSentence(status: Status, syncing: boolean, progress?: Progress): Sentence {
  const { keychain, cache, server } = status.homes;
  const say = words.homes;
  if (cache.state === "damaged") return { text: say.cacheDamaged, care: true };
  if (keychain.state === "damaged" || keychain.state === "unreachable") return { text: say.keychainDamaged, care: true };
  if (keychain.state === "locked") return { text: say.keychainLocked, care: true };
  if (status.alarms.some((code) => ![PUT_BACK, ACTIVITY_BROKEN].includes(code))) return { text: say.alarm, care: true };
  if (status.alarms.includes(ACTIVITY_BROKEN)) return { text: say.activityBroken, care: true };
  if (progress) return { text: here(status), care: false, second: progressSentence(progress) };
  if (syncing) return { text: here(status), care: false, second: say.syncing };
  // Nothing to look at: it goes on by itself.
  if (server.state === "unreachable") return { text: say.unreachable, care: false, ...(status.waiting > 0 && { second: say.waitingOffline(status.waiting) }) };
  if (server.state === "sign_in" || SIGNED_OUT.includes(status.syncFailure ?? "")) return { text: say.signIn, care: true };
  if (status.syncFailure !== undefined) return { text: say.syncFailed, care: true };
  if (server.state === "not_set_up" || server.state === "off") return { text: here(status), care: false, second: say.syncOff };
  if (status.waiting > 0) return { text: here(status), care: false, second: say.waiting(status.waiting) };
  const everywhere = keychain.state === "ok" ? say.allThree : here(status);
  if (status.lastSync === undefined) return { text: here(status), care: false, second: say.neverSynced };
  return { text: everywhere, care: false };
}

/** How far something is that takes longer. */
export function progressSentence({ step, done, total }: Progress): string {
  return total === 0 ? words.homes.syncing : words.homes.progress[step](number(done), number(total));
}

/** Whether a home is about to get what it lacks, which mostly takes less time than reading about it. */
export function isPassing({ homes }: Status): boolean {
  return homes.keychain.state === "behind" || homes.server.state === "behind";
}

function here(status: Status): string {
  if (status.homes.keychain.state === "off") return words.homes.keychainOff;
  if (status.homes.keychain.state === "behind") return words.homes.keychainBehind;
  return words.homes.twoHere;
}
