import type { Listing, Outcome, Saved } from "../backend/backend";
import { words } from "../words/words";
import { LOCKS } from "./failing";
import { ends, Partly, type Failed } from "./partly";
import type { Session } from "./session.svelte";
import { withAllMore } from "./told";

export type Work = "verifying" | "trashing" | "restoring" | "labelling";

/** What is done to many keys at once: how far it is, and how it is stopped. Each step is taken back as one. */
export class Many {
  /** What is under way. */
  now: { work: Work; done: number; total: number } | undefined = $state.raw();
  #stopped = false;
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** What is begun already ends by itself; what is done stays done. */
  stop(): void {
    this.#stopped = true;
    if (this.now?.work === "verifying") void this.#session.backend.stopVerifying();
  }

  async verify(listings: readonly Listing[]): Promise<void> {
    const { backend, notices } = this.#session;
    if (!this.#begins("verifying", listings.length)) return;
    const deaf = backend.onVerified(({ done, total }) => (this.now = { work: "verifying", done, total }));
    await this.#session.attempt(async () => {
      const outcomes = await backend.verifyMany(listings.map(({ id }) => id));
      const refused = outcomes.flatMap((outcome) => failure(outcome, listings));
      if (refused.length > 0) throw Partly.of(refused, listings.length, words.main.chosen.partly);
      notices.done(summary(outcomes));
    });
    deaf();
    this.#ends();
  }

  async trash(listings: readonly Listing[]): Promise<void> {
    const { backend } = this.#session;
    await this.#save("trashing", listings, ({ id }) => backend.trash(id), ({ id }, saved) => backend.restore(id, saved.versionId), words.main.chosen.trashed);
  }

  async restore(listings: readonly Listing[]): Promise<void> {
    const { backend } = this.#session;
    await this.#save("restoring", listings, ({ id }) => backend.restore(id), ({ id }, saved) => backend.trash(id, saved.versionId), words.main.chosen.restored);
  }

  /** Only what each key lacks is added, and only what it has is taken away, so that taking it back leaves it as it was. */
  async label(listings: readonly Listing[], add: readonly string[], remove: readonly string[]): Promise<void> {
    const { backend } = this.#session;
    const lacking = ({ labels }: Listing) => add.filter((label) => !labels.includes(label));
    const having = ({ labels }: Listing) => remove.filter((label) => labels.includes(label));
    const changed = listings.filter((listing) => lacking(listing).length + having(listing).length > 0);
    await this.#save(
      "labelling", changed,
      (listing) => backend.edit(listing.id, { fields: [], addLabels: lacking(listing), removeLabels: having(listing) }),
      (listing) => backend.edit(listing.id, { fields: [], addLabels: having(listing), removeLabels: lacking(listing) }),
      words.main.chosen.labelled,
    );
  }

  async #save(work: Work, listings: readonly Listing[], act: Act, back: Back, said: (n: number) => string): Promise<void> {
    const session = this.#session;
    if (!this.#begins(work, listings.length)) return;
    await session.quietly(async () => {
      const done: [Listing, Saved][] = [];
      const failed = await this.#each(work, listings, async (listing) => void done.push([listing, await act(listing)]));
      const [first] = done;
      const step = first && session.undo.remember({
        id: first[0].id, name: first[0].name,
        takeBack: async () => {
          const left = await this.#each(work, done.map(([listing]) => listing), async (listing, at) => void (await back(listing, (done[at] as [Listing, Saved])[1])));
          if (left.length > 0) throw Partly.of(left, done.length, words.main.chosen.notUndone);
        },
      });
      session.chosen.clear();
      if (failed.length > 0) throw Partly.of(failed, listings.length, words.main.chosen.partly);
      const stopped = done.length < listings.length ? ` ${words.main.chosen.stopped(done.length, listings.length)}` : "";
      if (step) session.notices.done(withAllMore(said(done.length), done.map(([, saved]) => saved)) + stopped, step);
    });
    this.#ends();
  }

  /** One after the other, until it is stopped or the vault is closed. */
  async #each(work: Work, listings: readonly Listing[], act: (listing: Listing, at: number) => Promise<void>): Promise<Failed[]> {
    const failed: Failed[] = [];
    this.#stopped = false;
    for (const [at, listing] of listings.entries()) {
      if (this.#stopped) break;
      this.now = { work, done: at, total: listings.length };
      try {
        await act(listing, at);
      } catch (error) {
        failed.push({ name: listing.name, error });
        if (ends(error, LOCKS)) {
          failed.push(...listings.slice(at + 1).map(({ name }) => ({ name, error })));
          break;
        }
      }
    }
    this.now = undefined;
    return failed;
  }

  #begins(work: Work, total: number): boolean {
    if (this.now || total === 0) return false;
    this.now = { work, done: 0, total };
    return true;
  }

  #ends(): void {
    this.now = undefined;
  }
}

type Act = (listing: Listing) => Promise<Saved>;
type Back = (listing: Listing, saved: Saved) => Promise<Saved>;

function failure({ id, code }: Outcome, listings: readonly Listing[]): Failed[] {
  if (code === undefined) return [];
  return [{ name: listings.find((listing) => listing.id === id)?.name ?? id, error: { code, message: "" } }];
}

function summary(outcomes: readonly Outcome[]): string {
  const good = outcomes.filter(({ verdict }) => verdict?.startsWith("valid")).length;
  const open = outcomes.filter(({ verdict }) => verdict === "indeterminate").length;
  return words.main.chosen.verified(good, outcomes.length - good - open, open);
}
