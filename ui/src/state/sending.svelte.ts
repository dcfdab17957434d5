import { asFailure } from "../backend/backend";
import { trouble, type Trouble } from "../words/words";
import { LOCKS } from "./failing";
import type { Session } from "./session.svelte";

/** A form on its way to the vault. What was entered stays in the form until the vault has it: a failure costs nobody a key. */
export class Sending {
  busy = $state(false);
  /** Why the last attempt did not arrive. */
  failed: Trouble | undefined = $state.raw();
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Only `arrived` may empty the form. */
  async send<T>(act: () => Promise<T>, arrived: (answer: T) => void | Promise<void>): Promise<void> {
    this.busy = true;
    this.failed = undefined;
    let answer: T;
    try {
      answer = await act();
    } catch (error) {
      this.failed = trouble(error);
      this.#session.keychainWaits = false;
      if (asFailure(error).code in LOCKS) await this.#session.refresh();
      return;
    } finally {
      this.busy = false;
    }
    await arrived(answer);
  }
}
