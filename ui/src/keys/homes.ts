import type { Detail, HomeName, HomeState, Status } from "../backend/backend";
import { words } from "../words/words";

export interface KeyHomes {
  states: Record<HomeName, HomeState>;
  text: string;
  /** Something is out of order, and not just on its way. */
  care: boolean;
}

/** Where one key lies, as far as this device knows: the cache has what is shown. */
export function keyHomes({ homes }: Status, { mirrorBehind, waiting }: Pick<Detail, "mirrorBehind" | "waiting">): KeyHomes {
  const say = words.key.homes;
  const keychain = homes.keychain.state === "off" ? "off" : mirrorBehind ? "behind" : homes.keychain.state === "damaged" ? "damaged" : "ok";
  const synced = homes.server.state !== "not_set_up" && homes.server.state !== "off";
  const server = !synced ? homes.server.state : waiting ? "behind" : "ok";
  const states = { keychain, cache: "ok", server } satisfies KeyHomes["states"];
  if (server === "ok" && keychain === "ok") return { states, text: say.all, care: false };
  if (server === "ok" && keychain === "off") return { states, text: say.noKeychain, care: false };
  const here = { ok: say.here, off: say.cacheOnly, behind: say.behind, damaged: say.damaged }[keychain];
  const there = !synced ? say.noSync : waiting ? say.waits : say.onServer;
  return { states, text: `${here} ${there}`, care: keychain === "damaged" };
}
