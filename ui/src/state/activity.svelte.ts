import type { ActivityRequest, EventCode, Happened } from "../backend/backend";
import { startOfDay } from "../words/dates";
import { trouble, type Trouble } from "../words/words";
import type { Session } from "./session.svelte";

/** What of the activity is shown. What is left out lets all through. */
export interface ActivityWanted {
  /** Of one key: its id, or a name. */
  key?: string | undefined;
  event?: EventCode | undefined;
  /** `window`, `cli`, `program`, or `program:NAME`. */
  who?: string | undefined;
  /** Of so many days, today included. */
  days?: number | undefined;
  failed: boolean;
}

/** Entries that are read at once. */
export const PAGE = 100;

const DAY = 86_400_000;

/** What happened on this device, as much of it as is wanted. */
export class ActivityLog {
  /** Set `filter.key` to a key's id, and go to the view `activity`, to show what happened to it. */
  filter: ActivityWanted = $state({ failed: false });
  /** Nothing before it was read. */
  entries: Happened[] | undefined = $state.raw();
  more = $state(false);
  programs: readonly string[] = $state.raw([]);
  failed: Trouble | undefined = $state.raw();
  reading = $state(false);
  readonly filtered = $derived(Object.values(this.filter).some((part) => part !== undefined && part !== false));
  readonly #session: Session;
  #limit = PAGE;
  #asked = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Shows what happened to one key. */
  showKey(id: string): void {
    this.filter = { failed: false, key: id };
    this.#session.go("activity");
  }

  reset(): void {
    this.filter = { failed: false };
  }

  /** Reads from the newest on, as far as was read before; with another filter from the top. */
  async read(fresh: boolean): Promise<void> {
    if (fresh) this.#limit = PAGE;
    const number = ++this.#asked;
    this.reading = true;
    try {
      const { backend } = this.#session;
      const [page, programs] = await Promise.all([backend.activity(this.#request()), backend.activityPrograms()]);
      if (number !== this.#asked) return;
      this.entries = page.entries;
      this.more = page.more;
      this.programs = programs;
      this.failed = undefined;
    } catch (error) {
      if (number === this.#asked) this.failed = trouble(error);
    } finally {
      if (number === this.#asked) this.reading = false;
    }
  }

  async readEarlier(): Promise<void> {
    this.#limit += PAGE;
    await this.read(false);
  }

  #request(): ActivityRequest {
    const { key, event, who, days, failed } = this.filter;
    const [by, program] = split(who);
    return {
      failed,
      limit: this.#limit,
      ...(key !== undefined && { key }),
      ...(event !== undefined && { event }),
      ...(by !== undefined && { by }),
      ...(program !== undefined && { program }),
      ...(days !== undefined && { since: startOfDay(Date.now()) - (days - 1) * DAY }),
    };
  }
}

function split(who: string | undefined): [by?: string, program?: string] {
  if (who === undefined) return [];
  const [by, ...name] = who.split(":");
  return name.length === 0 ? [by] : [undefined, name.join(":")];
}
