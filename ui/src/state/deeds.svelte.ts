import { asFailure, type Listing, type Saved } from "../backend/backend";
import { inFormOrder, labelIn, PRIMARY_FIELD } from "../keys/labels";
import { trouble, words } from "../words/words";
import { Looking } from "./looking.svelte";
import { withMore } from "./told";
import type { Step } from "./undo.svelte";

/** What a person does to one key from anywhere in the window, what is told of it, and how it is taken back. */
export abstract class Deeds extends Looking {
  async moveToTrash(listing: Named): Promise<void> {
    await this.attempt(async () => {
      const next = this.neighbour(listing.id);
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
      const next = this.neighbour(listing.id);
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

  /** Copies the secret that the details show first, and calls it as they do. */
  async copy(id: string): Promise<void> {
    await this.attempt(async () => {
      const { provider, fields } = await this.backend.show(id);
      const known = this.provider(provider);
      const first = inFormOrder(known, fields).find(({ secret }) => secret)?.name ?? PRIMARY_FIELD;
      const { seconds } = await this.backend.copy(id, first);
      this.notices.done(words.done.copied(labelIn(known, first), seconds));
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
        if (asFailure(error).code !== "CHANGED_MEANWHILE" || this.sheet || !this.listings.some(({ id }) => id === step.id)) throw error;
        // Not at the foot of the window, which the sheet covers.
        this.sheet = { kind: "history", id: step.id, name: step.name, why: trouble(error) };
      }
    });
  }

  /** Says where a change now lies: on this device, or, with the keychain out of order, in the cache. */
  announce(saved: Saved, step: Omit<Step, "id">): void {
    if (!saved.changed) return this.notices.done(words.done.unchanged);
    const kept = saved.keychain === "failed" ? words.done.savedInCache : words.done.saved;
    this.notices.done(this.withMore(kept, saved), this.undo.remember({ id: saved.id, ...step }));
  }

  /** What was done, the conflicts that it ended by the way, and the services that use another key since. */
  withMore(done: string, saved: Saved): string {
    return withMore(done, saved);
  }
}

type Named = Pick<Listing, "id" | "name">;

function named({ id, name }: Named): Named {
  return { id, name };
}
