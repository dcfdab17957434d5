import type { Listing } from "../backend/backend";
import { Chosen } from "./chosen.svelte";
import { parsed, withoutFilters, type FilterGroup } from "./query";
import { Reading } from "./reading.svelte";
import { indexed, NO_FILTERS, search, type Filters, type Indexed } from "./search";
import type { Sheet, View } from "./session.svelte";

/** What the window shows of it: the view, what is searched there, and the row that is selected. */
export abstract class Looking extends Reading {
  view: View = $state("keys");
  sheet: Sheet | undefined = $state.raw();
  query = $state("");
  /** What was chosen in the menu of filters. */
  filters: Filters = $state.raw(NO_FILTERS);
  readonly chosen = new Chosen();
  selected: string | undefined = $state();
  /** On a narrow window the details cover the list; this says whether they do. */
  opened = $state(false);

  /** A key that was just saved: it stays selected although the list may not have it yet. */
  #awaited: string | undefined;

  readonly keys = $derived(this.listings.filter((listing) => !listing.trashed));
  readonly care = $derived(this.keys.filter((listing) => listing.care.length > 0));
  readonly trash = $derived(this.listings.filter((listing) => listing.trashed));
  /** What the view has, before anything is searched. */
  readonly inView = $derived(this.view === "trash" ? this.trash : this.view === "care" ? this.care : this.keys);
  /** What was made of the reading before. */
  #before: readonly Indexed[] = [];
  /** The view in order, with what a search compares. */
  readonly index = $derived.by(() => (this.#before = indexed(this.inView, (id) => this.providerName(id), this.#before)));
  readonly visible = $derived(search(this.index, this.query, this.filters));
  /** Those that were chosen to do something with all of them, as far as they are shown: nothing unseen is done. */
  readonly chosenListings: readonly Listing[] = $derived(this.chosen.any ? this.visible.filter((listing) => this.chosen.has(listing.id)) : []);
  readonly isFiltered = $derived(this.filters !== NO_FILTERS || parsed(this.query).wanted.length > 0);
  readonly current = $derived(this.visible.find((listing) => listing.id === this.selected));

  go(view: View): void {
    this.view = view;
    this.query = "";
    this.filters = NO_FILTERS;
    this.chosen.clear();
    this.opened = false;
    this.selectFirst();
  }

  selectFirst(): void {
    this.selected = this.visible[0]?.id;
  }

  /** Puts one value into the filters, or takes it out. */
  toggleFilter(group: FilterGroup, value: string): void {
    const has = this.filters[group].includes(value);
    const next = { ...this.filters, [group]: has ? this.filters[group].filter((one) => one !== value) : [...this.filters[group], value] };
    this.filters = Object.values(next).every((values) => values.length === 0) ? NO_FILTERS : next;
    this.selectFirst();
  }

  /** Also those that were typed; the words of the search stay. */
  dropFilters(): void {
    this.filters = NO_FILTERS;
    this.query = withoutFilters(this.query);
    this.selectFirst();
  }

  /** Selects one, and nothing else any more. */
  select(id: string | undefined): void {
    this.chosen.clear();
    this.selected = id;
  }

  /** Takes a row in among those that were chosen, or out again. */
  choose(id: string): void {
    this.chosen.toggle(id, this.selected);
    this.selected = id;
  }

  /** Chooses everything from the last one up to here. */
  chooseUpTo(id: string): void {
    this.chosen.upTo(id, this.selected, this.visible);
    this.selected = id;
  }

  /** Moves the selection by so many rows and stays within the list. */
  move(rows: number, choosing = false): void {
    const list = this.visible;
    const at = list.findIndex((listing) => listing.id === this.selected);
    const next = list[Math.min(list.length - 1, Math.max(0, at + rows))]?.id;
    if (choosing && next !== undefined) this.chooseUpTo(next);
    else this.select(next);
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

  protected wantsAdding(): void {
    this.sheet ??= { kind: "add", pasted: "" };
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
