import type { Listing } from "../backend/backend";
import { between, idsOf, NONE, toggled, type Ids } from "./picking";

/** The rows that were chosen to do something with all of them. Holds ids; whoever acts takes those that are shown. */
export class Chosen {
  #ids: Ids = $state.raw(NONE);
  /** Where a range begins. */
  #anchor: string | undefined;

  get any(): boolean {
    return this.#ids.size > 0;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Takes one in, or out again; the first one together with the one that was `selected`. */
  toggle(id: string, selected?: string): void {
    this.#ids = toggled(this.#ids, id, selected);
    this.#anchor = id;
  }

  /** Everything from where the last one was chosen, or from `selected`, up to here. */
  upTo(id: string, selected: string | undefined, list: readonly Listing[]): void {
    const known = list.some((listing) => listing.id === this.#anchor);
    if (!known || !this.any) this.#anchor = selected ?? id;
    this.#ids = between(this.#anchor, id, list);
  }

  all(list: readonly Listing[]): void {
    this.#ids = idsOf(list);
    this.#anchor = list[0]?.id;
  }

  clear(): void {
    this.#ids = NONE;
    this.#anchor = undefined;
  }
}
