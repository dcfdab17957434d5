import { getContext, setContext } from "svelte";

import { asFailure, type Backend, type Counts, type Detail, type Habits, type Listing, type Progress, type ProviderInfo, type Saved, type Status, type SyncRequest, type Using } from "../backend/backend";
import { fieldLabel, fieldName, PRIMARY_FIELD } from "../keys/labels";
import { words } from "../words/words";
import { ActivityLog } from "./activity.svelte";
import { Preferences } from "./preferences.svelte";
import { Notices } from "./notices.svelte";
import { indexed, search } from "./search";
import { ServiceBoard } from "./services.svelte";
import { Undo, type Step } from "./undo.svelte";

export type View = "keys" | "care" | "services" | "activity" | "overview" | "sync" | "trash" | "settings";
export type Sheet = { kind: "add"; pasted: string } | { kind: "edit"; detail: Detail } | { kind: "history"; id: string; name: string } | { kind: "erase"; id: string; name: string } | { kind: "templates" };

/** The failures that mean a closed vault, and what opens it again. */
export const LOCKS: Record<string, Session["lock"] | undefined> = { LOCKED: "key", PASSWORD_NEEDED: "password", NEW_PASSWORD_NEEDED: "new-password" };

/** What the window shows now, and what a person can do to it. Holds no secret. */
export class Session {
  readonly notices = new Notices();
  readonly undo = new Undo();
  readonly services = new ServiceBoard(this);
  readonly activity = new ActivityLog(this);
  readonly preferences: Preferences;

  view: View = $state("keys");
  sheet: Sheet | undefined = $state();
  query = $state("");
  selected: string | undefined = $state();
  /** On a narrow window the details cover the list; this says whether they do. */
  opened = $state(false);

  listings: Listing[] = $state.raw([]);
  status: Status | undefined = $state.raw();
  /** The ids of those that providers are being asked about. */
  verifying: readonly string[] = $state.raw([]);
  /** When this device asks providers by itself. */
  habits: Habits | undefined = $state.raw();
  /** How much there is of what has a page of its own. */
  counts: Counts | undefined = $state.raw();
  catalogue: readonly ProviderInfo[] = $state.raw([]);
  phase: "opening" | "open" | "locked" | "broken" = $state("opening");
  /** Why it is locked: the keychain lost the key, or there is no keychain and a password opens it (or begins it). */
  lock: "key" | "password" | "new-password" = $state("key");
  /** The keychain lets us wait, perhaps for its own password. */
  keychainWaits = $state(false);
  /** The server wants the password again, or would delete many keys: the person has to say so first. */
  syncAsks: "password" | "deletions" | undefined = $state();
  brokenBy: unknown = $state.raw();
  /** How many things are under way. */
  working = $state(0);
  syncing = $state(false);
  /** How far a sync or the copies for the keychain are, while that takes longer. */
  progress: Progress | undefined = $state.raw();
  /** Grows with every change of the vault, so that details are read again. */
  revision = $state(0);

  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #asks = false;
  /** A key that was just saved: it stays selected although the list may not have it yet. */
  #awaited: string | undefined;

  readonly keys = $derived(this.listings.filter((listing) => !listing.trashed));
  readonly care = $derived(this.keys.filter((listing) => listing.care.length > 0));
  readonly trash = $derived(this.listings.filter((listing) => listing.trashed));
  readonly #index = $derived(indexed(this.view === "trash" ? this.trash : this.view === "care" ? this.care : this.keys));
  readonly visible = $derived(search(this.#index, this.query));
  readonly current = $derived(this.visible.find((listing) => listing.id === this.selected));

  /** Nothing was saved here yet, and no server is known. */
  readonly fresh = $derived(this.listings.length === 0 && this.status !== undefined && this.status.server === undefined);

  /** What the last sync wants of the person: asked for here, or found by the sync in the background. */
  readonly syncWants = $derived(this.syncAsks ?? wanted(this.status));

  constructor(readonly backend: Backend) {
    this.preferences = new Preferences(backend);
  }

  /** Reads everything and follows changes until the returned function is called. */
  start(): () => void {
    const deaf = [
      this.backend.onChanged(() => void this.refresh()),
      this.backend.onWaiting(() => (this.keychainWaits = true)),
      this.backend.onProgress((progress) => (this.progress = progress)),
      this.backend.onAdd(() => this.phase === "open" && (this.sheet ??= { kind: "add", pasted: "" })),
      this.backend.onTrouble((failure) => this.#failed(failure)),
    ];
    void this.preferences.load();
    void this.refresh();
    // Names and forms of providers; without them their ids do.
    this.backend.catalogue().then((all) => (this.catalogue = all), () => undefined);
    // Unlocked on the command line, or mended: nobody tells a window that has no vault.
    const poll = setInterval(() => {
      if (this.phase !== "open" && !this.keychainWaits && !this.#keychainShut) void this.refresh();
    }, LOOK_AGAIN);
    return () => {
      clearInterval(poll);
      deaf.forEach((stop) => stop());
    };
  }

  /**
   * Reads everything again. One reading at a time, so that none overtakes another: whoever asks meanwhile gets the one
   * after it. With `ask`, a keychain that was locked is asked again.
   */
  refresh(ask = false): Promise<void> {
    this.#asks ||= ask;
    if (!this.#reading) {
      this.#reading = this.#read().finally(() => (this.#reading = undefined));
      return this.#reading;
    }
    this.#next ??= this.#reading.then(() => {
      this.#next = undefined;
      return this.refresh();
    });
    return this.#next;
  }

  async #read(): Promise<void> {
    const ask = this.#asks || this.phase !== "open";
    this.#asks = false;
    try {
      const { listings, status, notices, verifying, habits, counts } = await this.backend.overview(ask);
      this.listings = listings;
      this.status = status;
      this.verifying = verifying;
      this.habits = habits;
      this.counts = counts;
      this.phase = "open";
      this.revision += 1;
      this.#keepSelection();
      for (const notice of notices) this.notices.told(notice);
    } catch (error) {
      this.#failed(error);
    }
    this.keychainWaits = false;
  }

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

  async moveToTrash(listing: Named): Promise<void> {
    await this.attempt(async () => {
      const next = this.#neighbour(listing.id);
      const saved = await this.backend.trash(listing.id);
      const step = this.undo.remember({
        ...named(listing),
        takeBack: async () => {
          await this.backend.restore(listing.id, saved.versionId);
          this.awaits(listing.id);
        },
      });
      this.selected = next;
      this.notices.done(this.withMore(words.done.trashed(listing.name), saved), step);
    });
  }

  async putBack(listing: Named): Promise<void> {
    await this.attempt(async () => {
      const next = this.#neighbour(listing.id);
      const saved = await this.backend.restore(listing.id);
      const step = this.undo.remember({ ...named(listing), takeBack: async () => void (await this.backend.trash(listing.id, saved.versionId)) });
      this.selected = next;
      this.notices.done(this.withMore(words.done.restored(listing.name), saved), step);
    });
  }

  /** Asks the provider; what it says is in the details and the list. */
  async verify(id: string): Promise<void> {
    await this.attempt(() => this.backend.verify(id));
  }

  async switchTo(listing: Named, on: boolean): Promise<void> {
    await this.attempt(async () => {
      const saved = await this.backend.edit(listing.id, { fields: [], on });
      if (!saved.changed) return this.notices.done(words.done.unchanged);
      const takeBack = async () => void (await this.backend.edit(listing.id, { fields: [], on: !on }));
      const done = on ? words.done.switchedOn(listing.name) : words.done.switchedOff(listing.name);
      this.notices.done(this.withMore(done, saved), this.undo.remember({ ...named(listing), takeBack }));
    });
  }

  async setHabits(habits: Habits): Promise<void> {
    await this.attempt(() => this.backend.setHabits(habits));
  }

  /** The provider that a person means by an id or a name. */
  provider(text: string): ProviderInfo | undefined {
    const sought = text.trim().toLowerCase();
    return this.catalogue.find(({ id, name }) => id === sought || name.toLowerCase() === sought);
  }

  /** What the catalogue calls a field of a credential, where it names it; otherwise its own name. */
  fieldLabel(provider: string, name: string): string {
    const known = name === PRIMARY_FIELD ? undefined : this.provider(provider)?.fields.find((field) => field.name === name);
    return known?.label ?? fieldLabel(name);
  }

  /** As people write it. */
  providerName(id: string): string {
    return this.provider(id)?.name ?? id;
  }

  /** `field` as a person reads it: with several, the notice says which one was copied. */
  async copy(id: string, field: string): Promise<void> {
    await this.attempt(async () => {
      const { seconds } = await this.backend.copy(id, field);
      this.notices.done(words.done.copied(fieldLabel(field || PRIMARY_FIELD), seconds));
    }, { changes: false });
  }

  async copyRecovery(): Promise<void> {
    await this.attempt(async () => {
      const { seconds } = await this.backend.copyRecovery();
      this.notices.done(words.done.copied(words.sync.wordsTitle, seconds));
    }, { changes: false });
  }

  /** Takes back one step, without another the newest. What somebody else changed since stays as it is, and its history is shown. */
  async takeBack(step: Step | undefined = this.undo.last): Promise<void> {
    if (!step) return this.notices.done(words.done.nothingToUndo);
    await this.attempt(async () => {
      try {
        const done = await this.undo.takeBack(step);
        this.notices.done(done ? words.done.undone : words.done.nothingToUndo);
      } catch (error) {
        if (asFailure(error).code === "CHANGED_MEANWHILE") this.sheet ??= { kind: "history", id: step.id, name: step.name };
        throw error;
      }
    });
  }

  /** Answers whether it went through. */
  async syncNow(request: Partial<SyncRequest> = {}): Promise<boolean> {
    if (this.syncing) return false;
    this.syncing = true;
    const done = await this.attempt(async () => {
      const { pushed, pulled } = await this.backend.syncNow({ acceptDeletions: false, ...request });
      this.syncAsks = undefined;
      this.notices.done(pushed + pulled === 0 ? words.sync.nothingNew : words.sync.report(pushed, pulled));
    });
    this.syncing = false;
    return done;
  }

  async stopWaiting(): Promise<void> {
    await this.backend.stopWaiting();
  }

  /** Says where a change now lies: on this device, or, with the keychain out of order, in the cache. */
  announce(saved: Saved, step: Omit<Step, "id">): void {
    if (!saved.changed) return this.notices.done(words.done.unchanged);
    const kept = saved.keychain === "failed" ? words.done.savedInCache : words.done.saved;
    this.notices.done(this.withMore(kept, saved), this.undo.remember({ id: saved.id, ...step }));
  }

  /** Selects a key that the list may not have yet. */
  awaits(id: string): void {
    this.selected = this.#awaited = id;
  }

  /** What was done, the conflicts that it ended by the way, and the services that use another key since. */
  withMore(done: string, saved: Saved): string {
    const settled = saved.settled.length === 0 ? [] : [words.done.settledToo(saved.settled.map(fieldName).join(", "))];
    const more = [...settled, ...saved.services.map(using)];
    return more.length === 0 ? done : [`${done}.`, ...more].join(" ");
  }

  /** Runs something that may fail and turns the failure into words. */
  async attempt(action: () => Promise<void>, options: { changes: boolean } = { changes: true }): Promise<boolean> {
    this.working += 1;
    try {
      await action();
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    } finally {
      if (options.changes) await this.refresh();
      this.working -= 1;
    }
  }

  #failed(error: unknown): void {
    const { code } = asFailure(error);
    const lock = LOCKS[code];
    if (lock) {
      this.phase = "locked";
      this.lock = lock;
    } else if (code === "SIGN_IN" || code === "MASS_DELETE") {
      this.view = "sync";
      this.syncAsks = code === "SIGN_IN" ? "password" : "deletions";
    } else if (this.phase === "opening" || this.phase === "broken") {
      this.phase = "broken";
      this.brokenBy = error;
    } else {
      this.notices.trouble(error);
    }
  }

  #keepSelection(): void {
    if (this.selected !== this.#awaited) this.#awaited = undefined;
    if (this.current) this.#awaited = undefined;
    else if (this.#awaited === undefined) this.selected = this.visible[0]?.id;
  }

  /** Asking by itself whether the vault opens would ask the keychain's user each time. */
  get #keychainShut(): boolean {
    return this.phase === "broken" && asFailure(this.brokenBy).code.startsWith("KEYCHAIN_");
  }

  #neighbour(id: string): string | undefined {
    const list = this.visible;
    const at = list.findIndex((listing) => listing.id === id);
    return (list[at + 1] ?? list[at - 1])?.id;
  }
}

/** How often a window without a vault looks whether there is one now, in milliseconds. */
const LOOK_AGAIN = 5_000;

type Named = Pick<Listing, "id" | "name">;

/** What a service uses since: a fallback never steps in silently. */
function using({ service, uses, fallback, which }: Using): string {
  const say = words.done;
  if (uses !== undefined) return fallback ? say.usesFallback(service, uses) : say.uses(service, uses);
  return which.length === 0 ? say.usesNone(service) : say.usesWhich(service, which.join(", "));
}

function named({ id, name }: Named): Named {
  return { id, name };
}

function wanted(status: Status | undefined): Session["syncAsks"] {
  if (status?.syncFailure === "SIGN_IN") return "password";
  return status?.syncFailure === "MASS_DELETE" ? "deletions" : undefined;
}

const KEY = Symbol("session");

export function provideSession(session: Session): Session {
  return setContext(KEY, session);
}

export function useSession(): Session {
  return getContext<Session>(KEY);
}
