import { getContext, setContext } from "svelte";

import { asFailure, type Backend, type Detail, type Listing, type Saved, type Status, type SyncRequest } from "../backend/backend";
import { fieldName } from "../keys/labels";
import { words } from "../words/words";
import { Notices } from "./notices.svelte";
import { search } from "./search";
import { Undo } from "./undo.svelte";

export type View = "keys" | "trash" | "sync";
export type Sheet = { kind: "add"; pasted: string } | { kind: "edit"; detail: Detail } | { kind: "history"; id: string; name: string } | { kind: "erase"; id: string; name: string };

/** The failures that mean a closed vault, and what opens it again. */
export const LOCKS: Record<string, Session["lock"] | undefined> = { LOCKED: "key", PASSWORD_NEEDED: "password", NEW_PASSWORD_NEEDED: "new-password" };

/** What the window shows now, and what a person can do to it. Holds no secret. */
export class Session {
  readonly notices = new Notices();
  readonly undo = new Undo();

  view: View = $state("keys");
  sheet: Sheet | undefined = $state();
  query = $state("");
  selected: string | undefined = $state();
  /** On a narrow window the details cover the list; this says whether they do. */
  opened = $state(false);

  listings: Listing[] = $state.raw([]);
  status: Status | undefined = $state.raw();
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
  /** Grows with every change of the vault, so that details are read again. */
  revision = $state(0);

  readonly keys = $derived(this.listings.filter((listing) => !listing.trashed));
  readonly trash = $derived(this.listings.filter((listing) => listing.trashed));
  readonly visible = $derived(search(this.view === "trash" ? this.trash : this.keys, this.query));
  readonly current = $derived(this.visible.find((listing) => listing.id === this.selected));

  constructor(readonly backend: Backend) {}

  /** Reads everything and follows changes until the returned function is called. */
  start(): () => void {
    const deaf = [this.backend.onChanged(() => void this.refresh()), this.backend.onWaiting(() => (this.keychainWaits = true))];
    void this.refresh();
    return () => deaf.forEach((stop) => stop());
  }

  async refresh(): Promise<void> {
    try {
      const [listings, status, notices] = await Promise.all([this.backend.list(), this.backend.status(), this.backend.notices()]);
      this.listings = listings;
      this.status = status;
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

  async moveToTrash(listing: Pick<Listing, "id" | "name">): Promise<void> {
    await this.attempt(async () => {
      const next = this.#neighbour(listing.id);
      await this.backend.trash(listing.id);
      this.undo.remember(listing.id, async () => {
        await this.backend.restore(listing.id);
        this.selected = listing.id;
      });
      this.selected = next;
      this.notices.done(words.done.trashed(listing.name), { undo: true });
    });
  }

  async putBack(listing: Pick<Listing, "id" | "name">): Promise<void> {
    await this.attempt(async () => {
      const next = this.#neighbour(listing.id);
      await this.backend.restore(listing.id);
      this.undo.remember(listing.id, async () => void (await this.backend.trash(listing.id)));
      this.selected = next;
      this.notices.done(words.done.restored(listing.name), { undo: true });
    });
  }

  async copy(id: string, field: string): Promise<void> {
    await this.attempt(async () => {
      const { seconds } = await this.backend.copy(id, field);
      this.notices.done(words.done.copied(seconds));
    }, { changes: false });
  }

  async takeBack(): Promise<void> {
    await this.attempt(async () => {
      const something = await this.undo.last();
      this.notices.done(something ? words.done.undone : words.done.nothingToUndo);
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
  announce(saved: Saved): void {
    if (!saved.changed) return this.notices.done(words.done.unchanged);
    const kept = saved.keychain === "failed" ? words.done.savedInCache : words.done.saved;
    this.notices.done(this.withSettled(kept, saved), { undo: true });
  }

  /** What was done, and the conflicts that it ended by the way. */
  withSettled(done: string, saved: Saved): string {
    return saved.settled.length === 0 ? done : `${done}. ${words.done.settledToo(saved.settled.map(fieldName).join(", "))}`;
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
    if (!this.current) this.selected = this.visible[0]?.id;
  }

  #neighbour(id: string): string | undefined {
    const list = this.visible;
    const at = list.findIndex((listing) => listing.id === id);
    return (list[at + 1] ?? list[at - 1])?.id;
  }
}

const KEY = Symbol("session");

export function provideSession(session: Session): Session {
  return setContext(KEY, session);
}

export function useSession(): Session {
  return getContext<Session>(KEY);
}
