import { asFailure, type Backend, type Counts, type Habits, type Listing, type Progress, type ProviderInfo, type Status } from "../backend/backend";
import { spokenProvider } from "../words/fields";
import { asksOf, LOCKS, type Lock, type SyncAsks } from "./failing";
import { Notices } from "./notices.svelte";
import { Preferences } from "./preferences.svelte";
import { byWhatTheyAreCalled } from "./providers";
import { Undo } from "./undo.svelte";

/** What the vault says, and what becomes of the window when it does not. */
export abstract class Reading {
  readonly notices = new Notices();
  readonly undo = new Undo();
  readonly preferences: Preferences;

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
  lock: Lock = $state("key");
  /** The keychain lets us wait, perhaps for its own password. */
  keychainWaits = $state(false);
  /** The server wants the password again, or would delete many keys: the person has to say so first. */
  syncAsks: SyncAsks = $state();
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
  #again: ReturnType<typeof setTimeout> | undefined;
  #started = false;
  /** How many things are under way that read once they are over, and not in between. */
  #quiet = 0;
  /** The window is gone: nobody sees what is still read. */
  #gone = false;

  readonly #called = $derived.by(() => (this.preferences.language, byWhatTheyAreCalled(this.catalogue.map(spokenProvider))));

  /** What the last sync wants of the person: asked for here, or found by the sync in the background. */
  readonly syncWants = $derived(this.syncAsks ?? asksOf(this.status?.syncFailure ?? ""));

  /** Nothing was saved here yet, and no server is known. */
  readonly fresh = $derived(this.listings.length === 0 && this.status !== undefined && this.status.server === undefined);

  /** Given `preferences` that were loaded, they are not loaded again. */
  constructor(readonly backend: Backend, preferences?: Preferences) {
    this.preferences = preferences ?? new Preferences(backend);
  }

  /** Reads everything and follows changes until the returned function is called. */
  start(): () => void {
    this.#started = true;
    const deaf = [
      this.backend.onChanged(() => this.#quiet === 0 && void this.refresh()),
      this.backend.onWaiting(() => (this.keychainWaits = true)),
      this.backend.onProgress((progress) => (this.progress = progress)),
      this.backend.onAdd(() => this.phase === "open" && this.wantsAdding()),
      this.backend.onTrouble((failure) => this.#failed(failure)),
    ];
    if (!this.preferences.settings) void this.preferences.load();
    void this.refresh();
    // Names and forms of providers; without them their ids do.
    this.backend.catalogue().then((all) => (this.catalogue = all), () => undefined);
    return () => {
      this.#started = false;
      this.#gone = true;
      clearTimeout(this.#again);
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
      if (this.#gone) return;
      this.listings = listings;
      this.status = status;
      this.verifying = verifying;
      this.habits = habits;
      this.counts = counts;
      this.phase = "open";
      this.revision += 1;
      this.wasRead();
      for (const notice of notices) this.notices.told(notice);
    } catch (error) {
      this.#failed(error);
    }
    this.keychainWaits = false;
    this.#lookAgain();
  }

  /** Unlocked on the command line, or mended: nobody tells a window that has no vault. One that has it is told. */
  #lookAgain(): void {
    clearTimeout(this.#again);
    if (this.#started && this.phase !== "open" && !this.#keychainShut) this.#again = setTimeout(() => void this.refresh(), LOOK_AGAIN);
  }

  /** The provider that a person means by an id or a name. */
  provider(text: string): ProviderInfo | undefined {
    return this.#called.get(text.trim().toLowerCase());
  }

  /** As people write it. */
  providerName(id: string): string {
    return this.provider(id)?.name ?? id;
  }

  /** Does many things at once, and reads when they are done. */
  async quietly(action: () => Promise<void>): Promise<boolean> {
    this.#quiet += 1;
    return this.attempt(() => action().finally(() => (this.#quiet -= 1)));
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
    const asks = asksOf(code);
    if (lock) {
      this.phase = "locked";
      this.lock = lock;
      this.#lookAgain();
    } else if (asks) {
      this.syncAsks = asks;
      this.wantsSync();
    } else if (this.phase === "opening" || this.phase === "broken") {
      this.phase = "broken";
      this.brokenBy = error;
    } else {
      this.notices.trouble(error);
    }
  }

  /** The list is another now. */
  protected abstract wasRead(): void;

  /** A key is to be added. */
  protected abstract wantsAdding(): void;

  /** The last sync wants something of the person. */
  protected abstract wantsSync(): void;

  /** Asking by itself whether the vault opens would ask the keychain's user each time. */
  get #keychainShut(): boolean {
    return this.phase === "broken" && asFailure(this.brokenBy).code.startsWith("KEYCHAIN_");
  }
}

/** How often a window without a vault looks whether there is one now, in milliseconds. */
const LOOK_AGAIN = 5_000;
