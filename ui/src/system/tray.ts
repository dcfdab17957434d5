import type { Listing, Tray } from "../backend/backend";
import { words } from "../words/words";

/** So many keys can be copied from the tray: more is a list, and the picker is better at that. */
const KEYS = 8;

/** What the menu of the tray says: the keys that changed last, and the way to everything else. */
export function trayOf(keys: readonly Listing[], providerName: (id: string) => string): Tray {
  const usable = keys.filter((key) => key.on && key.status !== "unreadable");
  const newest = usable.toSorted((a, b) => b.updatedAt - a.updatedAt).slice(0, KEYS);
  return {
    keys: newest.map((key) => ({ id: key.id, label: words.tray.copy(key.name, providerName(key.provider)) })),
    open: words.tray.open,
    add: words.tray.add,
    quit: words.tray.quit,
  };
}
