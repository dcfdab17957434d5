import { getContext, setContext } from "svelte";

import type { Detail, Habits, SyncRequest } from "../backend/backend";
import { words, type Trouble } from "../words/words";
import { ActivityLog } from "./activity.svelte";
import { Deeds } from "./deeds.svelte";
import { Many } from "./many.svelte";
import { ServiceBoard } from "./services.svelte";

/** Every page there is. */
export const VIEWS = ["keys", "care", "services", "activity", "overview", "sync", "trash", "settings"] as const;
export type View = (typeof VIEWS)[number];
export type Sheet = { kind: "add"; pasted: string } | { kind: "edit"; detail: Detail } | { kind: "history"; id: string; name: string; why?: Trouble } | { kind: "erase"; id: string; name: string } | { kind: "labels"; ids: readonly string[] } | { kind: "palette" } | { kind: "shortcuts" } | { kind: "templates" };

/** What the window shows now, and what a person can do to it. Holds no secret. */
export class Session extends Deeds {
  readonly many = new Many(this);
  readonly services = new ServiceBoard(this);
  readonly activity = new ActivityLog(this);

  async setHabits(habits: Habits): Promise<void> {
    await this.attempt(() => this.backend.setHabits(habits));
  }

  async copyRecovery(): Promise<void> {
    await this.attempt(async () => {
      const { seconds } = await this.backend.copyRecovery();
      this.notices.done(words.done.copied(words.sync.wordsTitle, seconds));
    }, { changes: false });
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
}

const KEY = Symbol("session");

export function provideSession(session: Session): Session {
  return setContext(KEY, session);
}

export function useSession(): Session {
  return getContext<Session>(KEY);
}
