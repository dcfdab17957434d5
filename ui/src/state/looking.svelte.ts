import { Reading } from "./reading.svelte";
import { indexed, search } from "./search";
import type { Sheet, View } from "./session.svelte";

/** What the window shows of it: the view, what is searched there, and the row that is selected. */
export abstract class Looking extends Reading {
  view: View = $state("keys");
  sheet: Sheet | undefined = $state();
  query = $state("");
  selected: string | undefined = $state();
  /** On a narrow window the details cover the list; this says whether they do. */
  opened = $state(false);

  /** A key that was just saved: it stays selected although the list may not have it yet. */
  #awaited: string | undefined;

  readonly keys = $derived(this.listings.filter((listing) => !listing.trashed));
  readonly care = $derived(this.keys.filter((listing) => listing.care.length > 0));
  readonly trash = $derived(this.listings.filter((listing) => listing.trashed));
  readonly #index = $derived(indexed(this.view === "trash" ? this.trash : this.view === "care" ? this.care : this.keys));
  readonly visible = $derived(search(this.#index, this.query));
  readonly current = $derived(this.visible.find((listing) => listing.id === this.selected));

  go(view: View): void {
    this.view = view;
    this.query = "";
    this.opened = false;
    this.selected = this.visible[0]?.id;
  }

  select(id: string | undefined): void {
    this.selected = id;
  }

  /** Moves the selection by so many rows and stays within the list. */
  move(rows: number): void {
    const list = this.visible;
    const at = list.findIndex((listing) => listing.id === this.selected);
    const next = Math.min(list.length - 1, Math.max(0, at + rows));
    this.selected = list[next]?.id;
  }

  /** Selects a key that the list may not have yet. */
  awaits(id: string): void {
    this.selected = this.#awaited = id;
  }

  protected wasRead(): void {
    if (this.selected !== this.#awaited) this.#awaited = undefined;
    if (this.current) this.#awaited = undefined;
    else if (this.#awaited === undefined) this.selected = this.visible[0]?.id;
  }

  protected wantsSync(): void {
    this.view = "sync";
  }

  /** Which row is selected once this one is gone. */
  protected neighbour(id: string): string | undefined {
    const list = this.visible;
    const at = list.findIndex((listing) => listing.id === id);
    return (list[at + 1] ?? list[at - 1])?.id;
  }
}
