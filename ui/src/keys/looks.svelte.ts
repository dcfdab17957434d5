import type { Recognised } from "../backend/backend";
import type { Session } from "../state/session.svelte";
import { withoutFinalNewline } from "./form";

/** Typing has to pause for so long before a secret is looked at, in milliseconds. */
export const PAUSE = 250;

/** Whether a new secret of a provider looks like one, told while it is entered. Looked at on this device; a late answer to an earlier text is dropped. */
export class Looks {
  #look: { text: string; answer: Recognised } | undefined = $state.raw();
  readonly #secret: () => string;
  /** What was told of the text that stands there now. */
  readonly told = $derived.by(() => (this.#look?.text === withoutFinalNewline(this.#secret()) ? this.#look.answer : undefined));

  constructor(session: Session, provider: string, secret: () => string) {
    this.#secret = secret;
    $effect(() => {
      const text = withoutFinalNewline(secret());
      const known = session.provider(provider);
      if (text === "" || this.#look?.text === text || !known) return;
      const timer = setTimeout(() => {
        session.backend.recognise(text, known.id).then(
          (answer) => (this.#look = { text, answer }),
          () => undefined,
        );
      }, PAUSE);
      return () => clearTimeout(timer);
    });
  }
}
