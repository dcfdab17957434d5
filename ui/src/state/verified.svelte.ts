import { untrack } from "svelte";

import { rowStatus } from "../keys/status";
import { words } from "../words/words";
import type { Session } from "./session.svelte";

/** A provider that takes longer than this is not waited for: what it says is in the list. In milliseconds. */
const PATIENCE = 20_000;

/**
 * Says what the provider says of a key that was just saved at `since`, beside what is told of the save, whose undo stays with
 * it. Says nothing where nobody was asked.
 */
export function tellVerified(session: Session, id: string, since: number): void {
  const told = session.notices.current;
  const stop = $effect.root(() => {
    $effect(() => {
      const listing = session.listings.find((one) => one.id === id);
      if (!listing || session.verifying.includes(id)) return;
      const { said } = listing;
      if (said === undefined || said.at < since) return;
      const good = said.verdict === "valid" || said.verdict === "valid_limited";
      const provider = session.providerName(listing.provider);
      const text = good ? words.key.verified.accepts(provider) : words.key.verified.refuses(provider, rowStatus({ ...listing, care: [{ kind: "refused" }] }, false).text);
      end();
      // What was done since has the word, and its undo.
      const now = untrack(() => session.notices.current);
      if (now !== undefined && now !== told) return;
      const before = now?.kind === "done" ? now : undefined;
      session.notices.done(before ? `${before.text.replace(/\.$/, "")}. ${text}` : text, before?.undo);
    });
  });
  const timer = setTimeout(stop, PATIENCE);
  const end = () => {
    clearTimeout(timer);
    stop();
  };
}
